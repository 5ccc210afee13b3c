"""How transactions begin, wait and fail."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from server.domain.errors import DatabaseUnavailable
from server.storage.unit_of_work import SqlDatabase
from tests.fakes.samples import HAPPENED, account, subject
from tests.real_databases import OpenDatabase

IMPATIENT = timedelta(seconds=0.2)


@pytest.fixture
def database(sql_url: str, open_sql: OpenDatabase) -> SqlDatabase:
    return open_sql(sql_url, patience=IMPATIENT)


def test_a_write_that_waits_too_long_says_so_and_stores_nothing(database: SqlDatabase) -> None:
    with database.write() as first:
        first.subjects.add(subject())
        with ExitStack() as second, pytest.raises(DatabaseUnavailable):
            second.enter_context(database.write())
        first.commit(HAPPENED)
    with database.write() as third:
        third.accounts.add(account())
        assert third.commit(HAPPENED).index == 1


def test_a_read_does_not_wait_for_a_writer(database: SqlDatabase) -> None:
    with database.write() as unit:
        unit.subjects.add(subject())
        with database.read() as view:
            assert view.trail.size() == 0
        database.ping()
        assert database.gallery.version() == 0
        unit.commit(HAPPENED)


def test_first_starts_at_the_same_moment_make_one_database(sql_url: str, open_sql: OpenDatabase) -> None:
    with ThreadPoolExecutor(4) as pool:
        opened = list(pool.map(open_sql, [sql_url] * 4))
    with opened[0].write() as unit:
        unit.accounts.add(account())
        unit.commit(HAPPENED)
    for database in opened:
        with database.read() as view:
            assert view.accounts.by_name(account().actor.name) == account()


def test_a_read_cannot_write_on_postgresql(postgresql_url: str, open_sql: OpenDatabase) -> None:
    with open_sql(postgresql_url).read() as view, pytest.raises(DBAPIError, match="read-only"):
        view.subjects.add(subject())


@pytest.mark.parametrize(
    "url",
    ["", "nonsense", "mysql://host/db", "sqlite://", "sqlite:////proc/none/oifr.db", "postgresql://o@/x?host=/none"],
)
def test_an_address_that_leads_nowhere_says_so(url: str, open_sql: OpenDatabase) -> None:
    with pytest.raises(DatabaseUnavailable):
        open_sql(url)


def test_a_file_that_is_no_database_says_so(tmp_path: Path, open_sql: OpenDatabase) -> None:
    (tmp_path / "oifr.db").write_bytes(b"plainly not a database " * 100)
    with pytest.raises(DatabaseUnavailable):
        open_sql(f"sqlite:///{tmp_path / 'oifr.db'}")


def test_a_server_that_dropped_its_connections_is_found_again(postgresql_url: str, open_sql: OpenDatabase) -> None:
    database = open_sql(postgresql_url)
    database.ping()
    with psycopg.connect(postgresql_url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid != pg_backend_pid()"
        )
    database.ping()


def test_a_connection_lost_inside_a_write_says_so(postgresql_url: str, open_sql: OpenDatabase) -> None:
    database = open_sql(postgresql_url)
    terminate_itself = text("SELECT pg_terminate_backend(pg_backend_pid())")
    with pytest.raises(DatabaseUnavailable), database.snapshot() as connection:
        connection.execute(terminate_itself)
    database.ping()


def test_errors_show_no_parameters(sqlite_url: str, open_sql: OpenDatabase) -> None:
    with open_sql(sqlite_url).snapshot() as connection, pytest.raises(DBAPIError) as failed:
        connection.execute(text("SELECT :name FROM no_such_table"), {"name": "Quetzalowicz"})
    assert "Quetzalowicz" not in str(failed.value)
