"""The rows of a matrix out of what the database gives, block by block."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from server.domain.gallery import ReferenceBlock
from server.domain.model_errors import TemplateInvalid
from server.matching.rows import ID_LENGTH, SOURCE_CODES, Ids, Rows
from server.workflow.ports import GalleryReading


def rows_of(reading: GalleryReading, tell: Callable[[int], None], room: int = 0) -> Rows:
    """One row a reference, in the order given, and room for `room` in all; `tell` is given the rows of each block.

    Raises TemplateInvalid unless all have one dimension, and what reading them raises.
    """
    rows, start = Rows.room(0, 0), 0
    for block in reading.blocks:
        if start == 0:
            rows = Rows.room(max(reading.count, room), block.vectors.shape[1])
        if block.vectors.shape[1] != rows.dimension:
            raise TemplateInvalid
        rows.write(start, columns(block))
        start += len(block)
        tell(len(block))
    return rows


def columns(block: ReferenceBlock) -> Rows:
    """The rows of `block`, whose vectors they share."""
    codes = np.array([SOURCE_CODES[source] for source in block.sources], dtype=np.uint8)
    return Rows(block.vectors, _ids(block.reference_ids), _ids(block.subject_ids), codes)


def _ids(texts: Sequence[str]) -> Ids:
    encoded = [text.encode() for text in texts]
    if max(map(len, encoded)) > ID_LENGTH:
        raise ValueError("an id has at most 32 bytes")
    return np.array(encoded, dtype=f"S{ID_LENGTH}")
