"""The searches of an evaluation: every probe of a trial against its gallery, reduced to what rates need."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from server.evaluation.protocols import Trial

BLOCK = 256
"""Probes compared at once: bounds memory to BLOCK x subjects scores."""

NEVER = np.iinfo(np.int32).max
"""Rank of a mate that is on no list: the probe or every reference of the subject gave no template."""

NOBODY = -np.inf
"""Score where there is no comparison."""

Indices = NDArray[np.intp]
Scores = NDArray[np.float64]
"""Compared with thresholds in double precision, as the server's candidate list is cut; numpy would round a threshold
to the precision of single scores and let some of those just below it through."""


@dataclass(frozen=True, eq=False)
class Side:
    """Templates of one role. vectors: (n, dimension). subject: (n,) index into all subjects. taken: (n,)."""

    vectors: NDArray[np.float32]
    subject: Indices
    taken: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Mated:
    """Searches by enrolled people, one row each: probe and subject by index, the best score of the subject's own
    references, its rank among subjects (1 is first; equal scores of others count as ahead), and how many subjects
    the list has room for."""

    probe: Indices
    subject: Indices
    score: Scores
    rank: NDArray[np.int32]
    length: Indices

    def of(self, probes: NDArray[np.bool_]) -> Mated:
        """Those of the probes marked in a mask over all probes."""
        rows = probes[self.probe]
        return Mated(self.probe[rows], self.subject[rows], self.score[rows], self.rank[rows], self.length[rows])

    def found(self, threshold: float) -> NDArray[np.bool_]:
        """Whether the subject's own reference is on the list: at or above the threshold and within its length."""
        return (self.score >= threshold) & (self.rank <= self.length)


@dataclass(frozen=True, eq=False)
class NonMated:
    """Searches by people who are not enrolled: probe and subject by index, and the best score of anybody."""

    probe: Indices
    subject: Indices
    top: Scores

    def of(self, probes: NDArray[np.bool_]) -> NonMated:
        """Those of the probes marked in a mask over all probes."""
        return self._part(probes[self.probe])

    @property
    def acquired(self) -> NonMated:
        """Those whose probe gave a template: only they say anything about how alike strangers are."""
        return self._part(np.isfinite(self.top))

    def showed(self, threshold: float) -> NDArray[np.bool_]:
        """Whether the search showed anyone: the shortest list has room for one."""
        return self.top >= threshold

    def _part(self, rows: NDArray[np.bool_]) -> NonMated:
        return NonMated(self.probe[rows], self.subject[rows], self.top[rows])


def searched(trials: Sequence[Trial], gallery: Side, probes: Side, lengths: Indices) -> tuple[Mated, NonMated]:
    """All searches of all trials. A probe without a template is a search too: it finds nobody.

    lengths: (probes,) subjects that the list of each probe has room for.
    """
    mated: list[Mated] = []
    non_mated: list[NonMated] = []
    for rows, best in blocks(gallery, probes, trials[0].gallery.size):
        for trial in trials:
            own = probes.subject[rows]
            score, top, rank = _answered(best, own, trial.gallery)
            with_mate, without = trial.mated[own], trial.non_mated[own]
            mine = rows[with_mate]
            mated.append(Mated(mine, own[with_mate], score[with_mate], rank[with_mate], lengths[mine]))
            non_mated.append(NonMated(rows[without], own[without], top[without]))
    return _joined_mated(mated), _joined_non_mated(non_mated)


def blocks(gallery: Side, probes: Side, subjects: int) -> Iterator[tuple[Indices, Scores]]:
    """Probes by index, and their (n, subjects) scores: the best reference of each subject, NOBODY without one.

    The score is the inner product of unit templates; one subject counts once, as on a candidate list.
    """
    order = np.flatnonzero(gallery.taken)[np.argsort(gallery.subject[gallery.taken], kind="stable")]
    enrolled, starts = np.unique(gallery.subject[order], return_index=True)
    references = gallery.vectors[order].T
    for rows in np.array_split(np.arange(probes.subject.size), max(1, -(-probes.subject.size // BLOCK))):
        best = np.full((rows.size, subjects), NOBODY)
        if enrolled.size and probes.taken.any():
            best[:, enrolled] = np.maximum.reduceat(probes.vectors[rows] @ references, starts, axis=1)
        best[~probes.taken[rows]] = NOBODY
        yield rows, best


def _answered(best: Scores, own: Indices, gallery: NDArray[np.bool_]) -> tuple[Scores, Scores, NDArray[np.int32]]:
    """Score of the own subject, best score of the others, and rank of the own subject, of each search."""
    others = np.where(gallery, best, NOBODY)
    everyone = np.arange(own.size)
    score = others[everyone, own]
    others[everyone, own] = NOBODY
    rank = 1 + (others >= score[:, None]).sum(axis=1, dtype=np.int32)
    return score, others.max(axis=1), np.where(np.isfinite(score), rank, NEVER).astype(np.int32)


def _joined_mated(parts: Sequence[Mated]) -> Mated:
    return Mated(
        np.concatenate([part.probe for part in parts]),
        np.concatenate([part.subject for part in parts]),
        np.concatenate([part.score for part in parts]),
        np.concatenate([part.rank for part in parts]),
        np.concatenate([part.length for part in parts]),
    )


def _joined_non_mated(parts: Sequence[NonMated]) -> NonMated:
    return NonMated(
        np.concatenate([part.probe for part in parts]),
        np.concatenate([part.subject for part in parts]),
        np.concatenate([part.top for part in parts]),
    )
