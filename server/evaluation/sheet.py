"""Labelled photographs from a CSV: path, subject, and optionally role, condition and columns of groups."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from server.evaluation.errors import SheetInvalid
from server.evaluation.samples import AS_TAKEN, Sample

PATH, SUBJECT, ROLE, CONDITION = "path", "subject", "role", "condition"
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


class Role(StrEnum):
    GALLERY = "gallery"
    PROBE = "probe"


@dataclass(frozen=True)
class Line:
    """One row of a sheet. role: None where the sheet has no such column."""

    number: int
    role: Role | None
    sample: Sample


def read_sheet(sheet: Path) -> tuple[Line, ...]:
    """Every row of a CSV; relative paths are taken from the folder of the CSV.

    The columns `path` and `subject` are needed. `role` says gallery or probe, `condition` names how the picture
    was taken; every other column is a group column, whose empty cells mean "not labelled". Raises SheetInvalid,
    which names the line, or OSError.
    """
    rows = _rows(sheet)
    header = _header(sheet, next(rows, (1, []))[1])
    lines = tuple(_line(sheet, number, header, cells) for number, cells in rows)
    if not lines:
        raise SheetInvalid(sheet, 1, "there is no row below the header; write one for each photograph.")
    return lines


def _rows(sheet: Path) -> Iterator[tuple[int, list[str]]]:
    """Line numbers and cells, blank lines left out; spreadsheets of many countries write semicolons."""
    try:
        text = sheet.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SheetInvalid(sheet, 1, "the file is not UTF-8; save it as CSV UTF-8.") from error
    first = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=";" if first.count(";") > first.count(",") else ",")
    for cells in reader:
        if any(cell.strip() for cell in cells):
            yield reader.line_num, [cell.strip() for cell in cells]


def _header(sheet: Path, cells: Sequence[str]) -> list[str]:
    names = [cell.lower() for cell in cells]
    for needed in (PATH, SUBJECT):
        if needed not in names:
            raise SheetInvalid(
                sheet, 1, f"the column '{needed}' is missing; the first line must name the columns, such as "
                "path,subject,role,condition."
            )  # fmt: skip
    if len(set(names)) < len(names) or "" in names:
        raise SheetInvalid(sheet, 1, "a column has no name, or two have the same; give each a name of its own.")
    return names


def _line(sheet: Path, number: int, header: Sequence[str], cells: Sequence[str]) -> Line:
    if len(cells) != len(header):
        raise SheetInvalid(
            sheet, number, f"{len(cells)} cells where the header names {len(header)} columns; put cells that "
            "contain the separator into quotes."
        )  # fmt: skip
    named = dict(zip(header, cells, strict=True))
    subject, path = named.pop(SUBJECT), named.pop(PATH)
    if not subject:
        raise SheetInvalid(sheet, number, "the subject is empty; name the person, by a number if you like.")
    role = _role(sheet, number, named.pop(ROLE, None))
    condition = named.pop(CONDITION, "") or AS_TAKEN
    groups = {column: label for column, label in named.items() if label}
    return Line(number, role, Sample(_file(sheet, number, path), subject, condition, groups))


def _role(sheet: Path, number: int, cell: str | None) -> Role | None:
    if cell is None:
        return None
    try:
        return Role(cell.lower())
    except ValueError as error:
        raise SheetInvalid(sheet, number, f"the role is '{cell}'; write gallery or probe.") from error


def _file(sheet: Path, number: int, cell: str) -> Path:
    path = sheet.parent / cell
    if not cell or not path.is_file():
        raise SheetInvalid(
            sheet, number, f"there is no file '{cell}'; write its path from the folder of this CSV, or a whole path."
        )  # fmt: skip
    return path


def csv_text(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Rows as CSV in which no cell is a formula to a spreadsheet: such cells begin with an apostrophe.

    After OWASP, "CSV Injection": a cell that starts with = + - @, a tab or a carriage return may be run.
    """
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerows([_inert(cell) for cell in row] for row in [header, *rows])
    return written.getvalue()


def _inert(cell: str) -> str:
    return f"'{cell}" if cell.startswith(FORMULA_STARTS) else cell
