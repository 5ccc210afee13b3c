"""From an asked false positive identification rate to a threshold, or to a refusal that gives the numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from server.evaluation.comparisons import Comparisons
from server.evaluation.errors import CalibrationRefused
from server.evaluation.intervals import Intervals, clopper_pearson, percentiles
from server.evaluation.rates import OpenSet, OperatingPoint, least_threshold
from server.evaluation.searches import NonMated

RULE_OF_THREE = 3
"""Events to expect at the asked rate before a sample can speak of it: with fewer, observing none proves nothing
(J. Hanley, A. Lippman-Hand, "If nothing goes wrong, is everything all right?", JAMA 249(13), 1983)."""


WIDEST = 10
"""Times the asked rate that the upper end of its own interval may reach, and never more than HALF: photographs of few
people, however many, say little about others."""

HALF = 0.5


@dataclass(frozen=True)
class Wish:
    """The asked FPIR, above 0 and below 1, at a gallery of so many enrolled subjects."""

    fpir: float
    gallery_size: int


@dataclass(frozen=True)
class Calibrated:
    """The threshold for a wish. point: what was measured at it, with the gallery at hand. fpir, fpir_low, fpir_high:
    at the asked gallery size; `extrapolated` tells whether that was reckoned rather than measured. non_mated: the
    searches it rests on, of probes that gave a template."""

    wish: Wish
    point: OperatingPoint
    fpir: float
    fpir_low: float
    fpir_high: float
    extrapolated: bool
    comparisons: int
    non_mated: NonMated


def fmr_for(wish: Wish) -> float:
    """The false match rate of one comparison that gives the wish: FPIR(N) = 1 - (1 - FMR)^N, solved for FMR.

    The model of ISO/IEC 19795-1 for independent comparisons. Where false positives gather on few probes, it states
    more of them than there are; where the larger gallery holds people more alike than those measured, fewer.
    """
    return -math.expm1(math.log1p(-wish.fpir) / wish.gallery_size)


def fpir_at(fmr: float, gallery_size: int) -> float:
    """FPIR(N) = 1 - (1 - FMR)^N."""
    return 1.0 if fmr >= 1 else -math.expm1(gallery_size * math.log1p(-fmr))


def tail_needed(wish: Wish | None, comparisons: int) -> int:
    """How many of the greatest scores `extrapolated` reads."""
    return 0 if wish is None else int(fmr_for(wish) * comparisons) + 1


def measured(wish: Wish, searches: OpenSet) -> Calibrated:
    """The least threshold whose measured FPIR is at most the wish, at the gallery size that was searched.

    Only probes that gave a template count. Raises CalibrationRefused when fewer than 3 / FPIR different ones were
    searched without their reference, or of too few people.
    """
    searches = replace(searches, non_mated=searches.non_mated.acquired)
    non_mated = searches.non_mated
    probes, people = np.unique(non_mated.probe).size, np.unique(non_mated.subject).size
    needed = math.ceil(RULE_OF_THREE / wish.fpir)
    if probes < needed:
        raise CalibrationRefused(
            f"An FPIR of {wish.fpir:g} needs at least {needed:,} different probes of people who are not enrolled; "
            f"there are {probes:,}, of {people:,} people, that gave a template. With these an FPIR of "
            f"{RULE_OF_THREE / max(probes, RULE_OF_THREE):.2g} or more can be calibrated: add labelled photographs, or "
            "ask for that."
        )
    threshold = _within(least_threshold(non_mated.top, math.floor(wish.fpir * non_mated.top.size)))
    point = searches.at(threshold)
    _check_width(wish, point.fpir.high, people)
    fpir = point.fpir
    return Calibrated(
        wish, point, fpir.value, fpir.low, fpir.high, extrapolated=False, comparisons=0, non_mated=non_mated
    )


def extrapolated(wish: Wish, searches: OpenSet, comparisons: Comparisons) -> Calibrated:
    """The least threshold whose FPIR, reckoned from single comparisons, is at most the wish at its gallery size.

    Raises CalibrationRefused when there are fewer than 3 / FMR comparisons between different people.
    """
    searches = replace(searches, non_mated=searches.non_mated.acquired)
    fmr = fmr_for(wish)
    needed = math.ceil(RULE_OF_THREE / fmr)
    if comparisons.total < needed:
        raise CalibrationRefused(_too_few_comparisons(wish, comparisons.total, needed))
    threshold = _within(least_threshold(comparisons.scores, math.floor(fmr * comparisons.total)))
    fpir, low, high = (fpir_at(rate, wish.gallery_size) for rate in _fmr(comparisons, threshold, searches.intervals))
    _check_width(wish, high, int((comparisons.probes > 0).sum()))
    point = searches.at(threshold)
    return Calibrated(
        wish, point, fpir, low, high, extrapolated=True, comparisons=comparisons.total, non_mated=searches.non_mated
    )


def _check_width(wish: Wish, high: float, people: int) -> None:
    if high > min(WIDEST * wish.fpir, HALF):
        raise CalibrationRefused(
            f"For an FPIR of {wish.fpir:g} the 95 % interval of what was measured reaches {high:.2g}, more than "
            f"{WIDEST} times as much or a half: {people:,} people are too few, however many photographs there are of "
            "each. Add people, or ask for a higher rate."
        )


def _too_few_comparisons(wish: Wish, total: int, needed: int) -> str:
    supported = fpir_at(min(1.0, RULE_OF_THREE / total), wish.gallery_size) if total else 1.0
    size = int(wish.gallery_size * total / needed)
    return (
        f"An FPIR of {wish.fpir:g} in a gallery of {wish.gallery_size:,} needs at least {needed:,} comparisons between "
        f"different people; there are {total:,}. With these, the least FPIR at that size is {supported:.2g}, and "
        f"{wish.fpir:g} can be calibrated for at most about {size:,} enrolled people: add labelled photographs of more "
        "people."
    )


def _fmr(comparisons: Comparisons, threshold: float, intervals: Intervals) -> tuple[float, float, float]:
    """The false match rate at a threshold with its interval, from a bootstrap over both people of each comparison.

    Its upper end is no less than had no pair of people reached the threshold: comparisons of one pair are not
    independent, and few that reach it give a bootstrap too little width.
    """
    reached = comparisons.reaching(threshold)
    rate = reached[0].size / comparisons.total
    _, least_high = clopper_pearson(0, _pairs(comparisons))
    if not reached[0].size:
        return rate, 0.0, least_high
    low, high = percentiles(intervals.pair_replicates(reached, comparisons.probes, comparisons.enrolled))
    return rate, min(low, rate), max(high, rate, least_high)


def _pairs(comparisons: Comparisons) -> int:
    """Pairs of different people, one with a probe and the other enrolled."""
    probed, enrolled = comparisons.probes > 0, comparisons.enrolled > 0
    return int(probed.sum() * enrolled.sum() - (probed & enrolled).sum())


def _within(threshold: float) -> float:
    if threshold > 1:
        raise CalibrationRefused(
            "People who are not enrolled reach the highest score there is. Look for photographs of one person under "
            "two subjects before you calibrate."
        )
    return threshold
