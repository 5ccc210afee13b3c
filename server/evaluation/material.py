"""Samples and their templates as arrays, with every subject under one index."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from server.domain.quality import Quality, cap
from server.evaluation.acquisition import Acquired, Task, acquire, enrol
from server.evaluation.alterations import Alteration, Unaltered
from server.evaluation.faces import Faces
from server.evaluation.samples import Sample, Samples
from server.evaluation.searches import Indices, Side

Mask = NDArray[np.bool_]
Tick = Callable[[], None]


@dataclass(frozen=True)
class Refused:
    """One photograph that was not taken, for the person who labelled it; this is written to a file of its own."""

    path: Path
    role: str
    condition: str
    slug: str


@dataclass(frozen=True, eq=False)
class Material:
    """tasks: the probes, those of the first alteration (none) first. gallery, probes: their templates.
    qualities: of the probes, None for those that were refused."""

    subjects: tuple[str, ...]
    tasks: tuple[Task, ...]
    gallery: Side
    probes: Side
    qualities: tuple[Quality | None, ...]
    refused: tuple[Refused, ...]

    @property
    def with_references(self) -> Mask:
        """(subjects,): who has a reference, with or without a template."""
        return np.isin(np.arange(len(self.subjects)), self.gallery.subject)

    @property
    def enrolled(self) -> Mask:
        """(subjects,): who has a reference with a template."""
        return np.isin(np.arange(len(self.subjects)), self.gallery.subject[self.gallery.taken])

    @property
    def unaltered(self) -> Mask:
        """(tasks,): probes as they were given."""
        return np.array([task.alteration == Unaltered() for task in self.tasks], np.bool_)

    def lengths(self, most: int) -> Indices:
        """(tasks,): how many subjects the list of each probe has room for, as in a search; 0 for a refused one."""
        return np.array([0 if quality is None else cap(quality, most) for quality in self.qualities], np.intp)


def tasks_of(samples: Samples, alterations: Sequence[Alteration]) -> tuple[Task, ...]:
    """Every probe as it is, then every probe under each alteration."""
    return tuple(Task(sample, alteration) for alteration in (Unaltered(), *alterations) for sample in samples.probes)


def subjects_of(samples: Samples) -> tuple[str, ...]:
    """Everybody on either side, in the order of their names: the index of all masks over subjects."""
    return tuple(sorted({sample.subject for sample in (*samples.gallery, *samples.probes)}))


def present(samples: Sequence[Sample], subjects: Sequence[str]) -> Mask:
    """(subjects,): who has a photograph among the samples."""
    named = {sample.subject for sample in samples}
    return np.array([subject in named for subject in subjects], np.bool_)


def gathered(faces: Faces, samples: Samples, alterations: Sequence[Alteration], tick: Tick) -> Material:
    """Make all templates; `tick` is called after each photograph."""
    references = tuple(Task(sample, Unaltered()) for sample in samples.gallery)
    tasks = tasks_of(samples, alterations)
    subjects = subjects_of(samples)
    enrolled, acquired = enrol(faces, references, tick), acquire(faces, tasks, tick)
    return Material(
        subjects,
        tasks,
        _side(subjects, references, enrolled),
        _side(subjects, tasks, acquired),
        acquired.qualities,
        (*_refused("gallery", references, enrolled), *_refused("probe", tasks, acquired)),
    )


def labels(tasks: Sequence[Task], label: Callable[[Sample], str | None]) -> dict[str, Mask]:
    """Masks over tasks by the label of their samples, in the order of first use; unlabelled ones are in none."""
    named = [label(task.sample) for task in tasks]
    return {name: np.array([other == name for other in named]) for name in dict.fromkeys(named) if name is not None}


def _side(subjects: Sequence[str], tasks: Sequence[Task], acquired: Acquired) -> Side:
    index = {subject: number for number, subject in enumerate(subjects)}
    vectors = acquired.vectors
    return Side(vectors, np.array([index[task.sample.subject] for task in tasks], np.intp), acquired.taken)


def _refused(role: str, tasks: Sequence[Task], acquired: Acquired) -> list[Refused]:
    pairs = zip(tasks, acquired.refusals, strict=True)
    return [Refused(task.sample.path, role, task.condition, slug) for task, slug in pairs if slug is not None]
