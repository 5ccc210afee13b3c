"""How `oifr gallery list` writes records: a table for people, CSV for spreadsheets, JSON Lines for programs."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from server.domain.gallery import Reference
from server.domain.holdings import Holding
from server.intake.report import inert

COLUMNS: Final = (
    "record_number",
    "family_name",
    "given_name",
    "born_on",
    "source",
    "status",
    "captured_on",
    "review_on",
    "station",
    "lawful_basis",
    "subject",
    "reference",
)
NOTHING: Final = "-"
WIDTHS: Final = (16, 8, 11, 10, 10, 20, 32)
SHOWN: Final = ("record_number", "source", "status", "captured_on", "review_on", "station", "reference")
"""Columns of the table, which go with WIDTHS; the name stands behind them, for names are of any length."""

Writer = Callable[[Iterable[Holding]], Iterator[str]]
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def table_lines(holdings: Iterable[Holding]) -> Iterator[str]:
    """A line for each reference, and one for a subject without any."""
    yield _line(dict(zip(SHOWN, SHOWN, strict=True)), "name")
    for holding in holdings:
        name = f"{holding.subject.family_name} {holding.subject.given_name}"
        for cells in _rows(holding):
            yield _line(cells, name)


def csv_lines(holdings: Iterable[Holding]) -> Iterator[str]:
    """As `table_lines`, with every column; a cell that a spreadsheet could take for a formula is made inert."""
    yield ",".join(COLUMNS)
    for holding in holdings:
        for cells in _rows(holding):
            line = io.StringIO()
            csv.writer(line, lineterminator="").writerow([inert(cells[column]) for column in COLUMNS])
            yield line.getvalue()


def json_lines(holdings: Iterable[Holding]) -> Iterator[str]:
    """A JSON object for each subject."""
    for holding in holdings:
        subject = holding.subject
        document = {
            "subject": subject.id,
            "record_number": subject.record_number,
            "given_name": subject.given_name,
            "family_name": subject.family_name,
            "born_on": subject.born_on.isoformat() if subject.born_on else None,
            "references": [_reference(reference) for reference in holding.references],
        }
        yield json.dumps(document)


def _reference(reference: Reference) -> dict[str, str | None]:
    return {
        "reference": reference.id,
        "source": reference.source.value,
        "status": reference.status.value,
        "captured_on": reference.captured_on.isoformat(),
        "review_on": reference.review_on.isoformat() if reference.review_on else None,
        "station": reference.station,
        "lawful_basis": reference.lawful_basis,
    }


def _rows(holding: Holding) -> Iterator[dict[str, str]]:
    subject = holding.subject
    about = {
        "record_number": subject.record_number,
        "family_name": subject.family_name,
        "given_name": subject.given_name,
        "born_on": subject.born_on.isoformat() if subject.born_on else "",
        "subject": subject.id,
    }
    told = [_reference(reference) for reference in holding.references] or [{}]
    for reference in told:
        yield dict.fromkeys(COLUMNS, "") | about | {name: cell or "" for name, cell in reference.items()}


def _line(cells: dict[str, str], name: str) -> str:
    """What somebody enrolled cannot move the cursor of whoever lists it."""
    told = [(cells[column] or NOTHING).ljust(width) for column, width in zip(SHOWN, WIDTHS, strict=True)]
    return _CONTROL.sub("?", "  ".join([*told, name]))
