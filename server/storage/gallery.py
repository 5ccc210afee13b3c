"""The gallery as the index reads it: templates of active references, and the version they stand for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

import numpy as np
from sqlalchemy import Connection, func, select

from server.domain.face import Template
from server.domain.gallery import IndexedReference, Source, Status
from server.storage.data_keys import DataKeys
from server.storage.tables import AnyRow, gallery_changes, refs

ROWS_AT_A_TIME = 1000


class SqlGallery:
    """`ports.GallerySource`. `read` opens one consistent read."""

    def __init__(self, read: Callable[[], AbstractContextManager[Connection]], keys: DataKeys) -> None:
        self._read = read
        self._keys = keys

    def version(self) -> int:
        with self._read() as connection:
            return gallery_version(connection)

    def references(self, model: str) -> tuple[int, Sequence[IndexedReference]]:
        active = (
            select(refs.c.id, refs.c.subject_id, refs.c.source, refs.c.model, refs.c.template)
            .where(refs.c.model == model, refs.c.status == Status.ACTIVE)
            .order_by(refs.c.id)
            .execution_options(yield_per=ROWS_AT_A_TIME)
        )
        with self._read() as connection:
            return gallery_version(connection), [self._indexed(row) for row in connection.execute(active)]

    def active(self, reference_ids: Sequence[str]) -> frozenset[str]:
        found = select(refs.c.id).where(refs.c.id.in_(reference_ids), refs.c.status == Status.ACTIVE)
        with self._read() as connection:
            return frozenset(connection.scalars(found))

    def _indexed(self, row: AnyRow) -> IndexedReference:
        vector = self._keys.open(refs.c.template, template_row(row.id, row.model), row.template)
        template = Template(row.model, np.frombuffer(vector, dtype="<f4").astype(np.float32, copy=False))
        return IndexedReference(row.id, row.subject_id, Source(row.source), template)


def gallery_version(connection: Connection) -> int:
    return connection.scalar(select(func.max(gallery_changes.c.version))) or 0


def template_row(reference_id: str, model: str) -> str:
    """A template is sealed together with its model's name, so that neither can be exchanged for another."""
    return f"{reference_id}\0{model}"
