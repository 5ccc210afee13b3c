"""What an index in memory is filled from and kept in step with, on SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pytest
from sqlalchemy import Connection, insert, select, text, update

from server.domain.errors import SealBroken
from server.domain.gallery import Addition, GalleryStep, Source, Status, Supplement
from server.domain.gallery_errors import ReferenceUnknown
from server.storage.engine import open_engine, writing
from server.storage.gallery import BLOCK_ROWS, active_of
from server.storage.sealed_templates import seal_template
from server.storage.tables import gallery_changes, refs, templates
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


Told = tuple[int, str | None, str | None]


def steps(database: SqlDatabase, after: int, limit: int = 10, most: int = 10, model: str = MODEL) -> list[Told] | None:
    """Version, which came (joined where several did), and which went."""
    found: Sequence[GalleryStep] | None = database.gallery.steps(model, after, limit, most)
    return None if found is None else [(step.version, came(step), step.went) for step in found]


def came(step: GalleryStep) -> str | None:
    return ", ".join(sorted(step.came.reference_ids)) if step.came else None


def enrol_together(database: SqlDatabase, *numbers: int, model: str = MODEL) -> int:
    made = [
        Addition(reference(number, 1), template(number, model), IMAGE, fingerprint=f"fingerprint {number}")
        for number in numbers
    ]
    with database.write() as unit:
        version = unit.subjects.enrol_together([], made)
        unit.commit(HAPPENED)
    return version


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
    (last,) = database.gallery.steps(MODEL, 8, 10, 10) or ()
    assert last.came is not None
    assert np.array_equal(last.came.vectors, template(7).vector[np.newaxis])


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


def test_too_many_changes_are_not_read_one_by_one(database: SqlDatabase) -> None:
    assert steps(database, after=0, limit=4) is None
    assert steps(database, after=0, limit=5) is not None


def test_a_batch_is_read_as_what_it_brought(database: SqlDatabase) -> None:
    assert enrol_together(database, 6, 7, 8) == 6
    assert enrol_together(database, 9, model=OTHER) == 7
    assert steps(database, after=4) == [
        (5, "reference-5", None),
        (6, "reference-6, reference-7, reference-8", None),
        (7, None, None),
    ]
    assert steps(database, after=5, model=OTHER) == [(6, None, None), (7, "reference-9", None)]
    batch, _ = database.gallery.steps(MODEL, 5, 10, 10) or ()
    assert batch.came is not None
    held = dict(zip(batch.came.reference_ids, batch.came.vectors, strict=True))
    assert {name: vector.tobytes() for name, vector in held.items()} == vectors(6, 7, 8)
    batch.came.vectors[:] = 0.0  # whoever has used them may overwrite them


def test_batches_of_too_many_together_are_not_read_as_steps(database: SqlDatabase) -> None:
    enrol_together(database, 6, 7, 8)
    enrol_together(database, 9, 10)
    assert steps(database, after=5, most=4) is None
    assert steps(database, after=6, most=4) == [(7, "reference-10, reference-9", None)]
    assert steps(database, after=5, most=5) is not None


def test_of_a_batch_comes_what_is_still_active(database: SqlDatabase) -> None:
    enrol_together(database, 6, 7, 8, 9)
    with database.write() as unit:
        unit.subjects.erase_reference("reference-6")
        unit.subjects.put_status("reference-7", Status.WITHDRAWN)
        unit.subjects.put_status("reference-8", Status.WITHDRAWN)
        unit.subjects.put_status("reference-8", Status.ACTIVE)
        unit.commit(HAPPENED)
    assert steps(database, after=5) == [
        (6, "reference-8, reference-9", None),
        (7, None, "reference-6"),
        (8, None, "reference-7"),
        (9, None, "reference-8"),
        (10, "reference-8", None),
    ]


def test_a_reference_that_got_its_template_later_comes_with_that(database: SqlDatabase) -> None:
    with database.write() as unit:
        unit.subjects.supplement(Supplement(OTHER, {"reference-1": template(1, OTHER)}, {"reference-2": "no-face"}))
        unit.subjects.drop_templates("unheard-of/1")
        unit.commit(HAPPENED)
    assert steps(database, after=5) == [(6, None, None)]
    assert steps(database, after=4, model=OTHER) == [(5, None, None), (6, "reference-1", None)]
    assert steps(database, after=0, model=OTHER) == [
        *((version, None, None) for version in range(1, 6)),
        (6, "reference-1", None),
    ]


def test_where_all_templates_were_dropped_there_are_no_steps(database: SqlDatabase) -> None:
    with database.write() as unit:
        unit.subjects.drop_templates(MODEL)
        unit.commit(HAPPENED)
    assert steps(database, after=5) is None
    assert steps(database, after=5, model=OTHER) == [(6, None, None)]


def test_a_batch_from_before_that_was_noted_has_no_steps(database: SqlDatabase, tables: Connection) -> None:
    enrol_together(database, 6, 7)
    enrol_together(database, 8, 9)
    tables.execute(update(gallery_changes).where(gallery_changes.c.version == 6).values(brought=None))
    tables.execute(update(templates).where(templates.c.gallery_change == 6).values(gallery_change=None))
    tables.commit()
    assert steps(database, after=5) is None
    assert steps(database, after=6) == [(7, "reference-8, reference-9", None)]
