"""A subject's file as a zip: `summary.html` for people, `data.json` for programs, the photographs. Made in memory."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Sequence
from html import escape
from typing import Final
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from server.domain.gallery import Reference
from server.domain.subject_file import Comparison, SubjectFile, ToldEntry

FORM: Final = "oifr-subject/1"

WITHHELD: Final = (
    "The names of officers and operators, their devices and what they wrote: these are about others, or about how "
    "offences are inquired into.",
    "Photographs taken for a search: they are of the person who was searched for, and are destroyed at the decision.",
    "Everybody else who was on a list, and records that were compared with this one.",
    "Searches that are still open.",
    "The numbers computed from the photographs (templates), by which other systems could find the person, and every "
    "score.",
)
"""Stands in the file itself; docs/records.md gives the reasons at length."""

NOBODY_SAID: Final = "nobody has said"
_HEAD: Final = (
    "<!doctype html><html lang=en><head><meta charset=utf-8><title>What is held about a person</title>"
    "<style>body{font:16px/1.5 sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse}td,th{border:1px solid #888;padding:.3rem .6rem;text-align:left;"
    "vertical-align:top}img{max-width:12rem}</style></head><body>"
)


def packed(file: SubjectFile) -> bytes:
    """The zip's bytes; the same file gives the same bytes."""
    content = io.BytesIO()
    with ZipFile(content, "w") as archive:
        _write(archive, file, "summary.html", summary(file).encode(), ZIP_DEFLATED)
        _write(archive, file, "data.json", json.dumps(document(file), indent=2).encode(), ZIP_DEFLATED)
        for reference in file.holding.references:
            _write(archive, file, image_name(reference), file.images[reference.id], ZIP_STORED)
    return content.getvalue()


def image_name(reference: Reference) -> str:
    return f"images/{reference.id}.jpg"


def document(file: SubjectFile) -> dict[str, object]:
    subject = file.holding.subject
    return {
        "form": FORM,
        "made_at": file.made_at.isoformat(),
        "subject": {
            "id": subject.id,
            "record_number": subject.record_number,
            "given_name": subject.given_name,
            "family_name": subject.family_name,
            "born_on": subject.born_on.isoformat() if subject.born_on else None,
        },
        "references": [_reference(reference) for reference in file.holding.references],
        "searches": [_comparison(one) for one in file.comparisons],
        "entries": [_entry(entry) for entry in file.entries],
        "withheld": list(WITHHELD),
    }


def summary(file: SubjectFile) -> str:
    subject = file.holding.subject
    born_on = subject.born_on.isoformat() if subject.born_on else "not known"
    return "".join(
        [
            _HEAD,
            f"<h1>What is held about record {escape(subject.record_number)}</h1>",
            f"<p>Made {_moment(file.made_at.isoformat())}. Times are UTC.</p>",
            _table(("Given name", "Family name", "Born"), [(subject.given_name, subject.family_name, born_on)]),
            "<h2>Photographs</h2>",
            _photographs(file.holding.references),
            "<h2>Searches whose list this person was on</h2>",
            "<p>A search compares one photograph with the records. Whoever is on its list looked alike to the system; "
            "an officer then compared the faces by eye. Being on a list says nothing about the person.</p>",
            _searches(file.comparisons),
            "<h2>What was done with the record</h2>",
            _entries(file.entries),
            "<h2>What is not in here, and why</h2><ul>",
            *(f"<li>{escape(sentence)}</li>" for sentence in WITHHELD),
            "</ul></body></html>\n",
        ]
    )


def _write(archive: ZipFile, file: SubjectFile, name: str, content: bytes, method: int) -> None:
    made = file.made_at
    entry = ZipInfo(name, (made.year, made.month, made.day, made.hour, made.minute, made.second))
    entry.external_attr = 0o600 << 16
    archive.writestr(entry, content, method)


def _reference(reference: Reference) -> dict[str, object]:
    return {
        "id": reference.id,
        "image": image_name(reference),
        "source": reference.source.value,
        "status": reference.status.value,
        "lawful_basis": reference.lawful_basis,
        "captured_on": reference.captured_on.isoformat(),
        "review_on": reference.review_on.isoformat() if reference.review_on else None,
        "station": reference.station,
    }


def _comparison(one: Comparison) -> dict[str, object]:
    return {
        "search": one.search_id,
        "at": one.at.isoformat(),
        "ground": one.ground.value,
        "state": one.state.value,
        "reference": one.reference_id,
        "people_on_the_list": one.listed,
        "judgement": one.judgement.value if one.judgement else None,
        "named_as_lead": one.named,
    }


def _entry(entry: ToldEntry) -> dict[str, object]:
    return {
        "entry": entry.index,
        "at": entry.at.isoformat(),
        "act": entry.act,
        "search": entry.search_id,
        "details": dict(entry.details),
        "leaf_hash": entry.hash,
    }


def _photographs(references: Sequence[Reference]) -> str:
    head = ("Photograph", "Taken", "Source", "Status", "Held because of", "Held by", "To be reviewed")
    rows = [
        (
            reference.captured_on.isoformat(),
            reference.source,
            reference.status,
            reference.lawful_basis,
            reference.station or NOBODY_SAID,
            reference.review_on.isoformat() if reference.review_on else NOBODY_SAID,
        )
        for reference in references
    ]
    pictures = [f'<img src="{image_name(reference)}" alt="photograph {reference.id}">' for reference in references]
    return _table(head, rows, pictures)


def _searches(comparisons: Sequence[Comparison]) -> str:
    head = ("Time", "Ground", "People on the list", "Judged by the officer", "Named as a lead", "Search")
    rows = [
        (
            _moment(one.at.isoformat()),
            _words(one.ground),
            str(one.listed),
            _words(one.judgement or "not judged"),
            "yes" if one.named else "no",
            one.search_id,
        )
        for one in comparisons
    ]
    return _table(head, rows)


def _entries(entries: Sequence[ToldEntry]) -> str:
    rows = [
        (
            str(entry.index),
            _moment(entry.at.isoformat()),
            _words(entry.act),
            "; ".join(f"{_words(name)}: {value}" for name, value in entry.details.items()),
        )
        for entry in entries
    ]
    return _table(("Entry", "Time", "Act", "About"), rows)


def _table(head: Iterable[str], rows: Sequence[Iterable[str]], pictures: Sequence[str] = ()) -> str:
    """pictures: HTML of a first cell for each row. Everything else is escaped here."""
    if not rows:
        return "<p>None.</p>"
    firsts = [f"<td>{picture}</td>" for picture in pictures] or [""] * len(rows)
    body = "".join(
        f"<tr>{first}{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>"
        for first, row in zip(firsts, rows, strict=True)
    )
    return f"<table><tr>{''.join(f'<th>{escape(cell)}</th>' for cell in head)}</tr>{body}</table>"


def _moment(iso: str) -> str:
    return iso[:19].replace("T", " ")


def _words(term: str) -> str:
    return term.replace("-", " ").replace("_", " ")
