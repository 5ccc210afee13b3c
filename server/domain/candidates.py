"""From scores to a short list that may be empty (product rules 9 and 11)."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

LABELS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True)
class Scored:
    """A reference and its comparison score with the probe, in [-1, 1], higher is more alike."""

    reference_id: str
    subject_id: str
    score: float

    def __repr__(self) -> str:
        return f"Scored(reference_id={self.reference_id!r})"


@dataclass(frozen=True)
class Candidate:
    """A reference put forward under a letter that says nothing of its rank."""

    label: str
    reference_id: str
    subject_id: str
    score: float

    def __repr__(self) -> str:
        return f"Candidate(label={self.label!r})"


CandidateList = tuple[Candidate, ...]


def shortlist(scored: Iterable[Scored], threshold: float, cap: int) -> tuple[Scored, ...]:
    """The best reference of each subject at or above `threshold`, best first, at most `cap`; possibly empty.

    Equal scores are ordered by subject id, and of one subject the lowest reference id counts, so that the answer
    is the same on every machine.
    """
    best: dict[str, Scored] = {}
    for entry in scored:
        held = best.get(entry.subject_id)
        if entry.score >= threshold and (held is None or _better(entry, held)):
            best[entry.subject_id] = entry
    ranked = sorted(best.values(), key=lambda entry: (-entry.score, entry.subject_id))
    return tuple(ranked[:cap])


def _better(entry: Scored, held: Scored) -> bool:
    return (-entry.score, entry.reference_id) < (-held.score, held.reference_id)


def lettered(ranked: Sequence[Scored], seed: int) -> CandidateList:
    """Shuffle by `seed` (which the trail records) and give letters, so that order and letter hide the rank."""
    shuffled = list(ranked)
    random.Random(seed).shuffle(shuffled)  # noqa: S311 - reproducible order from a logged seed, not a secret
    return tuple(
        Candidate(label, entry.reference_id, entry.subject_id, entry.score)
        for label, entry in zip(LABELS, shuffled, strict=False)
    )
