"""Photographs to templates, refused as a search or an enrolment refuses them.

They are kept in memory only: no template of an evaluation is ever written.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from server.domain.face import Template
from server.domain.image_errors import ImageRefused, ImageUnreadable
from server.domain.quality import Quality
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

    vectors: (n, dimension) float32, unit length; zeros where the photograph was refused. qualities: None there.
    refusals: slug of the ImageRefused, None where there is a template. A photograph that is too poor is refused too.
    """

    vectors: NDArray[np.float32]
    qualities: tuple[Quality | None, ...]
    refusals: tuple[str | None, ...]

    @property
    def taken(self) -> NDArray[np.bool_]:
        """(n,): whether there is a template."""
        return np.array([refusal is None for refusal in self.refusals], np.bool_)


@dataclass(frozen=True, eq=False)
class _Fit:
    """What is kept of a photograph whose quality does not stop it: no pixels, for there may be many."""

    template: Template
    quality: Quality


def acquire(faces: Faces, probes: Sequence[Task], tick: Callable[[], None]) -> Acquired:
    """What a search takes of the probes, no life being at risk; `tick` is called after each.

    A refused photograph is counted, never an error.
    """
    return _outcomes(lambda task: _sample(faces, task), probes, tick)


def enrol(faces: Faces, references: Sequence[Task], tick: Callable[[], None]) -> Acquired:
    """What an enrolment takes of the references, as `acquire`."""
    return _outcomes(lambda task: _likeness(faces, task), references, tick)


def _sample(faces: Faces, task: Task) -> _Fit:
    sample = faces.sample_of([_photograph(faces, task)])
    sample.check()
    return _Fit(sample.template, sample.quality)


def _likeness(faces: Faces, task: Task) -> _Fit:
    (made,) = faces.likenesses_of([_photograph(faces, task)])
    if isinstance(made, ImageRefused):
        raise made
    made.check()
    return _Fit(made.template, made.quality)


def _photograph(faces: Faces, task: Task) -> bytes:
    try:
        image = task.sample.path.read_bytes()
    except OSError as error:
        raise ImageUnreadable from error
    return task.alteration.of(image, faces)


def _outcomes(fit_of: Callable[[Task], _Fit], tasks: Sequence[Task], tick: Callable[[], None]) -> Acquired:
    pool = ThreadPoolExecutor(WORKERS)
    try:
        outcomes = []
        for outcome in pool.map(lambda task: _outcome(fit_of, task), tasks):
            outcomes.append(outcome)
            tick()
    finally:
        pool.shutdown(cancel_futures=True)
    return _stacked(outcomes)


def _outcome(fit_of: Callable[[Task], _Fit], task: Task) -> _Fit | str:
    try:
        return fit_of(task)
    except ImageRefused as refusal:
        return refusal.slug


def _stacked(outcomes: Sequence[_Fit | str]) -> Acquired:
    dimension = next((outcome.template.vector.size for outcome in outcomes if isinstance(outcome, _Fit)), 1)
    vectors = np.zeros((len(outcomes), dimension), np.float32)
    for row, outcome in zip(vectors, outcomes, strict=True):
        if isinstance(outcome, _Fit):
            row[:] = outcome.template.vector
    qualities = tuple(outcome.quality if isinstance(outcome, _Fit) else None for outcome in outcomes)
    return Acquired(vectors, qualities, tuple(outcome if isinstance(outcome, str) else None for outcome in outcomes))
