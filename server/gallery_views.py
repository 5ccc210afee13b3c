"""How the commands of `oifr gallery` tell where the gallery stands: lines for people, documents for programs."""

from __future__ import annotations

from collections.abc import Iterator

from server.domain.gallery import Census
from server.domain.matchers import Matcher, Standing
from server.workflow.erasure import Erasure

Document = dict[str, object]


def status_lines(census: Census, active: str, standing: Standing | None) -> Iterator[str]:
    yield f"{census.references:,} active references; the active model is {active}."
    for model in _models(census, active):
        yield line_of(census, model)
    yield f"database: at gallery change {census.version:,}"
    if standing is None:
        yield "cache: does not answer; no server runs here, or Redis is down"
        return
    for model, version in standing.stored.items():
        yield f"cache: {model} {_at(version, census.version)}"
    if not standing.stored:
        yield "cache: holds no rows"
    for matcher in standing.matchers:
        yield f"matcher {_matcher(matcher, census.version)}"
    if not standing.matchers:
        yield "no matcher is alive"


def status_document(census: Census, active: str, standing: Standing | None) -> Document:
    models = {
        model: {
            "templates": census.templates.get(model, 0),
            "refused": census.rejections.get(model, 0),
            "missing": census.missing(model),
        }
        for model in _models(census, active)
    }
    database = {"version": census.version, "references": census.references}
    document: Document = {"active_model": active, "models": models, "database": database}
    if standing is None:
        return document | {"cache": None, "matchers": None}
    return document | {
        "cache": dict(standing.stored),
        "matchers": [_matcher_document(matcher) for matcher in standing.matchers],
    }


def erasure_lines(erasure: Erasure) -> Iterator[str]:
    yield f"erased from the database as gallery change {erasure.version:,}"
    for model, version in erasure.standing.stored.items():
        yield f"cache: {model} {_at(version, erasure.version)}"
    for matcher in erasure.standing.matchers:
        yield f"matcher {_matcher(matcher, erasure.version)}"
    if erasure.receipt is None:
        yield "not yet known to have reached every matcher and the cache"
    else:
        yield f"it has reached every matcher and the cache: entry {erasure.receipt.index} of the trail"


def erasure_document(erasure: Erasure) -> Document:
    return {
        "index": erasure.index,
        "version": erasure.version,
        "complete": erasure.receipt is not None,
        "receipt": None if erasure.receipt is None else erasure.receipt.index,
        "cache": dict(erasure.standing.stored),
        "matchers": [_matcher_document(matcher) for matcher in erasure.standing.matchers],
    }


def line_of(census: Census, model: str) -> str:
    templates, refused = census.templates.get(model, 0), census.rejections.get(model, 0)
    return f"{model}: {templates:,} templates, {refused:,} images refused, {census.missing(model):,} missing"


def _models(census: Census, active: str) -> list[str]:
    return sorted({active, *census.templates, *census.rejections})


def _matcher(matcher: Matcher, wanted: int) -> str:
    told = f"{matcher.rows:,} references{_memory(matcher)}, told {matcher.age:.1f} s ago"
    return f"{matcher.id[:8]}: {matcher.model} {_at(matcher.version, wanted)}, {told}"


def _memory(matcher: Matcher) -> str:
    each = matcher.bytes_a_reference
    return "" if each is None else f" of {each:,} bytes"


def _matcher_document(matcher: Matcher) -> Document:
    return {
        "matcher": matcher.id,
        "model": matcher.model,
        "version": matcher.version,
        "references": matcher.rows,
        "bytes": matcher.nbytes,
        "bytes_a_reference": matcher.bytes_a_reference,
        "at": matcher.at.isoformat(),
        "age_seconds": round(matcher.age, 3),
    }


def _at(version: int, wanted: int) -> str:
    if version < 0:
        return "has loaded nothing yet"
    return f"at gallery change {version:,}" + (f", {wanted - version:,} behind" if version < wanted else "")
