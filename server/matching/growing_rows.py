"""Rows to which further ones are added without a copy of those that are there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from server.domain.model_errors import TemplateInvalid
from server.matching.rows import Rows

ROOM: Final = 16_384
"""Rows of memory that is taken together, when what was there is full."""


class GrowingRows:
    """Parts of one dimension, each full but the last. For one thread."""

    def __init__(self, rows: Rows) -> None:
        """`rows` are ours from now on."""
        self._parts = [rows] if len(rows) else []
        self._free = 0  # rows of the last part that hold nothing

    def __len__(self) -> int:
        return sum(map(len, self._parts)) - self._free

    @property
    def dimension(self) -> int:
        """0 while there is no row."""
        return self._parts[0].dimension if self._parts else 0

    @property
    def nbytes(self) -> int:
        """Memory of the rows and of the room for further ones."""
        return sum(part.nbytes for part in self._parts)

    def parts(self, size: int) -> Iterator[Rows]:
        """All rows, as views of at most `size`."""
        for held in self._held():
            for start in range(0, len(held), size):
                yield held.part(slice(start, start + size))

    def append(self, added: Rows) -> None:
        """Raises TemplateInvalid when they have another dimension."""
        if self._parts and len(added) and added.dimension != self.dimension:
            raise TemplateInvalid
        start = 0
        while start < len(added):
            if not self._free:
                self._parts.append(Rows.room(ROOM, added.dimension))
                self._free = ROOM
            fitting = added.part(slice(start, start + self._free))
            last = self._parts[-1]
            last.write(len(last) - self._free, fitting)
            self._free -= len(fitting)
            start += len(fitting)

    def remove(self, reference_id: str) -> None:
        """The row of that reference, if there is one; its template is overwritten by that of the last row."""
        for held in self._held():
            for row in np.flatnonzero(held.references == reference_id.encode()):
                self._fill(held, int(row))
                return

    def overwrite(self) -> None:
        """Overwrite every template, after use."""
        for part in self._parts:
            part.overwrite()

    def _held(self) -> Iterator[Rows]:
        yield from self._parts[:-1]
        for last in self._parts[-1:]:
            yield last.part(slice(0, len(last) - self._free))

    def _fill(self, held: Rows, row: int) -> None:
        """Put the last row of all in the place of one, and give the last part back when it is empty."""
        part = self._parts[-1]
        end = len(part) - self._free - 1
        last = part.part(slice(end, end + 1))
        held.write(row, last)
        last.overwrite()
        self._free += 1
        if self._free == len(part):
            self._parts.pop()
            self._free = 0
