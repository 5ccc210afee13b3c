"""Single comparisons of a probe with people it does not show: what FPIR at another gallery size is reckoned from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from server.evaluation.searches import NOBODY, Indices, Scores, Side, blocks

BINS = np.linspace(-1, 1, 401)
"""Edges of the histograms of scores, 0.005 wide."""


@dataclass(frozen=True, eq=False)
class Comparisons:
    """Every acquired probe with every enrolled subject other than its own, each pair once, by its best reference.

    probes: (subjects,) acquired probes of each subject. enrolled: (subjects,) 1 for each with a template, else 0.
    scores, subject, other: the greatest scores, as many as were asked for, whose probes they are of, and with whom.
    histogram: how many scores lie in each of BINS.
    """

    probes: NDArray[np.int64]
    enrolled: NDArray[np.int64]
    scores: Scores
    subject: Indices
    other: Indices
    histogram: NDArray[np.int64]

    @property
    def total(self) -> int:
        return int(self.probes.sum() * self.enrolled.sum() - self.probes @ self.enrolled)

    def reaching(self, threshold: float) -> tuple[Indices, Indices]:
        """The two subjects of each kept comparison at or above a threshold."""
        rows = self.scores >= threshold
        return self.subject[rows], self.other[rows]


def compared(gallery: Side, probes: Side, subjects: int, keep: int) -> Comparisons:
    """All comparisons of people with others, in blocks; the `keep` greatest scores are kept."""
    histogram = np.zeros(BINS.size - 1, np.int64)
    greatest = (np.empty(0), np.empty(0, np.intp), np.empty(0, np.intp))
    for rows, best in blocks(gallery, probes, subjects):
        own = probes.subject[rows]
        best[np.arange(rows.size), own] = NOBODY
        row, other = np.nonzero(np.isfinite(best))
        found = best[row, other]
        histogram += np.histogram(found.clip(-1, 1), BINS)[0]
        greatest = _greatest(greatest, (found, own[row], other), keep)
    acquired = np.bincount(probes.subject[probes.taken], minlength=subjects)
    enrolled = np.bincount(gallery.subject[gallery.taken], minlength=subjects).clip(max=1)
    return Comparisons(acquired, enrolled, *greatest, histogram)


def count(gallery: Side, probes: Side) -> int:
    """How many comparisons `compared` would make."""
    enrolled = np.unique(gallery.subject[gallery.taken])
    acquired = probes.subject[probes.taken]
    return int(acquired.size * enrolled.size - np.isin(acquired, enrolled).sum())


Kept = tuple[Scores, Indices, Indices]


def _greatest(kept: Kept, more: Kept, keep: int) -> Kept:
    scores = np.append(kept[0], more[0])
    first = max(scores.size - keep, 0)
    rows = np.argpartition(scores, first)[first:] if first < scores.size else np.empty(0, np.intp)
    return scores[rows], np.append(kept[1], more[1])[rows], np.append(kept[2], more[2])[rows]
