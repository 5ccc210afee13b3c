"""The enrolment database as values: subjects, their references, and where a reference comes from."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from unicodedata import category

import numpy as np
from numpy.typing import NDArray

from server.domain.face import UNIT_TOLERANCE, Template
from server.domain.gallery_errors import (
    RecordDatesInvalid,
    RecordInvalid,
    RecordTextInvalid,
    ReviewDateInvalid,
    StatusFinal,
    StatusUnchanged,
)
from server.domain.model_errors import TemplateInvalid


class Source(StrEnum):
    CUSTODY = "custody"
    MISSING = "missing"
    WANTED = "wanted"


class Status(StrEnum):
    """Active: searched. Quarantined: out of every search until somebody has looked. Withdrawn: out for good."""

    ACTIVE = "active"
    QUARANTINED = "quarantined"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class Subject:
    """One enrolled person."""

    id: str
    record_number: str
    given_name: str
    family_name: str
    born_on: date | None = None

    def check(self, today: date) -> None:
        """Raise RecordInvalid without a record number, RecordTextInvalid, or RecordDatesInvalid for one unborn."""
        if not self.record_number.strip():
            raise RecordInvalid
        _check_texts(self.record_number, self.given_name, self.family_name)
        if self.born_on is not None and self.born_on > today:
            raise RecordDatesInvalid

    def __repr__(self) -> str:
        return f"Subject(id={self.id!r})"


@dataclass(frozen=True)
class Reference:
    """One enrolled image of a subject, with the reason it may be held.

    review_on: when somebody must ask whether it may still be held; None where nobody has said. station: who holds it,
    empty where nobody has said.
    """

    id: str
    subject_id: str
    source: Source
    lawful_basis: str
    captured_on: date
    status: Status = Status.ACTIVE
    review_on: date | None = None
    station: str = ""

    def check(self, today: date, born_on: date | None) -> None:
        """Raise RecordInvalid without a lawful basis, RecordTextInvalid, RecordDatesInvalid for a photograph of the
        future or from before the birth, and ReviewDateInvalid for a review before the capture."""
        if not self.lawful_basis.strip():
            raise RecordInvalid
        _check_texts(self.lawful_basis, self.station)
        if self.captured_on > today or (born_on is not None and self.captured_on < born_on):
            raise RecordDatesInvalid
        if self.review_on is not None and self.review_on < self.captured_on:
            raise ReviewDateInvalid

    def require_becoming(self, status: Status) -> None:
        """Raise StatusUnchanged where it has `status` already, and StatusFinal where it is withdrawn.

        A withdrawal is the force's word that the reference may not be searched; only erasing comes after it.
        """
        if self.status is status:
            raise StatusUnchanged
        if self.status is Status.WITHDRAWN:
            raise StatusFinal

    def review_due(self, before: date) -> bool:
        """Whether it is to be reviewed before that day; without a date it is due at once."""
        return self.review_on is None or self.review_on < before


def _check_texts(*texts: str) -> None:
    """Raise RecordTextInvalid for control characters and for halves of pairs, which no line of a report can hold."""
    if any(category(sign) in {"Cc", "Cs"} for text in texts for sign in text):
        raise RecordTextInvalid


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


@dataclass(frozen=True, eq=False)
class ReferenceBlock:
    """Some active references of one model as columns, each n long; `vectors` is float32 of shape (n, dimension).

    Raises TemplateInvalid when a row is no template: not finite, or its length off by more than 1e-3.
    """

    reference_ids: Sequence[str]
    subject_ids: Sequence[str]
    sources: Sequence[Source]
    vectors: NDArray[np.float32]

    def __post_init__(self) -> None:
        lengths = np.sqrt(np.einsum("ij,ij->i", self.vectors, self.vectors))
        if not np.all(np.abs(lengths - 1.0) <= UNIT_TOLERANCE):  # False for NaN too
            raise TemplateInvalid

    def __len__(self) -> int:
        return len(self.reference_ids)

    def __repr__(self) -> str:
        return f"ReferenceBlock(count={len(self)})"


@dataclass(frozen=True)
class GalleryStep:
    """What one gallery change did to one model's references: some came, or one went.

    `came` is without those that have left again since, and None where none is left.
    """

    version: int
    came: ReferenceBlock | None = None
    went: str | None = None


@dataclass(frozen=True)
class Addition:
    """A reference on its way into the gallery. portrait: the JPEG that is kept. fingerprint: see `fingerprint_of`.

    mark: of the file that it was read from, as that was (`workflow.intake.Row.mark`); None where there is none.
    """

    reference: Reference
    template: Template
    portrait: bytes
    fingerprint: str
    mark: str | None = None

    @property
    def indexed(self) -> IndexedReference:
        reference = self.reference
        return IndexedReference(reference.id, reference.subject_id, reference.source, self.template)

    def __repr__(self) -> str:
        return f"Addition(reference={self.reference.id!r})"


def fingerprint_of(record_number: str, image: bytes) -> str:
    """64 hexadecimal digits that are the same only for the same photograph, byte for byte, of the same record."""
    return hashlib.sha256(f"{record_number}\0".encode() + hashlib.sha256(image).digest()).hexdigest()


@dataclass(frozen=True)
class Supplement:
    """What re-embedding made of some references for `model`.

    `templates`: by reference id. `rejections`: the problem type of each image that the model refused, such as
    `no-face`, by reference id.
    """

    model: str
    templates: Mapping[str, Template] = field(default_factory=dict)
    rejections: Mapping[str, str] = field(default_factory=dict)

    @property
    def reference_ids(self) -> frozenset[str]:
        return frozenset(self.templates) | frozenset(self.rejections)

    def only(self, reference_ids: frozenset[str]) -> Supplement:
        """The part that concerns `reference_ids`."""
        return Supplement(
            self.model,
            {name: template for name, template in self.templates.items() if name in reference_ids},
            {name: problem for name, problem in self.rejections.items() if name in reference_ids},
        )


@dataclass(frozen=True)
class Census:
    """How many references are active at gallery change `version`, and what each model knows of them.

    `templates` and `rejections` count active references by model id; no reference is in both for one model.
    """

    version: int
    references: int
    templates: Mapping[str, int]
    rejections: Mapping[str, int]

    def missing(self, model: str) -> int:
        """Active references that `model` can neither find nor has refused: while there is one, it may not search."""
        return self.references - self.templates.get(model, 0) - self.rejections.get(model, 0)
