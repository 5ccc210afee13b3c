"""Migration 0005 with rows present: references stay as they were, up and down, and nothing held back comes back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

from alembic import command
from sqlalchemy import Connection, text

from server.domain.gallery import Status
from server.storage.engine import open_engine, writing
from server.storage.schema import alembic_config, upgrade
from server.storage.unit_of_work import SqlDatabase
from tests.fakes.samples import HAPPENED, reference, subject
from tests.fakes.templates import MODEL, template
from tests.real_databases import OpenDatabase

PORTRAIT = b"\xff\xd8 a portrait"


@contextmanager
def writing_to(url: str) -> Iterator[Connection]:
    engine = writing(open_engine(url))
    with engine.begin() as connection:
        yield connection
    engine.dispose()


def enrolled(database: SqlDatabase) -> None:
    """Three references; the second is quarantined, the third withdrawn."""
    with database.write() as unit:
        unit.subjects.add(subject())
        for number in (1, 2, 3):
            unit.subjects.enrol(reference(number, 1), template(number), PORTRAIT, f"fingerprint {number}")
        unit.subjects.put_status("reference-2", Status.QUARANTINED)
        unit.subjects.put_status("reference-3", Status.WITHDRAWN)
        unit.commit(HAPPENED)
    database.close()


def test_down_and_up_keeps_every_reference_and_puts_none_back(sql_url: str, open_sql: OpenDatabase) -> None:
    enrolled(open_sql(sql_url))
    with writing_to(sql_url) as connection:
        command.downgrade(alembic_config(connection), "0004")
        rows = connection.execute(text("SELECT id, status FROM refs ORDER BY id")).all()
        assert [row.status for row in rows] == ["active", "withdrawn", "withdrawn"]
        columns = connection.execute(text("SELECT * FROM refs")).keys()
        assert not {"review_on", "station", "station_digest"} & set(columns)
    with writing_to(sql_url) as connection:
        upgrade(connection)
    database = open_sql(sql_url)
    with database.read() as view:
        held = view.subjects.references_of("subject-1")
        assert [(one.review_on, one.station) for one in held] == [(None, "")] * 3
        assert [one.lawful_basis for one in held] == [reference().lawful_basis] * 3
        assert [one.captured_on for one in held] == [date(2024, 1, number) for number in (1, 2, 3)]
        assert view.subjects.image("reference-1") == PORTRAIT
        assert view.subjects.held(["fingerprint 2"]) == {"fingerprint 2"}
    assert [one.reference_id for one in database.gallery.references(MODEL)[1]] == ["reference-1"]


def test_what_was_enrolled_before_is_due_for_review(sql_url: str, open_sql: OpenDatabase) -> None:
    enrolled(open_sql(sql_url))
    with writing_to(sql_url) as connection:
        command.downgrade(alembic_config(connection), "0004")
        upgrade(connection)
    with open_sql(sql_url).read() as view:
        first, *_ = view.subjects.references_of("subject-1")
    assert first.review_due(date(2024, 1, 2))
