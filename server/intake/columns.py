"""The columns of a manifest, under our names and under those of ANSI/NIST-ITL and NIEM, to one row."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from server.domain.gallery import Source
from server.domain.gallery_errors import RowInvalid, SourceInvalid
from server.intake.files import reader, watcher
from server.workflow.enrolment import Provenance
from server.workflow.intake import Person, Refusal, Row

RECORD, IMAGE = "record_number", "image"
COLUMNS: Final = (
    RECORD,
    "given_name",
    "family_name",
    "born_on",
    IMAGE,
    "source",
    "lawful_basis",
    "captured_on",
    "review_on",
    "station",
)

ALIASES: Final = {
    "2.009": RECORD,
    "oca": RECORD,
    "persongivenname": "given_name",
    "personsurname": "family_name",
    "2.022": "born_on",
    "dob": "born_on",
    "personbirthdate": "born_on",
    "10.005": "captured_on",
    "phd": "captured_on",
    "capturedate": "captured_on",
    "imagecapturedate": "captured_on",
    "10.004": "station",
    "src": "station",
}
"""Written small and without a namespace prefix; see docs/enrolment.md."""

LONGEST: Final = 200
"""Characters of a cell: those that the API takes too."""

_DATE = re.compile(r"([0-9]{4})(-?)([0-9]{2})\2([0-9]{2})")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True)
class Defaults:
    """What holds for rows that do not say it themselves."""

    source: Source | None = None
    lawful_basis: str = ""
    captured_on: date | None = None
    review_on: date | None = None
    station: str = ""


@dataclass(frozen=True)
class Sheet:
    """How cells become rows. folder: that of the images. today: no photograph is younger."""

    folder: Path
    defaults: Defaults
    today: date

    def row(self, number: int, cells: Mapping[str, str]) -> Row | Refusal:
        """cells: by our column names. A Refusal names the first column that cannot be used."""
        try:
            return self._row(number, {name: _clean(name, cell) for name, cell in cells.items()})
        except RowInvalid as invalid:
            return Refusal(number, cells.get(RECORD, "").strip(), cells.get(IMAGE, "").strip(), invalid)

    def refused(self, number: int, reason: str) -> Refusal:
        """A row of which nothing can be read."""
        return Refusal(number, "", "", RowInvalid(reason))

    def _row(self, number: int, cells: Mapping[str, str]) -> Row:
        place = _needed(IMAGE, cells.get(IMAGE, ""))
        person = Person(
            _needed(RECORD, cells.get(RECORD, "")),
            cells.get("given_name", ""),
            cells.get("family_name", ""),
            _date("born_on", cells.get("born_on", "")),
        )
        provenance = self._provenance(cells)
        if person.born_on is not None and person.born_on > provenance.captured_on:
            raise RowInvalid("captured_on lies before born_on.")
        return Row(number, person, provenance, place, reader(self.folder, place), watcher(self.folder, place))

    def _provenance(self, cells: Mapping[str, str]) -> Provenance:
        source = _source(cells.get("source", "")) or self.defaults.source
        lawful_basis = cells.get("lawful_basis", "") or self.defaults.lawful_basis
        captured_on = _date("captured_on", cells.get("captured_on", "")) or self.defaults.captured_on
        if source is None:
            raise RowInvalid("source is empty, and no --source is given.")
        if captured_on is None:
            raise RowInvalid("captured_on is empty, and no --captured-on is given.")
        if captured_on > self.today:
            raise RowInvalid("captured_on lies in the future.")
        review_on = _date("review_on", cells.get("review_on", "")) or self.defaults.review_on
        if review_on is not None and review_on < captured_on:
            raise RowInvalid("review_on lies before captured_on.")
        station = cells.get("station", "") or self.defaults.station
        return Provenance(source, _needed("lawful_basis", lawful_basis), captured_on, review_on, station)


def named(columns: Sequence[str], ignored: Iterable[str] = ()) -> list[str | None]:
    """Our name of each column, None for one to be ignored.

    Raises SourceInvalid for a column that is unknown, or that stands twice under its names.
    """
    passed_over = {_small(column) for column in ignored}
    names = [None if _small(column) in passed_over else _name(column) for column in columns]
    known = [name for name in names if name is not None]
    for name in known:
        if known.count(name) > 1:
            raise SourceInvalid(f"The column {name} stands there twice, or under two of its names.")
    return names


def check_columns(names: Sequence[str | None]) -> None:
    """Raise SourceInvalid where a column that every row needs is missing."""
    for needed in (RECORD, IMAGE):
        if needed not in names:
            raise SourceInvalid(f"The column {needed} is missing. docs/enrolment.md names the columns.")


def _name(column: str) -> str:
    small = _small(column)
    name = small if small in COLUMNS else ALIASES.get(small)
    if name is None:
        shown = _CONTROL.sub("?", column)[:LONGEST]
        raise SourceInvalid(f"The column {shown!r} is unknown. Correct it, or give --ignore {shown!r}.")
    return name


def _small(column: str) -> str:
    return column.strip().rpartition(":")[2].lower()


def _clean(name: str, cell: str) -> str:
    text = cell.strip()
    if len(text) > LONGEST and name != IMAGE:
        raise RowInvalid(f"{name} has more than {LONGEST} characters.")
    if _CONTROL.search(text):
        raise RowInvalid(f"{name} holds a control character, or is no text.")
    return text


def _needed(name: str, text: str) -> str:
    if not text:
        raise RowInvalid(f"{name} is empty.")
    return text


def _source(text: str) -> Source | None:
    if not text:
        return None
    try:
        return Source(text.lower())
    except ValueError:
        raise RowInvalid(f"source is none of {', '.join(Source)}.") from None


def _date(name: str, text: str) -> date | None:
    if not text:
        return None
    parts = _DATE.fullmatch(text)
    try:
        if parts is not None:
            return date(*map(int, parts.group(1, 3, 4)))
    except ValueError:  # the 30th of February
        pass
    raise RowInvalid(f"{name} is no date of the form YYYY-MM-DD or YYYYMMDD.")
