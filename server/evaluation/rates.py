"""Identification rates: CMC, TPIR, FNIR and FPIR over thresholds, DET, failure to acquire.

After ISO/IEC 19795-1 and NIST FRTE 1:N. A probe without a template counts in every rate: as a miss if mated, as a
search that showed nobody if not. A candidate list is cut at the threshold and at the length its probe's quality gives.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from server.evaluation.intervals import Intervals, Rate
from server.evaluation.searches import Mated, NonMated, Scores

STEP: Final = 1e-4
"""Thresholds are whole multiples of this: as many digits as a policy document can carry."""

CURVE_POINTS: Final = 81
DET_POINTS: Final = 120
MOST_RANKS: Final = 20


@dataclass(frozen=True)
class OperatingPoint:
    """What one threshold gives. fpir: the non-mated searches that showed anyone."""

    threshold: float
    tpir: Rate
    fpir: Rate

    @property
    def fnir(self) -> Rate:
        return self.tpir.complement


@dataclass(frozen=True)
class DetPoint:
    """One point of the detection error trade-off."""

    threshold: float
    fpir: float
    fnir: float


def rank_rates(closed: Mated, subjects_enrolled: int, intervals: Intervals) -> tuple[Rate, ...]:
    """The cumulative match characteristic: at k - 1 the share of mated searches whose rank is at most k."""
    ranks = range(1, min(MOST_RANKS, max(subjects_enrolled, 1)) + 1)
    return tuple(intervals.rate(closed.rank <= rank, closed.subject) for rank in ranks)


@dataclass(frozen=True, eq=False)
class OpenSet:
    """The searches of some probes, ready to be cut at any threshold."""

    mated: Mated
    non_mated: NonMated
    intervals: Intervals

    def at(self, threshold: float) -> OperatingPoint:
        """Rates and intervals at one threshold."""
        return OperatingPoint(
            threshold,
            tpir=self.intervals.rate(self.mated.found(threshold), self.mated.subject),
            fpir=self.intervals.rate(self.non_mated.showed(threshold), self.non_mated.subject),
        )


def at_fpir(targets: Sequence[float], searches: OpenSet) -> tuple[OperatingPoint, ...]:
    """The point of the least threshold for each FPIR that these searches can resolve (3 / FPIR acquired probes)."""
    top, probes = searches.non_mated.top, np.unique(searches.non_mated.acquired.probe).size
    thresholds = [least_threshold(top, int(target * top.size)) for target in targets if probes * target >= 3]
    return tuple(searches.at(threshold) for threshold in thresholds)


def least_threshold(scores: Scores, allowed: int) -> float:
    """The least multiple of STEP that at most `allowed` of the scores reach; -1 when all may."""
    if allowed >= scores.size:
        return -1.0
    barred = float(np.partition(scores, scores.size - 1 - allowed)[scores.size - 1 - allowed])
    return -1.0 if not np.isfinite(barred) else above(barred)


def above(score: float) -> float:
    """The least multiple of STEP that is greater than the score."""
    steps = math.floor(score / STEP)
    return next(multiple for count in (0, 1, 2) if (multiple := round((steps + count) * STEP, 4)) > score)


def curve(searches: OpenSet) -> tuple[OperatingPoint, ...]:
    """Points at even thresholds over the range in which either rate changes."""
    low, high = score_range(searches)
    return tuple(searches.at(round(float(threshold), 4)) for threshold in np.linspace(low, high, CURVE_POINTS))


def score_range(searches: OpenSet) -> tuple[float, float]:
    """The range of all scores of own references and best others, widened to multiples of 0.01."""
    scores = np.concatenate([searches.mated.score, searches.non_mated.top])
    finite = scores[np.isfinite(scores)]
    if not finite.size:
        return -1.0, 1.0
    return math.floor(float(finite.min()) * 100) / 100, min(1.0, math.ceil(float(finite.max()) * 100) / 100)


def detection_error_tradeoff(searches: OpenSet) -> tuple[DetPoint, ...]:
    """FNIR against FPIR from the first false positive on, at most DET_POINTS points, evenly spread in log FPIR."""
    top = searches.non_mated.top
    if not top.size or not searches.mated.score.size:
        return ()
    counts = np.unique(np.geomspace(1, top.size, DET_POINTS).round().astype(int))
    thresholds = dict.fromkeys(least_threshold(top, int(count)) for count in counts)
    points = [_det_point(threshold, searches) for threshold in thresholds]
    return tuple(point for point in points if point.fpir > 0)


def _det_point(threshold: float, searches: OpenSet) -> DetPoint:
    return DetPoint(
        threshold,
        fpir=float(searches.non_mated.showed(threshold).mean()),
        fnir=float((~searches.mated.found(threshold)).mean()),
    )
