"""Rates with their uncertainty: Clopper-Pearson where searches are independent, else a bootstrap over subjects."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from server.evaluation.searches import Indices

LEVEL: Final = 0.95
"""Of every interval."""

DRAWS: Final = 1000
"""Bootstrap samples."""

Counts = NDArray[np.int64]


class Method(StrEnum):
    NONE = "none"
    CLOPPER_PEARSON = "clopper-pearson"
    SUBJECT_BOOTSTRAP = "subject-bootstrap"
    ON_SUBJECTS = "clopper-pearson-on-subjects"


@dataclass(frozen=True)
class Rate:
    """events of trials, by so many distinct subjects, with the 95 % interval and how it was had.

    Without trials there is nothing to say: the value is NaN and the interval 0 to 1.
    """

    events: int
    trials: int
    subjects: int
    low: float
    high: float
    method: Method

    @property
    def value(self) -> float:
        return self.events / self.trials if self.trials else float("nan")

    @property
    def complement(self) -> Rate:
        """The rate of the opposite, as FNIR is of TPIR."""
        return Rate(self.trials - self.events, self.trials, self.subjects, 1 - self.high, 1 - self.low, self.method)


def clopper_pearson(events: int, trials: int) -> tuple[float, float]:
    """The exact two-sided binomial interval of a rate, each in [0, 1]; 0 to 1 without trials.

    C. Clopper, E. Pearson, "The use of confidence or fiducial limits illustrated in the case of the binomial",
    Biometrika 26(4), 1934; the limits are quantiles of beta distributions.
    """
    from scipy.special import betaincinv  # noqa: PLC0415 - half a second that only an evaluation needs

    tail = (1 - LEVEL) / 2
    low = float(betaincinv(events, trials - events + 1, tail)) if events else 0.0
    high = float(betaincinv(events + 1, trials - events, 1 - tail)) if events < trials else 1.0
    return low, high


class Intervals:
    """Rates over one population of subjects, all from the same seeded bootstrap samples.

    Searches by one person are not independent, still less the same probe searched in several splits. So whole
    subjects are drawn with replacement, with all their searches (B. Efron, R. Tibshirani, "An Introduction to the
    Bootstrap", 1993, percentile interval). The gallery is not drawn anew: its own share of the uncertainty is
    not in the interval. Takes 4 kB of memory per subject.
    """

    def __init__(self, subjects: int, seed: int) -> None:
        drawn = np.random.default_rng(seed).integers(subjects, size=(DRAWS, subjects))
        weights = np.zeros((DRAWS, subjects), np.float32)
        for weight, draw in zip(weights, drawn, strict=True):
            weight[:] = np.bincount(draw, minlength=subjects)
        self._weights = weights

    def rate(self, events: NDArray[np.bool_], subject: Indices) -> Rate:
        """The rate of `events`, one for each trial, whose subjects stand in `subject`."""
        return self.counted_rate(*self._counted(events, subject))

    def counted_rate(self, events: Counts, trials: Counts) -> Rate:
        """The rate from the events and trials of each subject, (subjects,)."""
        total, happened, people = int(trials.sum()), int(events.sum()), int((trials > 0).sum())
        if not total:
            return Rate(0, 0, 0, 0.0, 1.0, Method.NONE)
        if total == people:
            return Rate(happened, total, people, *clopper_pearson(happened, total), Method.CLOPPER_PEARSON)
        if happened in {0, total}:
            low, high = clopper_pearson(people if happened else 0, people)
            return Rate(happened, total, people, low, high, Method.ON_SUBJECTS)
        low, high = _widened(percentiles(self._drawn(events, trials)), happened / total, people)
        return Rate(happened, total, people, low, high, Method.SUBJECT_BOOTSTRAP)

    def replicates(self, events: NDArray[np.bool_], subject: Indices) -> NDArray[np.float64]:
        """(DRAWS,) rates of the bootstrap samples; NaN where a sample holds nobody with a trial."""
        return self._drawn(*self._counted(events, subject))

    def pair_replicates(
        self, events: tuple[Indices, Indices], probes: Counts, references: Counts
    ) -> NDArray[np.float64]:
        """(DRAWS,) rates over comparisons of one subject's probes with another subject, both drawn.

        events: the two subjects of each event. probes, references: (subjects,) probes of each, and 1 for each that
        is enrolled, else 0. A pair weighs the product of its two subjects' weights.
        """
        weights = self._weights.astype(np.float64)
        happened = np.array([float(drawn[events[0]] @ drawn[events[1]]) for drawn in weights])
        compared = (weights @ probes) * (weights @ references) - weights**2 @ (probes * references)
        return np.asarray(np.divide(happened, compared, out=np.full(DRAWS, np.nan), where=compared > 0))

    def _counted(self, events: NDArray[np.bool_], subject: Indices) -> tuple[Counts, Counts]:
        """Events and trials of each subject."""
        size = self._weights.shape[1]
        return np.bincount(subject[events], minlength=size), np.bincount(subject, minlength=size)

    def _drawn(self, events: Counts, trials: Counts) -> NDArray[np.float64]:
        happened, tried = (self._weights @ counts.astype(np.float32) for counts in (events, trials))
        return np.asarray(np.divide(happened, tried, out=np.full(DRAWS, np.nan), where=tried > 0))


def percentiles(replicates: NDArray[np.float64]) -> tuple[float, float]:
    """The middle 95 % of bootstrap replicates, those without a value left out; 0 to 1 when none has one."""
    valid = replicates[~np.isnan(replicates)]
    if not valid.size:
        return 0.0, 1.0
    low, high = np.quantile(valid, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)


def _widened(interval: tuple[float, float], value: float, people: int) -> tuple[float, float]:
    """The bootstrap's interval, no narrower than had nobody or everybody erred among so many people.

    Few events that all come from one or two people give a bootstrap too little width: it would be surer of a low
    rate after an event than without one.
    """
    low, high = interval
    surest_low, surest_high = clopper_pearson(people, people)[0], clopper_pearson(0, people)[1]
    return min(low, value, surest_low), max(high, value, surest_high)
