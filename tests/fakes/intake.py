"""Rows to enrol that lie in memory, and what is told of people who do not exist."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date

from server.domain.gallery import Source
from server.domain.image_errors import ImageAbsent
from server.workflow.enrolment import Provenance
from server.workflow.intake import Person, Refusal, Row
from tests.fakes.face_engine import photo

PROVENANCE = Provenance(Source.CUSTODY, "Custody regulation 12", date(2024, 1, 31))


class ListedIntake:
    """`workflow.intake.Intake` over a list."""

    def __init__(self, rows: Sequence[Row | Refusal], digest: str = "d1" * 32) -> None:
        self._rows = rows
        self.digest = digest

    def __len__(self) -> int:
        return len(self._rows)

    def rows(self) -> Iterator[Row | Refusal]:
        yield from self._rows


def row(number: int, person: str, *conditions: str, record: str | None = None, born_on: date | None = None) -> Row:
    """A photograph of `person` under their own record, or under another one."""
    who = Person(record or f"RN-{person}", person.capitalize(), "Quetzalowicz", born_on)
    return Row(number, who, PROVENANCE, f"{person}/{number}.jpg", reading(photo(person, *conditions)))


def rows(*people: str) -> list[Row]:
    return [row(number, person) for number, person in enumerate(people, 1)]


def absent() -> bytes:
    raise ImageAbsent


def reading(image: bytes) -> Callable[[], bytes]:
    return lambda: image
