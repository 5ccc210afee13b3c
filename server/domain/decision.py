"""What the officer concludes: a judgement on each face, then one decision (product rules 11 and 12)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Judgement(StrEnum):
    SAME = "same"
    DIFFERENT = "different"
    CANNOT_TELL = "cannot-tell"


class Outcome(StrEnum):
    CANDIDATE = "candidate"
    NONE_OF_THESE = "none-of-these"
    CANNOT_TELL = "cannot-tell"


class Corroboration(StrEnum):
    """Evidence independent of the face that speaks for the candidate."""

    DOCUMENT = "document"
    PERSONAL_DETAILS = "personal-details"
    SCAR_MARK_TATTOO = "scar-mark-tattoo"
    KNOWN_TO_WITNESS = "known-to-witness"
    PERSONAL_ITEM = "personal-item"
    FINGERPRINT = "fingerprint"


@dataclass(frozen=True)
class Decision:
    """`label` names the candidate when the outcome is one; `evidence_against` is in the officer's words."""

    outcome: Outcome
    label: str | None = None
    corroboration: frozenset[Corroboration] = frozenset()
    evidence_against: str = ""
