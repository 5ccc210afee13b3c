"""The enrolment database as values: subjects, their references, and where a reference comes from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from server.domain.errors import RecordInvalid
from server.domain.face import Template


class Source(StrEnum):
    CUSTODY = "custody"
    MISSING = "missing"
    WANTED = "wanted"


class Status(StrEnum):
    ACTIVE = "active"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class Subject:
    """One enrolled person."""

    id: str
    record_number: str
    given_name: str
    family_name: str
    born_on: date | None = None

    def check(self) -> None:
        if not self.record_number.strip():
            raise RecordInvalid

    def __repr__(self) -> str:
        return f"Subject(id={self.id!r})"


@dataclass(frozen=True)
class Reference:
    """One enrolled image of a subject, with the reason it may be held."""

    id: str
    subject_id: str
    source: Source
    lawful_basis: str
    captured_on: date
    status: Status = Status.ACTIVE

    def check(self) -> None:
        if not self.lawful_basis.strip():
            raise RecordInvalid


@dataclass(frozen=True)
class Record:
    """What the officer may read of a candidate judged as the same person, once every face has been judged."""

    subject: Subject
    reference: Reference


@dataclass(frozen=True)
class IndexedReference:
    """What the gallery index holds of one active reference."""

    reference_id: str
    subject_id: str
    source: Source
    template: Template
