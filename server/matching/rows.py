"""Rows of the gallery as columns: what the matrix holds, a cache block packs, and a change carries."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from server.domain.face import Vector
from server.domain.gallery import IndexedReference, Source
from server.domain.model_errors import TemplateInvalid

ID_LENGTH = 32  # bytes of an id in UTF-8
GONE = 0  # the source code of a row whose reference was removed
SOURCE_CODES = {Source.CUSTODY: 1, Source.MISSING: 2, Source.WANTED: 3}  # stored in blocks: never renumber

Ids = NDArray[np.bytes_]
Codes = NDArray[np.uint8]


def row_bytes(dimension: int) -> int:
    """How long a packed row is."""
    return 4 * dimension + 2 * ID_LENGTH + 1


def source_filter(sources: Collection[Source]) -> NDArray[np.bool_]:
    """A table indexed by source code: True for rows in scope, never for removed ones."""
    allowed = np.zeros(256, dtype=np.bool_)
    allowed[[SOURCE_CODES[source] for source in sources]] = True
    return allowed


@dataclass(frozen=True, eq=False)
class Rows:
    """`vectors` is float32 of shape (n, dimension); ids are UTF-8 of at most 32 bytes; `sources` holds codes."""

    vectors: NDArray[np.float32]
    references: Ids
    subjects: Ids
    sources: Codes

    @classmethod
    def room(cls, count: int, dimension: int) -> Self:
        """`count` rows to be written; until then they count as removed, and the system gives no memory for them."""
        return cls(
            np.empty((count, dimension), dtype=np.float32),
            np.zeros(count, dtype=f"S{ID_LENGTH}"),
            np.zeros(count, dtype=f"S{ID_LENGTH}"),
            np.zeros(count, dtype=np.uint8),  # GONE
        )

    @classmethod
    def of(cls, references: Sequence[IndexedReference]) -> Self:
        """One row a reference, in the order given; raises TemplateInvalid unless all have one dimension."""
        dimension = references[0].template.vector.size if references else 0
        rows = cls.room(len(references), dimension)
        for row, reference in enumerate(references):
            rows.vectors[row] = _of_dimension(reference.template.vector, dimension)
            rows.references[row] = _id(reference.reference_id)
            rows.subjects[row] = _id(reference.subject_id)
            rows.sources[row] = SOURCE_CODES[reference.source]
        return rows

    @classmethod
    def unpack(cls, data: bytes | bytearray | memoryview, dimension: int) -> Self:
        """The rows behind `pack`, as views of `data`."""
        count = len(data) // row_bytes(dimension)
        vectors_end = 4 * dimension * count
        ids = np.frombuffer(data, dtype=f"S{ID_LENGTH}", count=2 * count, offset=vectors_end)
        return cls(
            np.frombuffer(data, dtype="<f4", count=dimension * count).reshape(count, dimension),
            ids[:count],
            ids[count:],
            np.frombuffer(data, dtype=np.uint8, offset=vectors_end + ids.nbytes),
        )

    def pack(self) -> bytes:
        """All columns one after another: vectors (little-endian), reference ids, subject ids, source codes."""
        columns = (self.vectors.astype("<f4", copy=False), self.references, self.subjects, self.sources)
        return b"".join(column.tobytes() for column in columns)

    def __len__(self) -> int:
        return len(self.sources)

    @property
    def dimension(self) -> int:
        return int(self.vectors.shape[1])

    @property
    def nbytes(self) -> int:
        return self.vectors.nbytes + self.references.nbytes + self.subjects.nbytes + self.sources.nbytes

    def part(self, chosen: slice | NDArray[np.intp]) -> Self:
        return type(self)(self.vectors[chosen], self.references[chosen], self.subjects[chosen], self.sources[chosen])

    def write(self, start: int, rows: Rows) -> None:
        """Copy `rows` over ours from row `start` on; the source codes last, for they make a row visible."""
        end = start + len(rows)
        self.vectors[start:end] = rows.vectors
        self.references[start:end] = rows.references
        self.subjects[start:end] = rows.subjects
        self.sources[start:end] = rows.sources

    def overwrite(self) -> None:
        """Overwrite every template, after use. Not for rows that were unpacked from bytes, which nobody can."""
        self.vectors[:] = 0.0

    def __repr__(self) -> str:
        return f"Rows(count={len(self)})"


def _of_dimension(vector: Vector, dimension: int) -> Vector:
    if vector.size != dimension:
        raise TemplateInvalid
    return vector


def _id(text: str) -> bytes:
    encoded = text.encode()
    if len(encoded) > ID_LENGTH:
        raise ValueError("an id has at most 32 bytes")
    return encoded
