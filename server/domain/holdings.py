"""What the gallery holds of people, as lists of it are asked for and answered: page by page, never as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from server.domain.gallery import Reference, Source, Status, Subject


@dataclass(frozen=True)
class Holding:
    """A subject with references of theirs, by capture date."""

    subject: Subject
    references: Sequence[Reference]

    def __repr__(self) -> str:
        return f"Holding(subject={self.subject.id!r})"


@dataclass(frozen=True)
class Wanted:
    """Which holdings a list shows; what is None or empty asks for nothing.

    review_before: a day before which the review is due; references without a review date are due at once.
    record_prefix, station and lawful_basis are compared without regard to case, the last two as a whole.
    """

    source: Source | None = None
    status: Status | None = None
    review_before: date | None = None
    station: str = ""
    lawful_basis: str = ""
    record_prefix: str = ""

    @property
    def of_references(self) -> bool:
        """Whether anything is asked of references, so that subjects without one are not shown."""
        asked = (self.source, self.status, self.review_before)
        return any(one is not None for one in asked) or bool(self.station or self.lawful_basis)

    def holding(self, subject: Subject, references: Sequence[Reference]) -> Holding | None:
        """The subject with those of their references that are asked for, None where the list does not show them."""
        if not subject.record_number.casefold().startswith(self.record_prefix.casefold()):
            return None
        fitting = [reference for reference in references if self._fits(reference)]
        return None if self.of_references and not fitting else Holding(subject, fitting)

    def _fits(self, reference: Reference) -> bool:
        return (
            self.source in {None, reference.source}
            and self.status in {None, reference.status}
            and (self.review_before is None or reference.review_due(self.review_before))
            and (not self.station or self.station.casefold() == reference.station.casefold())
            and (not self.lawful_basis or self.lawful_basis.casefold() == reference.lawful_basis.casefold())
        )

    def __repr__(self) -> str:
        return "Wanted()"


@dataclass(frozen=True)
class Page:
    """Some holdings, by subject id. `following`: what to ask after for the next page; None at the end.

    A page can be short, or empty, and not the last one: no request looks through more than a bounded number of
    subjects.
    """

    holdings: Sequence[Holding]
    following: str | None
