"""Many new templates against the whole gallery at once, straight from the database: for enrolling many."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from server.domain.candidates import Scored
from server.domain.face import UNIT_TOLERANCE, Template
from server.domain.gallery import IndexedReference
from server.domain.model_errors import TemplateInvalid
from server.matching.rows import Rows
from server.workflow.ports import GallerySource

ROWS_AT_A_TIME: Final = 16_384
"""Rows multiplied in one product: with 32 new templates their scores take 2 MB, which stay in the cache."""

LEAST_ROOM: Final = 4096


class GalleryLookalikes:
    """`ports.Lookalikes` in this process's memory, 580 bytes a reference of 128 dimensions; for one thread.

    Whoever commits to the gallery beside us has it read anew, so commits of our own are handed in.
    """

    def __init__(self, model: str, source: GallerySource) -> None:
        self._model = model
        self._source = source
        self._version = -1
        self._rows = Rows.room(0, 0)
        self._count = 0

    def of(self, templates: Sequence[Template], threshold: float) -> Sequence[Sequence[Scored]]:
        """For each template, every reference whose score reaches `threshold`, best first.

        Exact: products in float32 find what could reach the threshold given the bound of their rounding error, and
        products in float64 decide. Raises TemplateInvalid for another model's template or dimension.
        """
        if any(template.model != self._model for template in templates):
            raise TemplateInvalid
        self._follow()
        found: list[list[Scored]] = [[] for _ in templates]
        for number, scored in self._reaching(templates, threshold):
            found[number].append(scored)
        return [sorted(scored, key=lambda one: (-one.score, one.reference_id)) for scored in found]

    def supplemented(self, references: Sequence[IndexedReference], version: int) -> None:
        """Take in what was committed as gallery change `version`, so that it need not be read."""
        if version == self._version + 1:
            self._append(Rows.of(references))
            self._version = version

    def _follow(self) -> None:
        if self._version != self._source.version():
            self._version, references = self._source.references(self._model)
            self._rows, self._count = Rows.of(references), len(references)

    def _reaching(self, templates: Sequence[Template], threshold: float) -> Iterator[tuple[int, Scored]]:
        """Numbers of templates, and the references that score so much with them."""
        if not templates or not self._count:
            return
        wanted = np.stack([template.vector for template in templates])
        if wanted.shape[1] != self._rows.dimension:
            raise TemplateInvalid
        for start in range(0, self._count, ROWS_AT_A_TIME):
            part = self._rows.part(slice(start, min(start + ROWS_AT_A_TIME, self._count)))
            near = part.vectors @ wanted.T >= threshold - rounding_error(part.dimension)
            for row, number in np.argwhere(near):
                score = _product(part.vectors[row], wanted[number])
                if score >= threshold:
                    yield int(number), Scored(part.references[row].decode(), part.subjects[row].decode(), score)

    def _append(self, added: Rows) -> None:
        count = self._count + len(added)
        if self._count and added.dimension != self._rows.dimension:
            raise TemplateInvalid
        if count > len(self._rows):
            room = Rows.room(max(LEAST_ROOM, count + count // 8), added.dimension)
            if self._count:
                room.write(0, self._rows.part(slice(0, self._count)))
            self._rows = room
        self._rows.write(self._count, added)
        self._count = count


class TrialLookalikes(GalleryLookalikes):
    """`ports.TrialComparison`: the gallery as it was at the first comparison, and what a rehearsal adds to it."""

    def pretended(self, references: Sequence[IndexedReference]) -> None:
        """Compare with `references` too from now on, as if they were enrolled."""
        self._follow()
        if references:
            self._append(Rows.of(references))

    def _follow(self) -> None:
        if self._version < 0:
            super()._follow()


def rounding_error(dimension: int) -> float:
    """A bound on the error of a float32 inner product of two unit-length vectors, in any order of summation.

    n u / (1 - n u) times the sum of |a_i b_i|, which Cauchy-Schwarz bounds by the product of the lengths (Higham,
    Accuracy and Stability of Numerical Algorithms, 3.1); u is 2**-24. Doubled, so that the comparison's own
    rounding to float32 is covered.
    """
    unit = dimension * 2.0**-24
    return 2 * unit / (1 - unit) * (1 + UNIT_TOLERANCE) ** 2 + 2.0**-23


def _product(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    return float(one.astype(np.float64) @ other.astype(np.float64))
