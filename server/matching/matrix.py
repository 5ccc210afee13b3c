"""The gallery in memory at one version, and the exact scan over it.

A Matrix never changes under a search: a change makes a new Matrix that shares the vectors with the old one and is
swapped in. Only the newest Matrix may be changed, by one thread at a time.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from server.domain.candidates import Scored
from server.domain.errors import TemplateInvalid
from server.domain.face import UNIT_TOLERANCE, Vector
from server.domain.gallery import IndexedReference, Source
from server.matching.rows import GONE, Rows, source_filter

LEAST_CAPACITY = 64
LEAST_GONE_TO_COMPACT = 1024


@dataclass(frozen=True, eq=False)
class Matrix:
    """The first `count` of `rows` at gallery change `version`; version -1 stands for nothing loaded yet."""

    version: int
    count: int
    rows: Rows

    @classmethod
    def unloaded(cls) -> Self:
        return cls(-1, 0, Rows.room(0, 0))

    @classmethod
    def holding(cls, rows: Rows, version: int) -> Self:
        """All of `rows`, which are the matrix's own from now on."""
        return cls(version, len(rows), rows)

    @classmethod
    def of(cls, references: Sequence[IndexedReference], version: int) -> Self:
        """Raises TemplateInvalid when the templates differ in dimension."""
        return cls(version, len(references), Rows.of(references))

    def appended(self, added: Rows, version: int) -> Self:
        """With one more block of rows; raises TemplateInvalid when they have another dimension."""
        count = self.count + len(added)
        rows = self._with_capacity(count, added.dimension)
        rows.write(self.count, added)
        return replace(self, version=version, count=count, rows=rows)

    def without(self, reference_id: str, version: int) -> Self:
        """Without the row of `reference_id`, if there is one; its template is overwritten at once."""
        sources = self.rows.sources.copy()
        gone = np.flatnonzero(self.rows.references[: self.count] == reference_id.encode())
        sources[gone] = GONE
        self.rows.vectors[gone] = 0.0
        matrix = replace(self, version=version, rows=replace(self.rows, sources=sources))
        return matrix._compacted()

    def emptied(self, version: int) -> Self:
        """Without any row; the templates are overwritten at once."""
        self.rows.vectors[: self.count] = 0.0
        return type(self)(version, 0, Rows.room(0, 0))

    def at(self, version: int) -> Self:
        """The same rows as of a later version that did not touch them."""
        return replace(self, version=version)

    def blocks(self, size: int) -> Iterator[Rows]:
        """The rows that are not removed, `size` at a time."""
        kept = self._kept()
        for start in range(0, len(kept), size):
            yield self.rows.part(kept[start : start + size])

    def __len__(self) -> int:
        return int(np.count_nonzero(self.rows.sources[: self.count]))

    def scan(self, vector: Vector, sources: Collection[Source], threshold: float) -> Sequence[Scored]:
        """Every row in scope whose inner product with `vector` reaches `threshold`, best first.

        Exact: a float32 product finds all rows that could reach the threshold given the bound of its rounding
        error, and their float64 products decide and are returned. Raises TemplateInvalid for another dimension.
        """
        if self.count == 0:
            return ()
        if vector.shape != (self.rows.dimension,):
            raise TemplateInvalid
        near = self._near(vector, sources, threshold)
        exact = np.einsum("ij,j->i", self.rows.vectors[near].astype(np.float64), vector.astype(np.float64))
        reached = exact >= threshold
        return self._scored(near[reached], exact[reached])

    def _near(self, vector: Vector, sources: Collection[Source], threshold: float) -> NDArray[np.intp]:
        # Not `@`: BLAS would wake its threads for each search, which costs more than the product when the machine
        # is busy, and one thread reads the matrix as fast as memory gives it. Searches run side by side instead.
        scores = np.einsum("ij,j->i", self.rows.vectors[: self.count], vector)
        in_scope = source_filter(sources)[self.rows.sources[: self.count]]
        return np.flatnonzero(in_scope & (scores >= threshold - rounding_error(vector.size)))

    def _scored(self, rows: NDArray[np.intp], scores: NDArray[np.float64]) -> Sequence[Scored]:
        """Best first; equal scores by reference id, so that the order is the same in every process."""
        references = self.rows.references[rows]
        order = np.lexsort((references, -scores))
        return tuple(
            Scored(references[place].decode(), self.rows.subjects[rows[place]].decode(), float(scores[place]))
            for place in order
        )

    def _kept(self) -> NDArray[np.intp]:
        return np.flatnonzero(self.rows.sources[: self.count] != GONE)

    def _with_capacity(self, count: int, dimension: int) -> Rows:
        if self.count and dimension != self.rows.dimension:
            raise TemplateInvalid
        if count <= len(self.rows) and dimension == self.rows.dimension:
            return self.rows
        rows = Rows.room(max(count, 2 * self.count, LEAST_CAPACITY), dimension)
        if self.count:
            rows.write(0, self.rows.part(slice(0, self.count)))
        return rows

    def _compacted(self) -> Self:
        """Give the memory of removed rows back once they are half of all."""
        kept = self._kept()
        if self.count - len(kept) < max(LEAST_GONE_TO_COMPACT, len(kept)):
            return self
        return replace(self, count=len(kept), rows=self.rows.part(kept))


def rounding_error(dimension: int) -> float:
    """A bound on the error of a float32 inner product of two unit-length vectors, in any order of summation.

    n u / (1 - n u) times the sum of |a_i b_i|, which Cauchy-Schwarz bounds by the product of the lengths (Higham,
    Accuracy and Stability of Numerical Algorithms, 3.1); u is 2**-24. Doubled, so that the comparison's own
    rounding to float32 is covered.
    """
    unit = dimension * 2.0**-24
    return 2 * unit / (1 - unit) * (1 + UNIT_TOLERANCE) ** 2 + 2.0**-23
