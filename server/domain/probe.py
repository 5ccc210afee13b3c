"""Why a face may be searched at all: the purpose that stands before every photograph (product rules 1 and 2)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from server.domain.face import NamedFace
from server.domain.image_errors import FaceNotNamed, ImageCountInvalid
from server.domain.search_errors import (
    AlternativesMissing,
    ForceNotExcluded,
    LifeAtRiskUnfounded,
    NecessityMissing,
    PowerMissing,
    PrivatePlace,
)

MINIMUM_WORDING = 20
"""Characters of words that a necessity or a stated harm must have: enough to rule out a dot, short for a street."""

FILLERS = "\u115f\u1160\u3164\uffa0"
"""Letters of Hangul that nobody sees."""

MAXIMUM_FRAMES = 5


class Ground(StrEnum):
    UNABLE_TO_IDENTIFY = "unable-to-identify"
    REFUSES = "refuses"
    FALSE_DETAILS = "false-details"
    MISSING_OR_AT_RISK = "missing-or-at-risk"

    @property
    def welfare(self) -> bool:
        """True where the search is for the person's own sake."""
        return self in {Ground.UNABLE_TO_IDENTIFY, Ground.MISSING_OR_AT_RISK}


class Place(StrEnum):
    PUBLIC = "public"
    HOME = "home"
    SCHOOL = "school"
    MEDICAL = "medical"
    WORSHIP = "worship"

    @property
    def private(self) -> bool:
        return self is not Place.PUBLIC


class Alternative(StrEnum):
    """Less intrusive means, tried before the search."""

    ASKED_PERSON = "asked-person"
    DOCUMENTS = "documents"
    ASKED_OTHERS = "asked-others"
    FINGERPRINT = "fingerprint"
    NONE_POSSIBLE = "none-possible"


@dataclass(frozen=True)
class Purpose:
    """The officer's statement. Free texts are in the officer's words.

    harm: the risk of significant harm, needed in a private place and where a life is at risk. life_at_risk: a poor
    photograph is searched all the same (product rule 4).
    """

    ground: Ground
    necessity: str
    place: Place
    alternatives: frozenset[Alternative]
    power: str
    no_force: bool
    incident: str = ""
    harm: str = ""
    life_at_risk: bool = False

    def check(self) -> None:
        """Raise the PurposeInvalid that names the first thing missing."""
        if _wording(self.necessity) < MINIMUM_WORDING:
            raise NecessityMissing
        if not self.alternatives or (Alternative.NONE_POSSIBLE in self.alternatives and len(self.alternatives) > 1):
            raise AlternativesMissing
        if not _wording(self.power):
            raise PowerMissing
        if not self.no_force:
            raise ForceNotExcluded
        if self.place.private and _wording(self.harm) < MINIMUM_WORDING:
            raise PrivatePlace
        if self.life_at_risk and not (self.ground.welfare and _wording(self.harm) >= MINIMUM_WORDING):
            raise LifeAtRiskUnfounded


def _wording(text: str) -> int:
    """How much a text says: how many letters and digits it has, with a blank between words counting as one.

    So neither dots nor invisible characters pass as words, nor many of them behind one letter.
    """
    words = "".join(sign if sign.isalnum() and sign not in FILLERS else " " for sign in text).split()
    return sum(map(len, words)) + max(0, len(words) - 1)


def check_frames(count: int) -> None:
    """One probe is one to five frames of one person; raise ImageCountInvalid otherwise."""
    if not 1 <= count <= MAXIMUM_FRAMES:
        raise ImageCountInvalid


def check_named(named: Iterable[NamedFace], frames: int) -> None:
    """A face is named on a photograph that was sent; raise FaceNotNamed otherwise."""
    if any(not 0 <= choice.image < frames for choice in named):
        raise FaceNotNamed
