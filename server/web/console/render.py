"""Templates to pages. Everything that is put into a template is escaped."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path

from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from server.web.console.visit import Visit
from server.web.console.words import in_words, tone_of

NARROW_SPACE = "\u202f"
QUEUE_LIMIT = 100


def render(template: str, context: Mapping[str, object], status: HTTPStatus = HTTPStatus.OK) -> HTMLResponse:
    return HTMLResponse(_environment.get_template(template).render(context), status)


def page(visit: Visit, template: str, **context: object) -> HTMLResponse:
    """A page inside the console's frame: the actor's name, and how many searches wait for a review."""
    waiting = visit.workflows.supervision.waiting(visit.actor)
    return render(template, {"visit": visit, "waiting": waiting, **context})


def utc_date(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%d")


def utc_time(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%H:%M:%S")


def grouped(number: int) -> str:
    return f"{number:,}".replace(",", NARROW_SPACE)


def all_in_words(terms: Iterable[str]) -> str:
    """An unordered set of terms as one sentence part, the same every time."""
    return ", ".join(sorted(in_words(term).lower() for term in terms)).capitalize()


def is_identifier(value: object) -> bool:
    return isinstance(value, str) and _IDENTIFIER.fullmatch(value) is not None


_IDENTIFIER = re.compile("[0-9a-f]{32,64}")

_environment = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_environment.filters.update(
    utc_date=utc_date,
    utc_time=utc_time,
    grouped=grouped,
    in_words=in_words,
    all_in_words=all_in_words,
    tone=tone_of,
)
_environment.tests["identifier"] = is_identifier
