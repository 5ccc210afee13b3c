"""The gallery as the index reads it: templates of active references, and the version they stand for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from sqlalchemy import Connection, CursorResult, Select, Table, func, select

from server.domain.gallery import Census, GalleryStep, IndexedReference, ReferenceBlock, Source, Status
from server.storage.data_keys import DataKeys
from server.storage.sealed_templates import open_template, open_vectors
from server.storage.tables import AnyRow, gallery_changes, refs, rejections, templates
from server.workflow.ports import GalleryReading

ROWS_AT_A_TIME = 1000
BLOCK_ROWS = 4096
REMOVALS = frozenset({"removed", "withdrawn"})
OF_A_MODEL = frozenset({"embedded", "dropped"})  # changes that name a model instead of a reference
BATCHES = frozenset({"embedded", "enrolled"})  # changes that brought as many templates as is noted with them
INACTIVE = [status for status in Status if status is not Status.ACTIVE]


class SqlGallery:
    """`ports.GalleryFeed` and `ports.GalleryTemplates`. `read` opens one consistent read."""

    def __init__(self, read: Callable[[], AbstractContextManager[Connection]], keys: DataKeys) -> None:
        self._read = read
        self._keys = keys

    def version(self) -> int:
        with self._read() as connection:
            return gallery_version(connection)

    def references(self, model: str) -> tuple[int, Sequence[IndexedReference]]:
        active = active_of(model).order_by(refs.c.id).execution_options(yield_per=ROWS_AT_A_TIME)
        with self._read() as connection:
            return gallery_version(connection), [self._indexed(row) for row in connection.execute(active)]

    @contextmanager
    def reading(self, model: str) -> Iterator[GalleryReading]:
        active = active_of(model).execution_options(yield_per=BLOCK_ROWS)
        with self._read() as connection:
            count = _by_model(connection, templates).get(model, 0)
            rows = connection.execute(active)
            yield GalleryReading(gallery_version(connection), count, self._blocks(model, rows))

    def steps(self, model: str, after: int, limit: int, most: int) -> Sequence[GalleryStep] | None:
        later = select(gallery_changes).where(gallery_changes.c.version > after)
        with self._read() as connection:
            changes = connection.execute(later.order_by(gallery_changes.c.version).limit(limit + 1)).all()
            ours = [row for row in changes if row.change not in OF_A_MODEL or row.reference_id == model]
            if len(changes) > limit or not all(map(_noted, ours)) or sum(row.brought or 0 for row in ours) > most:
                return None
            came = {**_one_by_one(connection, model, ours), **_together(connection, model, ours)}
        return [self._step(model, row, came.get(row.version, ())) for row in changes]

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
                named = active_of(model).where(refs.c.id.in_(reference_ids[start : start + ROWS_AT_A_TIME]))
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

    def _step(self, model: str, change: AnyRow, came: Sequence[AnyRow]) -> GalleryStep:
        if change.change in REMOVALS:
            return GalleryStep(change.version, went=change.reference_id)
        return GalleryStep(change.version, came=self._block(model, came) if came else None)

    def _indexed(self, row: AnyRow) -> IndexedReference:
        template = open_template(self._keys, row.id, row.model, row.template)
        return IndexedReference(row.id, row.subject_id, Source(row.source), template)

    def _blocks(self, model: str, rows: CursorResult[Any]) -> Iterator[ReferenceBlock]:
        for part in rows.partitions():
            yield self._block(model, part)

    def _block(self, model: str, rows: Sequence[AnyRow]) -> ReferenceBlock:
        ids = [row.id for row in rows]
        vectors = open_vectors(self._keys, model, ids, [row.template for row in rows])
        return ReferenceBlock(ids, [row.subject_id for row in rows], [Source(row.source) for row in rows], vectors)


def active_of(model: str) -> Select[Any]:
    """What `_indexed` and `_blocks` read of each active reference that has a template of `model`."""
    return (
        select(refs.c.id, refs.c.subject_id, refs.c.source, templates.c.model, templates.c.template)
        .join(templates, templates.c.reference_id == refs.c.id)
        .where(templates.c.model == model, refs.c.status == Status.ACTIVE)
    )


def _noted(change: AnyRow) -> bool:
    """Whether it is known which references the change brought or took: not of old batches, nor of a dropped model."""
    return change.change != "dropped" and (change.change not in BATCHES or change.brought is not None)


def _one_by_one(connection: Connection, model: str, changes: Sequence[AnyRow]) -> Mapping[int, Sequence[AnyRow]]:
    """By change, the reference that it names, where that is active and had its template by then."""
    named = {row.version: row.reference_id for row in changes if row.change not in BATCHES | REMOVALS}
    active = _dated(model).where(refs.c.id.in_(set(named.values())))
    by_id = {row.id: row for row in connection.execute(active)}
    found = {version: by_id[name] for version, name in named.items() if name in by_id}
    return {version: [row] for version, row in found.items() if (row.gallery_change or 0) <= version}


def _together(connection: Connection, model: str, changes: Sequence[AnyRow]) -> Mapping[int, Sequence[AnyRow]]:
    """By change, those of the references that it brought together which are active."""
    batches = [row.version for row in changes if row.change in BATCHES]
    came = defaultdict[int, list[AnyRow]](list)
    for row in connection.execute(_dated(model).where(templates.c.gallery_change.in_(batches))):
        came[row.gallery_change].append(row)
    return came


def _dated(model: str) -> Select[Any]:
    """`active_of`, with the gallery change that brought each template."""
    return active_of(model).add_columns(templates.c.gallery_change)


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
