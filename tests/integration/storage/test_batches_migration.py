"""Migration 0008 with rows present: no template is lost, up and down, and an old batch is known to be unknown."""

from __future__ import annotations

from alembic import command
from sqlalchemy import text

from server.domain.gallery import Addition
from server.storage.engine import open_engine, writing
from server.storage.schema import alembic_config, upgrade
from server.storage.unit_of_work import SqlDatabase
from tests.fakes.samples import HAPPENED, reference, subject
from tests.fakes.templates import MODEL, template
from tests.real_databases import OpenDatabase


def enrol_together(database: SqlDatabase, *numbers: int) -> None:
    made = [
        Addition(reference(number, 1), template(number), b"portrait", f"fingerprint {number}") for number in numbers
    ]
    with database.write() as unit:
        unit.subjects.enrol_together([subject(1)] if 1 in numbers else [], made)
        unit.commit(HAPPENED)


def came(database: SqlDatabase, after: int) -> list[list[str]] | None:
    steps = database.gallery.steps(MODEL, after, 10, 10)
    return None if steps is None else [sorted(step.came.reference_ids) if step.came else [] for step in steps]


def test_down_and_up_keeps_every_template_and_reads_later_batches(sql_url: str, open_sql: OpenDatabase) -> None:
    database = open_sql(sql_url)
    enrol_together(database, 1, 2)
    assert came(database, 0) == [["reference-1", "reference-2"]]
    database.close()
    engine = writing(open_engine(sql_url))
    with engine.begin() as connection:
        command.downgrade(alembic_config(connection), "0007")
        columns = set(connection.execute(text("SELECT * FROM templates")).keys())
        assert columns == {"reference_id", "model", "template"}
        assert set(connection.execute(text("SELECT * FROM gallery_changes")).keys()) == {
            "version",
            "reference_id",
            "change",
        }
    with engine.begin() as connection:
        upgrade(connection)
    engine.dispose()
    database = open_sql(sql_url)
    held = {one.reference_id: one.template.vector.tobytes() for one in database.gallery.references(MODEL)[1]}
    assert held == {f"reference-{number}": template(number).vector.tobytes() for number in (1, 2)}
    enrol_together(database, 3, 4)
    assert came(database, 0) is None
    assert came(database, 1) == [["reference-3", "reference-4"]]
