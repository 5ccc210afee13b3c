"""What enrolling many is given, photograph by photograph, and what it answers; how a source is written is not known."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

from server.domain.errors import OifrError
from server.domain.gallery import Subject
from server.domain.gallery_errors import RecordInvalid
from server.workflow.enrolment import Provenance


@dataclass(frozen=True)
class Person:
    """The record a photograph belongs to, as the source tells it; an empty name or no date says nothing."""

    record_number: str
    given_name: str = ""
    family_name: str = ""
    born_on: date | None = None

    def contradicts(self, subject: Subject) -> bool:
        """Whether what is told differs from what is enrolled under the same record number, where both say something."""
        names = ((self.given_name, subject.given_name), (self.family_name, subject.family_name))
        if any(told and held and told.casefold() != held.casefold() for told, held in names):
            return True
        return None not in {self.born_on, subject.born_on} and self.born_on != subject.born_on

    def __repr__(self) -> str:
        return "Person()"


@dataclass(frozen=True)
class Row:
    """One photograph to enrol.

    number: of the row in its source, from 1. place: the image file as the source names it, for people. read: gives
    the file's bytes, and raises an ImageRefused where it cannot. state: tells the file, as it is now, from every other
    one without reading it; None where nobody can.
    """

    number: int
    person: Person
    provenance: Provenance
    place: str
    read: Callable[[], bytes] = field(repr=False)
    state: Callable[[], str | None] = field(default=lambda: None, repr=False)

    def mark(self) -> str | None:
        """64 hexadecimal digits that are the same only for the same record, place and state of the file."""
        state = self.state()
        if state is None:
            return None
        told = f"{self.person.record_number}\0{self.place}\0{state}"
        return hashlib.sha256(told.encode(errors="surrogateescape")).hexdigest()

    def check(self) -> None:
        """Raise RecordInvalid unless it has a record number and a lawful basis."""
        if not self.person.record_number.strip() or not self.provenance.lawful_basis.strip():
            raise RecordInvalid

    def refused(self, error: OifrError) -> Refusal:
        return Refusal(self.number, self.person.record_number, self.place, error)


@dataclass(frozen=True)
class Refusal:
    """A row that was not enrolled; `error` says why, to a program by its slug and to a human by its sentence."""

    number: int
    record_number: str
    place: str
    error: OifrError

    def __repr__(self) -> str:
        return f"Refusal(number={self.number}, problem={self.error.slug!r})"


def in_order(refusals: Iterable[Refusal]) -> Sequence[Refusal]:
    return sorted(refusals, key=lambda refusal: refusal.number)


class Intake(Protocol):
    """A source of rows that can be gone through again and again."""

    @property
    def digest(self) -> str:
        """SHA-256, in hexadecimal, of the manifest, or of a folder's file names and sizes."""

    def __len__(self) -> int:
        """How many rows there are."""

    def rows(self) -> Iterator[Row | Refusal]:
        """Every row, in an order that is the same each time; a Refusal where the row itself cannot be used."""


@dataclass(frozen=True)
class Batch:
    """What became of some rows. held: photographs that were enrolled before. pairs: of records that look alike.

    unread: those of `held` whose files are as they were when they were enrolled, and so were not read again.
    """

    enrolled: int = 0
    held: int = 0
    pairs: int = 0
    refusals: Sequence[Refusal] = ()
    unread: int = 0

    @property
    def rows(self) -> int:
        return self.enrolled + self.held + len(self.refusals)
