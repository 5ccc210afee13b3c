"""Photographs to templates, kept in memory only: no template of an evaluation is ever written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from server.domain.face import Template
from server.domain.image_errors import ImageRefused, ImageUnreadable
from server.evaluation.alterations import Alteration
from server.evaluation.faces import Faces
from server.evaluation.samples import Sample

WORKERS = 2
"""Photographs at work at once: one is decoded and detected while the other one's net runs."""


@dataclass(frozen=True)
class Task:
    """One photograph under one alteration."""

    sample: Sample
    alteration: Alteration

    @property
    def condition(self) -> str:
        """The condition it was taken under, with the alteration."""
        return ", ".join(filter(None, [self.sample.condition, self.alteration.name]))


@dataclass(frozen=True, eq=False)
class Acquired:
    """One row for each task, in their order.

    vectors: (n, dimension) float32, unit length; zeros where the photograph was refused.
    refusals: slug of the ImageRefused, None where there is a template.
    """

    vectors: NDArray[np.float32]
    refusals: tuple[str | None, ...]

    @property
    def taken(self) -> NDArray[np.bool_]:
        """(n,): whether there is a template."""
        return np.array([refusal is None for refusal in self.refusals], np.bool_)


def acquire(faces: Faces, tasks: Sequence[Task], tick: Callable[[], None]) -> Acquired:
    """The templates of all tasks; `tick` is called after each. A refused photograph is counted, never an error."""
    pool = ThreadPoolExecutor(WORKERS)
    try:
        outcomes = []
        for outcome in pool.map(lambda task: _outcome(faces, task), tasks):
            outcomes.append(outcome)
            tick()
    finally:
        pool.shutdown(cancel_futures=True)
    return _stacked(outcomes)


def _outcome(faces: Faces, task: Task) -> Template | str:
    try:
        return faces.template_of([task.alteration.of(_bytes_of(task.sample), faces)])
    except ImageRefused as refusal:
        return refusal.slug


def _bytes_of(sample: Sample) -> bytes:
    try:
        return sample.path.read_bytes()
    except OSError as error:
        raise ImageUnreadable from error


def _stacked(outcomes: Sequence[Template | str]) -> Acquired:
    dimension = next((outcome.vector.size for outcome in outcomes if isinstance(outcome, Template)), 1)
    vectors = np.zeros((len(outcomes), dimension), np.float32)
    for row, outcome in zip(vectors, outcomes, strict=True):
        if isinstance(outcome, Template):
            row[:] = outcome.vector
    return Acquired(vectors, tuple(outcome if isinstance(outcome, str) else None for outcome in outcomes))
