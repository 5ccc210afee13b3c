"""Who is enrolled and who is not: open-set trials, divided by subject and never by photograph.

An open-set evaluation needs searches by people who are not in the gallery (ISO/IEC 19795-1). With few people
they are had by taking people out: in seeded splits, several times over; or one at a time.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from server.evaluation.errors import NothingToEvaluate

Mask = NDArray[np.bool_]

TOO_FEW = (
    "An open-set evaluation needs probes of people with a reference, and probes of people without one or who can be "
    "held out: give at least two subjects with both a reference and a probe."
)


class Protocol(StrEnum):
    SPLIT = "split"
    LEAVE_OUT = "leave-out"


@dataclass(frozen=True, eq=False)
class Trial:
    """One gallery and who searches it. Masks over all subjects, in one fixed order.

    gallery: has references in it. mated: probes search as enrolled people. non_mated: probes search as people
    who are not enrolled; their own references, where the gallery has any, are left out of their searches.
    """

    gallery: Mask
    mated: Mask
    non_mated: Mask


def whole(in_gallery: Mask) -> Trial:
    """The closed set: everybody with a reference is enrolled and searched for, nobody else searches."""
    return Trial(in_gallery, in_gallery, np.zeros_like(in_gallery))


def leave_out(in_gallery: Mask, in_probes: Mask) -> tuple[Trial, ...]:
    """Every probe searches the whole gallery, and searches it again without its own subject.

    Raises NothingToEvaluate when nobody is on both sides, or nobody else is enrolled.
    """
    if not (in_gallery & in_probes).any() or in_gallery.sum() < 2:
        raise NothingToEvaluate(TOO_FEW)
    return (Trial(in_gallery, in_gallery, np.ones_like(in_gallery)),)


def splits(in_gallery: Mask, in_probes: Mask, held_out: float, times: int, seed: int) -> tuple[Trial, ...]:
    """`times` galleries, from each of which a share of the subjects is held out, drawn anew from `seed`.

    held_out: share of the subjects with both references and probes, 0 to below 1; at least one of them, unless
    it is 0, where only people without a reference search as non-mated. Raises NothingToEvaluate when somebody
    is lacking on either side.
    """
    both = np.flatnonzero(in_gallery & in_probes)
    count = min(max(round(held_out * both.size), 1), both.size - 1) if held_out > 0 else 0
    rng = np.random.default_rng(seed)
    drawn = [rng.choice(both, max(count, 0), replace=False) for _ in range(times if count > 0 else 1)]
    trials = tuple(_without(in_gallery, held) for held in drawn)
    if not all((trial.mated & in_probes).any() and (trial.non_mated & in_probes).any() for trial in trials):
        raise NothingToEvaluate(TOO_FEW)
    return trials


def _without(in_gallery: Mask, held: NDArray[np.intp]) -> Trial:
    gallery = in_gallery.copy()
    gallery[held] = False
    return Trial(gallery, gallery, ~gallery)
