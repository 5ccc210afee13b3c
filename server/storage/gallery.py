"""The gallery as the index reads it: templates of active references, and the version they stand for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

from sqlalchemy import Connection, Select, Table, func, select

from server.domain.gallery import Census, IndexedReference, Source, Status
from server.storage.data_keys import DataKeys
from server.storage.sealed_templates import open_template
from server.storage.tables import AnyRow, gallery_changes, refs, rejections, templates

ROWS_AT_A_TIME = 1000
INACTIVE = [status for status in Status if status is not Status.ACTIVE]


class SqlGallery:
    """`ports.GalleryTemplates`. `read` opens one consistent read."""

    def __init__(self, read: Callable[[], AbstractContextManager[Connection]], keys: DataKeys) -> None:
        self._read = read
        self._keys = keys

    def version(self) -> int:
        with self._read() as connection:
            return gallery_version(connection)

    def references(self, model: str) -> tuple[int, Sequence[IndexedReference]]:
        active = _active_of(model).order_by(refs.c.id).execution_options(yield_per=ROWS_AT_A_TIME)
        with self._read() as connection:
            return gallery_version(connection), [self._indexed(row) for row in connection.execute(active)]

    def ids(self, model: str) -> tuple[int, Sequence[str]]:
        active = (
            select(refs.c.id)
            .join(templates, templates.c.reference_id == refs.c.id)
            .where(templates.c.model == model, refs.c.status == Status.ACTIVE)
        )
        with self._read() as connection:
            return gallery_version(connection), list(connection.scalars(active))

    def indexed(self, model: str, reference_ids: Sequence[str]) -> Sequence[IndexedReference]:
        found: list[IndexedReference] = []
        with self._read() as connection:
            for start in range(0, len(reference_ids), ROWS_AT_A_TIME):
                named = _active_of(model).where(refs.c.id.in_(reference_ids[start : start + ROWS_AT_A_TIME]))
                found.extend(self._indexed(row) for row in connection.execute(named))
        return found

    def active(self, reference_ids: Sequence[str]) -> frozenset[str]:
        found = select(refs.c.id).where(refs.c.id.in_(reference_ids), refs.c.status == Status.ACTIVE)
        with self._read() as connection:
            return frozenset(connection.scalars(found))

    def census(self) -> Census:
        active = select(func.count()).where(refs.c.status == Status.ACTIVE)
        with self._read() as connection:
            return Census(
                gallery_version(connection),
                connection.scalar(active) or 0,
                _by_model(connection, templates),
                _by_model(connection, rejections),
            )

    def _indexed(self, row: AnyRow) -> IndexedReference:
        template = open_template(self._keys, row.id, row.model, row.template)
        return IndexedReference(row.id, row.subject_id, Source(row.source), template)


def _active_of(model: str) -> Select[Any]:
    """What `_indexed` reads of each active reference that has a template of `model`."""
    return (
        select(refs.c.id, refs.c.subject_id, refs.c.source, templates.c.model, templates.c.template)
        .join(templates, templates.c.reference_id == refs.c.id)
        .where(templates.c.model == model, refs.c.status == Status.ACTIVE)
    )


def gallery_version(connection: Connection) -> int:
    return connection.scalar(select(func.max(gallery_changes.c.version))) or 0


def _by_model(connection: Connection, table: Table) -> Mapping[str, int]:
    """How many active references have a row of each model in `table`.

    All rows less those of the few inactive references: that reads two indexes, while a join would read every row.
    """
    every = select(table.c.model, func.count().label("rows")).group_by(table.c.model).order_by(table.c.model)
    inactive = every.join(refs, refs.c.id == table.c.reference_id).where(refs.c.status.in_(INACTIVE))
    less = {row.model: row.rows for row in connection.execute(inactive)}
    counted = {row.model: row.rows - less.get(row.model, 0) for row in connection.execute(every)}
    return {model: active for model, active in counted.items() if active}
