"""Many new templates against the whole gallery at once, in memory of our own: for enrolling many."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from server.domain.candidates import Scored
from server.domain.face import UNIT_TOLERANCE, Template
from server.domain.gallery import GalleryStep, IndexedReference
from server.domain.model_errors import TemplateInvalid
from server.matching.cache import GalleryCache
from server.matching.following import MOST_AT_ONCE, MOST_STEPS
from server.matching.growing_rows import GrowingRows
from server.matching.reading import columns, rows_of
from server.matching.rows import Rows
from server.workflow.ports import GalleryFeed

ROWS_AT_A_TIME: Final = 16_384
"""Rows multiplied in one product: with 32 new templates their scores take 2 MB, which stay in the cache."""

UNREAD: Final = -1


@dataclass(frozen=True, eq=False)
class Snapshot:
    """The rows of a model as of a gallery change; they are the receiver's own."""

    version: int
    rows: Rows


def snapshot(cache: GalleryCache) -> Snapshot | None:
    """What is stored; None when nothing usable is. Raises CacheUnavailable."""
    head = cache.head()
    rows = None if head is None else cache.rows(head, _unwatched)
    return None if head is None or rows is None else Snapshot(head.version, rows)


def nothing_stored() -> Snapshot | None:
    """For where there is no cache."""
    return None


class GalleryLookalikes:
    """`ports.Lookalikes` in this process's memory, 577 bytes a reference of 128 dimensions; for one thread.

    The gallery is read whole once, from what `stored` gives where that is of use, and followed change by change.
    """

    def __init__(self, model: str, source: GalleryFeed, stored: Callable[[], Snapshot | None] = nothing_stored) -> None:
        self._model = model
        self._source = source
        self._stored = stored
        self._version = UNREAD
        self._rows = GrowingRows(Rows.room(0, 0))

    @property
    def nbytes(self) -> int:
        """Memory of the rows and of the room for further ones."""
        return self._rows.nbytes

    def catch_up(self) -> None:
        """Follow the database, by reading it whole where no other way leads there. Raises DatabaseUnavailable."""
        if not self.keep_up():
            self._forget()
            self._take_stored()
            if not self.keep_up():
                self._forget()
                self._read()

    def keep_up(self) -> bool:
        """Follow the database change by change; False where that is too much. Raises DatabaseUnavailable."""
        if self._version == UNREAD or self._version > self._source.version():  # set back, as by restoring a backup
            return False
        steps = self._source.steps(self._model, self._version, MOST_STEPS, MOST_AT_ONCE)
        for step in steps or ():
            self._apply(step)
        return steps is not None

    def of(self, templates: Sequence[Template], threshold: float) -> Sequence[Sequence[Scored]]:
        """For each template, every reference whose score reaches `threshold`, best first.

        Exact: products in float32 find what could reach the threshold given the bound of their rounding error, and
        products in float64 decide. As of what was followed last. Raises TemplateInvalid for another model's template
        or dimension.
        """
        if any(template.model != self._model for template in templates):
            raise TemplateInvalid
        found: list[list[Scored]] = [[] for _ in templates]
        for number, scored in self._reaching(templates, threshold):
            found[number].append(scored)
        return [sorted(scored, key=lambda one: (-one.score, one.reference_id)) for scored in found]

    def supplemented(self, references: Sequence[IndexedReference], version: int) -> None:
        """Take in what was committed as gallery change `version`, so that it need not be read."""
        if version == self._version + 1:
            self._rows.append(Rows.of(references))
            self._version = version

    def _apply(self, step: GalleryStep) -> None:
        if step.went is not None:
            self._rows.remove(step.went)
        if step.came is not None:
            came = columns(step.came)
            self._rows.append(came)
            came.overwrite()
        self._version = step.version

    def _forget(self) -> None:
        """Before the gallery is read anew, so that it is never in memory twice."""
        self._rows.overwrite()
        self._rows, self._version = GrowingRows(Rows.room(0, 0)), UNREAD

    def _take_stored(self) -> None:
        snapshot = self._stored()
        if snapshot is not None:
            self._rows, self._version = GrowingRows(snapshot.rows), snapshot.version

    def _read(self) -> None:
        with self._source.reading(self._model) as reading:
            self._rows = GrowingRows(rows_of(reading, _unwatched))
            self._version = reading.version

    def _reaching(self, templates: Sequence[Template], threshold: float) -> Iterator[tuple[int, Scored]]:
        """Numbers of templates, and the references that score so much with them."""
        if not templates or not len(self._rows):
            return
        wanted = np.stack([template.vector for template in templates])
        if wanted.shape[1] != self._rows.dimension:
            raise TemplateInvalid
        for part in self._rows.parts(ROWS_AT_A_TIME):
            near = part.vectors @ wanted.T >= threshold - rounding_error(part.dimension)
            for row, number in np.argwhere(near):
                score = _product(part.vectors[row], wanted[number])
                if score >= threshold:
                    yield int(number), Scored(part.references[row].decode(), part.subjects[row].decode(), score)


class TrialLookalikes(GalleryLookalikes):
    """`ports.TrialComparison`: the gallery as it was at the first comparison, and what a rehearsal adds to it."""

    def of(self, templates: Sequence[Template], threshold: float) -> Sequence[Sequence[Scored]]:
        """As `GalleryLookalikes.of`, having read the gallery before the first comparison."""
        self._begin()
        return super().of(templates, threshold)

    def pretended(self, references: Sequence[IndexedReference]) -> None:
        """Compare with `references` too from now on, as if they were enrolled."""
        self._begin()
        self._rows.append(Rows.of(references))

    def _begin(self) -> None:
        if self._version == UNREAD:
            self.catch_up()


def rounding_error(dimension: int) -> float:
    """A bound on the error of a float32 inner product of two unit-length vectors, in any order of summation.

    n u / (1 - n u) times the sum of |a_i b_i|, which Cauchy-Schwarz bounds by the product of the lengths (Higham,
    Accuracy and Stability of Numerical Algorithms, 3.1); u is 2**-24. Doubled, so that the comparison's own
    rounding to float32 is covered.
    """
    unit = dimension * 2.0**-24
    return 2 * unit / (1 - unit) * (1 + UNIT_TOLERANCE) ** 2 + 2.0**-23


def _unwatched(rows: int) -> None:
    """Nobody waits for how many rows were read."""


def _product(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    return float(one.astype(np.float64) @ other.astype(np.float64))
