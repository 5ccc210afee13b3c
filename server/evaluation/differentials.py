"""How unequal an error rate is between groups the user labelled, by two summary measures of ISO/IEC 19795-10:2024.

Nothing is inferred from a face. Both measures are points on small samples: sampling noise alone makes rates differ
and raises both, so their bootstrap intervals and the groups' own rates belong beside them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from server.evaluation.intervals import Intervals, percentiles
from server.evaluation.searches import Indices

Rates = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Outcomes:
    """The trials of a group. errors: whether each erred. subject, probe: of whom and which photograph each is."""

    errors: NDArray[np.bool_]
    subject: Indices
    probe: Indices

    @property
    def different(self) -> int:
        """Trials that are not repetitions: the same probe is searched anew in every split."""
        return int(np.unique(self.probe).size)


@dataclass(frozen=True)
class Measure:
    """A value with its 95 % bootstrap interval; where no group has an error the interval is all there is."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Differential:
    """Of one error rate over groups. mxog: None when no group has an error. floored: a zero was replaced in it."""

    groups: int
    gini: Measure
    mxog: Measure | None
    floored: bool


def gini(rates: Rates) -> Rates:
    """The Gini coefficient of n >= 2 rates along the first axis, 0 (all equal) to 1 (all errors in one group).

    G = n / (n - 1) * sum_ij |x_i - x_j| / (2 n^2 mean(x)), the form with the correction for few groups that
    ISO/IEC 19795-10:2024 took from J. Howard et al., "Evaluating proposed fairness models for face recognition
    algorithms", 2022. Zero rates are ordinary values here; when all are zero, nothing differs and G is 0.
    """
    n = len(rates)
    mean = rates.mean(axis=0)
    spread = np.abs(rates[:, None] - rates[None]).sum(axis=(0, 1))
    divisor = 2 * n * n * mean
    unequal = np.divide(spread, divisor, out=np.zeros_like(mean), where=divisor > 0)
    return np.asarray(unequal * n / (n - 1))


def mxog(rates: Rates) -> Rates:
    """Maximum over geometric mean of positive rates along the first axis, 1 (all equal) or more.

    ISO/IEC 19795-10:2024; P. Grother, "Demographic differentials in face recognition: summarizing measures",
    NIST IR 8429, 2022. The geometric mean has no use for zeros: see `floored`.
    """
    return np.asarray(rates.max(axis=0) / np.exp(np.log(rates).mean(axis=0)))


def floored(rates: Rates, trials: Rates) -> Rates:
    """Zeros replaced by 1 / (2 * trials), the rate of half an error, but by no more than the least rate that is none.

    rates: (groups, ...), some of them positive in each column. trials: the different ones of each group, shaped to be
    divided by. A zero says that the rate is below what so many trials can show, not that it is nil; half an error is
    the usual continuity correction. It is this project's choice, and the report says where it was made.
    """
    least = np.where(rates > 0, rates, np.inf).min(axis=0)
    return np.where(rates > 0, rates, np.minimum(1 / (2 * trials), least))


def differential(groups: Mapping[str, Outcomes], intervals: Intervals) -> Differential | None:
    """Both measures over the groups that have trials; None when fewer than two have."""
    tried = [outcomes for outcomes in groups.values() if outcomes.errors.size]
    if len(tried) < 2:
        return None
    rates = np.array([outcomes.errors.mean() for outcomes in tried])
    trials = np.array([float(outcomes.different) for outcomes in tried])
    drawn = np.stack([intervals.replicates(outcomes.errors, outcomes.subject) for outcomes in tried])
    drawn = drawn[:, ~np.isnan(drawn).any(axis=0)]
    if not rates.any():
        return Differential(len(tried), gini=Measure(0.0, 0.0, 1.0), mxog=None, floored=True)
    return Differential(
        groups=len(tried),
        gini=_measure(gini(rates), gini(drawn)),
        mxog=_measure(mxog(floored(rates, trials)), mxog(floored(drawn, trials[:, None]))),
        floored=not rates.all(),
    )


def _measure(value: Rates, drawn: Rates) -> Measure:
    """The interval holds the value: drawing anew makes rates more unequal, so that all replicates can lie above it."""
    low, high = percentiles(drawn)
    return Measure(float(value), min(low, float(value)), max(high, float(value)))
