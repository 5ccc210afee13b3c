"""The gallery in memory at one version: float32 rows, and int8 rows beside them for the scan.

A Matrix never changes under a search: a change makes a new Matrix that shares the rows with the old one and is
swapped in. Only the newest Matrix may be changed, by one thread at a time. What is erased is overwritten in all.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from server.domain.gallery import IndexedReference
from server.domain.model_errors import TemplateInvalid
from server.matching.quantised import Quantised
from server.matching.rows import GONE, Rows
from server.matching.scan import Answer, Asked, Certificate, scan

LEAST_CAPACITY = 64
LEAST_GONE_TO_COMPACT = 1024
SPARE = 8  # a loaded matrix has room for this part more of its rows, so that coming ones are written without a copy


@dataclass(frozen=True, eq=False)
class Matrix:
    """The first `count` of `rows` at gallery change `version`, and the same rows quantised.

    Version -1 stands for nothing loaded yet.
    """

    version: int
    count: int
    rows: Rows
    quantised: Quantised

    @classmethod
    def unloaded(cls) -> Self:
        return cls.holding(Rows.room(0, 0), -1)

    @classmethod
    def of(cls, references: Sequence[IndexedReference], version: int) -> Self:
        """Raises TemplateInvalid when the templates differ in dimension."""
        return cls.holding(Rows.of(references), version)

    @classmethod
    def holding(cls, rows: Rows, version: int, count: int | None = None) -> Self:
        """The first `count` of `rows`, or all; they are the matrix's own from now on."""
        count = len(rows) if count is None else count
        return cls(version, count, rows, Quantised.of(rows.vectors[:count], len(rows)))

    def appended(self, added: Rows, version: int) -> Self:
        """With one more block of rows; raises TemplateInvalid when they have another dimension."""
        if self.count and added.dimension != self.rows.dimension:
            raise TemplateInvalid
        count = self.count + len(added)
        if count > len(self.rows) or added.dimension != self.rows.dimension:
            return self._grown(added, version)
        self.rows.write(self.count, added)
        self.quantised.write(self.count, added.vectors)
        return replace(self, version=version, count=count)

    def without(self, reference_id: str, version: int) -> Self:
        """Without the row of `reference_id`, if there is one; its template is overwritten at once."""
        sources = self.rows.sources.copy()
        gone = np.flatnonzero(self.rows.references[: self.count] == reference_id.encode())
        sources[gone] = GONE
        self.rows.vectors[gone] = 0.0
        self.quantised.erase(gone)
        matrix = replace(self, version=version, rows=replace(self.rows, sources=sources))
        return matrix._compacted()

    def overwrite_all_but(self, newer: Matrix) -> None:
        """Overwrite the templates of which `newer`, which takes our place, has no row."""
        if self.count == 0:  # comparing no ids with a million takes a second
            return
        kept = newer.rows.references[newer._kept()]
        gone = np.flatnonzero(~np.isin(self.rows.references[: self.count], kept))
        self.rows.vectors[gone] = 0.0
        self.quantised.erase(gone)

    def emptied(self, version: int) -> Self:
        """Without any row; the templates are overwritten at once."""
        self.rows.vectors[: self.count] = 0.0
        self.quantised.erase(slice(0, self.count))
        return type(self).holding(Rows.room(0, 0), version)

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

    @property
    def nbytes(self) -> int:
        """Memory of all rows, with the room for further ones."""
        return self.rows.nbytes + self.quantised.nbytes

    def scan(self, asked: Sequence[Asked]) -> list[Answer]:
        """Answer every probe of `asked` in one pass over the rows. Raises TemplateInvalid for another dimension."""
        if self.count == 0:
            return [Answer((), Certificate(0, 0, one.threshold, one.threshold)) for one in asked]
        for one in asked:
            if one.vector.shape != (self.rows.dimension,):
                raise TemplateInvalid
        held = slice(0, self.count)
        return scan(self.rows.part(held), self.quantised.part(held), asked)

    def _kept(self) -> NDArray[np.intp]:
        return np.flatnonzero(self.rows.sources[: self.count] != GONE)

    def _grown(self, added: Rows, version: int) -> Self:
        """In new memory, twice what was held; quantised anew only where the step was fitted to less than half of it."""
        count = self.count + len(added)
        rows = Rows.room(max(count, 2 * self.count, LEAST_CAPACITY), added.dimension)
        if self.count:
            rows.write(0, self.rows.part(slice(0, self.count)))
        rows.write(self.count, added)
        if count < 2 * self.quantised.fitted_to:
            quantised = self.quantised.moved(self.count, len(rows))
            quantised.write(self.count, added.vectors)
        else:
            quantised = Quantised.of(rows.vectors[:count], len(rows))
        return replace(self, version=version, count=count, rows=rows, quantised=quantised)

    def _compacted(self) -> Self:
        """Give the memory of removed rows back once they are half of all."""
        kept = self._kept()
        if self.count - len(kept) < max(LEAST_GONE_TO_COMPACT, len(kept)):
            return self
        return replace(self, count=len(kept), rows=self.rows.part(kept), quantised=self.quantised.part(kept))


def with_spare(count: int) -> int:
    """Rows for which a matrix that is loaded with `count` takes room."""
    return count + count // SPARE
