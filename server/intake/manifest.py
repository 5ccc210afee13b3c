"""Manifests: CSV with a header, or one JSON object a line. Gone through row by row; nothing is held but a line."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Self, TextIO

from server.domain.gallery_errors import RowInvalid, SourceInvalid
from server.intake.columns import Sheet, check_columns, named
from server.workflow.intake import Refusal, Row

LONGEST_LINE: Final = 100_000
"""Characters of a line, and of a row that goes over several: more is no manifest."""


class CsvManifest:
    """`workflow.intake.Intake` over a CSV in UTF-8; spreadsheets of many countries separate by semicolons.

    Raises SourceInvalid when it is made, unless the header is whole and the file can be read to its end.
    """

    def __init__(self, file: Path, sheet: Sheet, ignored: Iterable[str] = ()) -> None:
        self._file = file
        self._sheet = sheet
        self.digest = digest_of(file)
        self._names = self._header(ignored)
        self._length = sum(1 for _ in self._lines())

    def __len__(self) -> int:
        return self._length

    def rows(self) -> Iterator[Row | Refusal]:
        for number, cells in self._lines():
            yield self._row(number, cells)

    def _row(self, number: int, cells: list[str]) -> Row | Refusal:
        if len(cells) != len(self._names):
            return self._sheet.refused(number, f"The row has {len(cells)} cells, the header {len(self._names)}.")
        told = {name: cell for name, cell in zip(self._names, cells, strict=True) if name is not None}
        return self._sheet.row(number, told)

    def _header(self, ignored: Iterable[str]) -> list[str | None]:
        with opened(self._file) as text:
            header = next(_rows(text), (0, []))[1]
        names = named(header, ignored)
        check_columns(names)
        return names

    def _lines(self) -> Iterator[tuple[int, list[str]]]:
        """Line numbers and cells below the header, blank lines left out."""
        with opened(self._file) as text:
            rows = _rows(text)
            next(rows)
            yield from ((number, cells) for number, cells in rows if any(cells))


class JsonLinesManifest:
    """`workflow.intake.Intake` over JSON Lines in UTF-8; its objects have texts, or null for nothing."""

    def __init__(self, file: Path, sheet: Sheet, ignored: Iterable[str] = ()) -> None:
        self._file = file
        self._sheet = sheet
        self._ignored = frozenset(ignored)
        self.digest = digest_of(file)
        self._length = sum(1 for _ in self._lines())

    def __len__(self) -> int:
        return self._length

    def rows(self) -> Iterator[Row | Refusal]:
        for number, line in self._lines():
            try:
                told = self._told(line)
            except (RowInvalid, SourceInvalid) as invalid:
                yield self._sheet.refused(number, str(invalid))
            else:
                yield self._sheet.row(number, told)

    def _told(self, line: str) -> dict[str, str]:
        given = _object(line)
        names = named(list(given), self._ignored)
        return {name: cell or "" for name, cell in zip(names, given.values(), strict=True) if name is not None}

    def _lines(self) -> Iterator[tuple[int, str]]:
        with opened(self._file) as text:
            lines = _Lines(text)
            for line in lines:
                lines.row_ended()
                if line.strip():
                    yield lines.number, line


def _object(line: str) -> dict[str, str | None]:
    try:
        given = json.loads(line)
    except (ValueError, RecursionError):
        raise RowInvalid("The line is no JSON.") from None
    if not isinstance(given, dict) or not all(cell is None or isinstance(cell, str) for cell in given.values()):
        raise RowInvalid("The line is no JSON object of texts.")
    return given


def digest_of(file: Path) -> str:
    """SHA-256 of a file, in hexadecimal; raises SourceInvalid where it cannot be read."""
    try:
        with file.open("rb") as content:
            return hashlib.file_digest(content, "sha256").hexdigest()
    except OSError as error:
        raise SourceInvalid(f"The source cannot be read: {error.strerror}.") from None


@contextmanager
def opened(file: Path) -> Iterator[TextIO]:
    """The manifest's text; what goes wrong on the way is a SourceInvalid that names no content."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as text:
            yield text
    except UnicodeDecodeError:
        raise SourceInvalid("The manifest is not UTF-8. Save it as UTF-8.") from None
    except csv.Error as error:
        raise SourceInvalid(f"The manifest is no CSV: {error}.") from None
    except OSError as error:
        raise SourceInvalid(f"The source cannot be read: {error.strerror}.") from None


class _Lines:
    """The lines of a text, of which no row may take more than LONGEST_LINE characters; then raises SourceInvalid."""

    def __init__(self, text: TextIO) -> None:
        self._text = text
        self._length = self.number = 0

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str:
        line = self._text.readline(LONGEST_LINE)
        if not line:
            raise StopIteration
        self.number += 1
        self._length += len(line)
        if self._length >= LONGEST_LINE:
            raise SourceInvalid(f"Line {self.number} is longer than {LONGEST_LINE} characters, or ends a row that is.")
        return line

    def row_ended(self) -> None:
        self._length = 0


def _rows(text: TextIO) -> Iterator[tuple[int, list[str]]]:
    """The number of its last line, and the cells of each row, the header first."""
    first = text.readline(LONGEST_LINE)
    text.seek(0)
    lines = _Lines(text)
    for cells in csv.reader(lines, delimiter=";" if first.count(";") > first.count(",") else ",", strict=True):
        lines.row_ended()
        yield lines.number, cells
