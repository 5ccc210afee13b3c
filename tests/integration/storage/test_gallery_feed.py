"""What an index in memory is filled from and kept in step with, on SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pytest
from sqlalchemy import Connection, insert, select, text, update

from server.domain.errors import SealBroken
from server.domain.gallery import GalleryStep, Source, Status, Supplement
from server.domain.gallery_errors import ReferenceUnknown
from server.storage.engine import open_engine, writing
from server.storage.gallery import BLOCK_ROWS, active_of
from server.storage.sealed_templates import seal_template
from server.storage.tables import refs, templates
from server.storage.unit_of_work import SqlDatabase
from tests.fakes.samples import HAPPENED, reference, subject
from tests.fakes.templates import MODEL, template
from tests.real_databases import OpenDatabase

OTHER = "other-model/2"
IMAGE = b"\xff\xd8 a portrait"


@pytest.fixture
def database(open_sql: OpenDatabase, sql_url: str) -> SqlDatabase:
    """References 1 to 5 of one subject, gallery changes 1 to 5."""
    opened = open_sql(sql_url)
    with opened.write() as unit:
        unit.subjects.add(subject(1))
        for number in range(1, 6):
            unit.subjects.enrol(reference(number, 1), template(number), IMAGE)
        unit.commit(HAPPENED)
    return opened


@pytest.fixture
def tables(database: SqlDatabase, sql_url: str) -> Iterator[Connection]:
    """The tables themselves, for what no act of ours does."""
    engine = writing(open_engine(sql_url))
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def read(database: SqlDatabase, model: str = MODEL) -> dict[str, bytes]:
    with database.gallery.reading(model) as reading:
        blocks = list(reading.blocks)
    assert reading.count == sum(map(len, blocks))
    assert reading.version == database.gallery.version()
    for block in blocks:
        assert set(block.subject_ids) == {"subject-1"}
        assert set(block.sources) == {Source.CUSTODY}
    pairs = [pair for block in blocks for pair in zip(block.reference_ids, block.vectors, strict=True)]
    return {name: vector.tobytes() for name, vector in pairs}


def vectors(*numbers: int) -> dict[str, bytes]:
    return {f"reference-{number}": template(number).vector.tobytes() for number in numbers}


def steps(database: SqlDatabase, after: int, limit: int = 10) -> list[tuple[int, str | None, str | None]] | None:
    found: Sequence[GalleryStep] | None = database.gallery.steps(MODEL, after, limit)
    return (
        None
        if found is None
        else [(step.version, step.came.reference_id if step.came else None, step.went) for step in found]
    )


def test_every_active_reference_is_read(database: SqlDatabase) -> None:
    assert read(database) == vectors(1, 2, 3, 4, 5)
    assert read(database, OTHER) == {}
    with database.write() as unit:
        assert unit.subjects.put_status("reference-2", Status.WITHDRAWN) == 6
        assert unit.subjects.erase_reference("reference-4") == 7
        with pytest.raises(ReferenceUnknown):
            unit.subjects.put_status("reference-9", Status.WITHDRAWN)
        unit.commit(HAPPENED)
    assert read(database) == vectors(1, 3, 5)
    assert database.gallery.active([f"reference-{number}" for number in range(6)]) == set(vectors(1, 3, 5))


def test_a_gallery_of_more_than_a_block_is_read_in_blocks(database: SqlDatabase, tables: Connection) -> None:
    named = [f"reference-{number}" for number in range(6, BLOCK_ROWS + 9)]
    shared = [column for column in refs.c if column is not refs.c.id]
    (fifth,) = tables.execute(select(*shared).where(refs.c.id == "reference-5")).mappings()
    tables.execute(insert(refs), [{**fifth, "id": name} for name in named])
    sealed = [seal_template(database.keys, name, template(number)) for number, name in enumerate(named)]
    rows = [{"reference_id": name, "model": MODEL, "template": one} for name, one in zip(named, sealed, strict=True)]
    tables.execute(insert(templates), rows)
    tables.commit()
    with database.gallery.reading(MODEL) as reading:
        blocks = list(reading.blocks)
    assert [len(block) for block in blocks] == [BLOCK_ROWS, 8]
    assert {name for block in blocks for name in block.reference_ids} == {*named, *vectors(1, 2, 3, 4, 5)}


def test_a_gallery_is_read_without_the_rows_that_hold_its_photographs(sqlite_url: str, open_sql: OpenDatabase) -> None:
    open_sql(sqlite_url)
    engine = open_engine(sqlite_url)
    read = active_of(MODEL).compile(engine, compile_kwargs={"literal_binds": True})
    with engine.connect() as connection:
        plan = [row.detail for row in connection.execute(text(f"EXPLAIN QUERY PLAN {read}"))]
    engine.dispose()
    assert [step for step in plan if "refs USING" in step] == [
        "SEARCH refs USING COVERING INDEX ix_refs_status_id_subject_id_source (status=?)"
    ]


def test_a_template_moved_to_another_reference_is_not_read(database: SqlDatabase, tables: Connection) -> None:
    third = select(templates.c.template).where(templates.c.reference_id == "reference-3").scalar_subquery()
    tables.execute(update(templates).where(templates.c.reference_id == "reference-2").values(template=third))
    tables.commit()
    with pytest.raises(SealBroken):
        read(database)


def test_changes_are_read_one_by_one(database: SqlDatabase) -> None:
    assert steps(database, after=5) == []
    with database.write() as unit:
        unit.subjects.erase_reference("reference-5")
        unit.subjects.put_status("reference-1", Status.WITHDRAWN)
        unit.subjects.enrol(reference(6, 1), template(6, OTHER), IMAGE)
        unit.subjects.enrol(reference(7, 1), template(7), IMAGE)
        unit.commit(HAPPENED)
    assert steps(database, after=3) == [
        (4, "reference-4", None),
        (5, None, None),
        (6, None, "reference-5"),
        (7, None, "reference-1"),
        (8, None, None),
        (9, "reference-7", None),
    ]
    (last,) = database.gallery.steps(MODEL, 8, 10) or ()
    assert last.came is not None
    assert np.array_equal(last.came.template.vector, template(7).vector)


def test_a_reference_put_back_comes_again(database: SqlDatabase) -> None:
    with database.write() as unit:
        unit.subjects.put_status("reference-2", Status.QUARANTINED)
        unit.subjects.put_status("reference-2", Status.ACTIVE)
        unit.subjects.put_status("reference-3", Status.QUARANTINED)
        unit.commit(HAPPENED)
    assert steps(database, after=5) == [
        (6, None, "reference-2"),
        (7, "reference-2", None),
        (8, None, "reference-3"),
    ]
    assert read(database) == vectors(1, 2, 4, 5)


def test_too_many_changes_and_whole_batches_are_not_read_one_by_one(database: SqlDatabase) -> None:
    assert steps(database, after=0, limit=4) is None
    with database.write() as unit:
        unit.subjects.supplement(Supplement(OTHER, {"reference-1": template(1, OTHER)}))
        unit.commit(HAPPENED)
    assert steps(database, after=5) == [(6, None, None)]
    assert database.gallery.steps(OTHER, 5, 10) is None
    with database.write() as unit:
        unit.subjects.drop_templates(MODEL)
        unit.commit(HAPPENED)
    assert steps(database, after=6) is None
