"""Two records that may be of one person: found by comparison, settled by a human, never merged by software."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Verdict(StrEnum):
    """Open: nobody has looked yet. Different: two people. Same: one person, whose records wait to be merged."""

    OPEN = "open"
    DIFFERENT = "different"
    SAME = "same"


@dataclass(frozen=True)
class Side:
    """One of the two records, and the reference by which it was noticed."""

    subject_id: str
    reference_id: str


@dataclass(frozen=True)
class Duplicate:
    """added: the record whose new reference scored the threshold or more. earlier: the one it was compared with.

    There is one for each two subjects, whichever of their references is found next. It keeps no score: who settles
    it looks at the photographs.
    """

    id: str
    added: Side
    earlier: Side
    found_at: datetime
    verdict: Verdict = Verdict.OPEN

    @property
    def pair(self) -> frozenset[str]:
        """The ids of the two subjects."""
        return frozenset({self.added.subject_id, self.earlier.subject_id})
