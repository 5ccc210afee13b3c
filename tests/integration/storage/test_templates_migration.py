"""Migration 0002 with rows present: every sealed template opens before and after, up and down."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

import pytest
from alembic import command
from sqlalchemy import Connection, LargeBinary, bindparam, text

from server.domain.errors import SealBroken
from server.domain.gallery import Status
from server.storage.data_keys import DataKeys, load_data_keys
from server.storage.engine import open_engine, writing
from server.storage.schema import alembic_config, upgrade
from server.storage.sealed_templates import open_template, seal_template
from server.storage.unit_of_work import SqlDatabase
from tests.fakes.clock import NOON
from tests.fakes.samples import HAPPENED
from tests.fakes.templates import template
from tests.real_databases import MASTER, OpenDatabase

OLD_MODEL = "dlib-resnet"
NAMES = ("reference-1", "reference-2", "reference-3")
ENROL = text(
    "INSERT INTO refs (id, subject_id, source, status, captured_on, lawful_basis, model, template, image) "
    "VALUES (:id, 'subject-1', 'custody', :status, :captured_on, :lawful_basis, :model, :template, :image)"
).bindparams(*(bindparam(name, type_=LargeBinary) for name in ("lawful_basis", "template", "image")))


@contextmanager
def writing_to(url: str) -> Iterator[Connection]:
    engine = writing(open_engine(url))
    with engine.begin() as connection:
        yield connection
    engine.dispose()


@pytest.fixture
def old_url(sql_url: str) -> str:
    """A database of the first migration with three references; the last is withdrawn."""
    with writing_to(sql_url) as connection:
        command.upgrade(alembic_config(connection), "0001")
        keys = load_data_keys(connection, MASTER, NOON)
        person = bindparam("person", type_=LargeBinary)
        added = text("INSERT INTO subjects (id, record_number_digest, person) VALUES ('subject-1', :person, :person)")
        connection.execute(added.bindparams(person), {"person": b"sealed"})
        for number, name in enumerate(NAMES):
            connection.execute(ENROL, old_row(keys, name, number))
    return sql_url


def old_row(keys: DataKeys, name: str, number: int) -> dict[str, object]:
    """Sealed as the code before this migration did: bound to refs.template, the row and the bare model name."""
    vector = template(number).vector.astype("<f4").tobytes()
    return {
        "id": name,
        "status": Status.WITHDRAWN.value if number == 2 else Status.ACTIVE.value,
        "captured_on": date(2024, 1, 1),
        "lawful_basis": keys.seal("refs.lawful_basis", name, b"Regulation 12"),
        "model": OLD_MODEL,
        "template": keys.seal("refs.template", f"{name}\0{OLD_MODEL}", vector),
        "image": keys.seal("refs.image", name, f"portrait {name}".encode()),
    }


def vectors(database: SqlDatabase, model: str) -> dict[str, bytes]:
    return {entry.reference_id: entry.template.vector.tobytes() for entry in database.gallery.references(model)[1]}


def test_templates_move_and_open_under_the_first_pipeline(old_url: str, open_sql: OpenDatabase) -> None:
    database = open_sql(old_url)
    assert vectors(database, f"{OLD_MODEL}/1") == {
        name: template(n).vector.tobytes() for n, name in enumerate(NAMES[:2])
    }
    assert database.gallery.references(OLD_MODEL)[1] == []
    assert database.gallery.census().templates == {f"{OLD_MODEL}/1": 2}
    with database.read() as view:
        assert view.subjects.image("reference-1") == b"portrait reference-1"
        (first, *_) = view.subjects.references_of("subject-1")
        assert (first.id, first.lawful_basis) == ("reference-1", "Regulation 12")
        assert [found.id for found in view.subjects.lacking(f"{OLD_MODEL}/2", "", 9)] == list(NAMES[:2])


def test_a_moved_template_is_bound_to_its_row_still(old_url: str, open_sql: OpenDatabase) -> None:
    database = open_sql(old_url)
    with database.snapshot() as connection:
        sealed = connection.execute(
            text("SELECT template FROM templates WHERE reference_id = 'reference-1'")
        ).scalar_one()
    open_template(database.keys, "reference-1", f"{OLD_MODEL}/1", bytes(sealed))
    for reference_id, model in (("reference-2", f"{OLD_MODEL}/1"), ("reference-1", f"{OLD_MODEL}/2")):
        with pytest.raises(SealBroken):
            open_template(database.keys, reference_id, model, bytes(sealed))


def test_down_and_up_again_keeps_every_reference(old_url: str, open_sql: OpenDatabase) -> None:
    database = open_sql(old_url)
    new = f"{OLD_MODEL}/2"
    with database.write() as unit:
        unit.subjects.drop_templates("unheard-of/1")
        unit.commit(HAPPENED)
    with writing_to(old_url) as connection:
        add_new_templates(connection, database.keys, new)
    database.close()
    with writing_to(old_url) as connection:
        command.downgrade(alembic_config(connection), "0001")
        rows = connection.execute(text("SELECT id, model, template, image FROM refs ORDER BY id")).all()
        held = {row.id: (row.model, bytes(row.template)) for row in rows}
        assert [held[name][0] for name in NAMES] == [OLD_MODEL, "", new]
        for name, number, row in (("reference-1", 0, OLD_MODEL), ("reference-3", 2, new)):
            opened = database.keys.open("refs.template", f"{name}\0{row}", held[name][1])
            assert opened == template(number).vector.tobytes()
        assert held["reference-2"][1] == b""
    with writing_to(old_url) as connection:
        upgrade(connection)
    again = open_sql(old_url)
    assert vectors(again, f"{OLD_MODEL}/1") == {"reference-1": template(0).vector.tobytes()}
    assert again.gallery.census().missing(f"{OLD_MODEL}/1") == 1  # reference-2, which no model knows


def add_new_templates(connection: Connection, keys: DataKeys, model: str) -> None:
    """One reference known to both models, one to none, one to the new model alone."""
    sealed = bindparam("sealed", type_=LargeBinary)
    add = text("INSERT INTO templates (reference_id, model, template) VALUES (:name, :model, :sealed)").bindparams(
        sealed
    )
    connection.execute(text("DELETE FROM templates WHERE reference_id IN ('reference-2', 'reference-3')"))
    for name, number in (("reference-1", 0), ("reference-3", 2)):
        row = {"name": name, "model": model, "sealed": seal_template(keys, name, template(number, model))}
        connection.execute(add, row)


def test_the_tables_after_down_and_up_are_those_of_the_code(old_url: str, open_sql: OpenDatabase) -> None:
    with writing_to(old_url) as connection:
        upgrade(connection)
        command.downgrade(alembic_config(connection), "0001")
        upgrade(connection)
    database = open_sql(old_url)
    assert set(vectors(database, f"{OLD_MODEL}/1")) == {"reference-1", "reference-2"}


def test_moved_templates_are_on_the_disk_once(sqlite_url: str, open_sql: OpenDatabase) -> None:
    with writing_to(sqlite_url) as connection:
        command.upgrade(alembic_config(connection), "0001")
        keys = load_data_keys(connection, MASTER, NOON)
        row = old_row(keys, "reference-1", 0)
        connection.execute(text("INSERT INTO subjects VALUES ('subject-1', x'00', x'00')"))
        connection.execute(ENROL, row)
    open_sql(sqlite_url).close()
    file = sqlite_url.removeprefix("sqlite:///")
    content = b"".join(open(name, "rb").read() for name in (file, f"{file}-wal") if os.path.exists(name))  # noqa: PTH110, PTH123, SIM115
    assert isinstance(row["template"], bytes)
    assert content.count(row["template"]) == 1
