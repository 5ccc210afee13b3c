"""How the database is opened, and how a transaction begins on SQLite and on PostgreSQL.

Reads see one snapshot and wait for nobody. Writes are serialised from their first statement on: by BEGIN IMMEDIATE on
SQLite, by an advisory lock on PostgreSQL, because the trail is one chain with one end.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DataError, DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolExhausted
from sqlalchemy.pool import ConnectionPoolEntry

from server.audit.errors import AuditError
from server.domain.errors import Conflict, DatabaseUnavailable, RequestInvalid, StoredValueAltered
from server.storage.private_file import create_once

PATIENCE = timedelta(seconds=10)
WRITES = "oifr_writes"
WRITE_LOCK = 0x4F494652  # "OIFR" in ASCII: the advisory lock every writer of one PostgreSQL database takes
PRAGMAS = ("journal_mode = WAL", "foreign_keys = ON", "secure_delete = ON")


@contextmanager
def translated_errors() -> Iterator[None]:
    """The border: what SQLAlchemy and the trail's encoding raise becomes our own error."""
    try:
        yield
    except IntegrityError as error:
        raise Conflict from error
    except DataError as error:
        if getattr(error.orig, "sqlstate", None) is not None:  # the server's own complaint, about what it was sent
            raise DatabaseUnavailable from error
        raise StoredValueAltered from error  # the driver's, about what it was given: a time beyond the calendar
    except (DBAPIError, PoolExhausted) as error:
        raise DatabaseUnavailable from error
    except AuditError as error:
        raise RequestInvalid from error


def open_engine(url: str, patience: timedelta = PATIENCE) -> Engine:
    """An engine for `sqlite:///FILE` or `postgresql://...`; a statement waits at most `patience` for a lock."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise DatabaseUnavailable("The database address cannot be read.") from None
    match parsed.get_backend_name():
        case "sqlite" if parsed.database:
            return _sqlite(parsed, parsed.database, patience)
        case "postgresql":
            return _postgresql(parsed, patience)
    raise DatabaseUnavailable("The database address names neither a SQLite file nor a PostgreSQL database.")


def reading(engine: Engine) -> Engine:
    """The engine whose transactions are consistent reads."""
    if engine.dialect.name == "sqlite":
        return engine
    return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


def writing(engine: Engine) -> Engine:
    """The engine whose transactions exclude one another."""
    return engine.execution_options(**{WRITES: True})


def emptied_log(engine: Engine) -> bool:
    """Move SQLite's write-ahead log into the database file and empty it; False while a reader holds it.

    `secure_delete` overwrites deleted cells in the database file only; the log would keep them for a while. On
    PostgreSQL there is nothing to do here: its dead rows and its log are in the hands of its administrator.
    """
    if engine.dialect.name != "sqlite":
        return True
    # A connection of its own, which waits for nobody: a decision is not to be held up by a long read.
    with closing(sqlite3.connect(str(engine.url.database), timeout=0, isolation_level=None)) as connection:
        try:
            busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        except sqlite3.OperationalError:
            return False
        return not busy


def _sqlite(url: URL, file: str, patience: timedelta) -> Engine:
    _create_privately(Path(file))
    engine = create_engine(url, hide_parameters=True, connect_args={"timeout": patience.total_seconds()})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_on_sqlite)
    return engine


def _create_privately(file: Path) -> None:
    # SQLite gives its -wal and -shm files the mode of the database file.
    try:
        create_once(file, _empty_database)
    except OSError as error:
        raise DatabaseUnavailable from error


def _empty_database() -> bytes:
    """An SQLite file in WAL mode. Two first starts that switch one file to WAL do not wait for each other."""
    with TemporaryDirectory() as folder:
        file = Path(folder, "empty.db")
        with closing(sqlite3.connect(file)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
        return file.read_bytes()


@contextmanager
def lenient_text(connection: Connection) -> Iterator[None]:
    """Read text that is no UTF-8 as well, with lone surrogates in place of its stray bytes, as no text of ours has.

    Only SQLite stores such text; elsewhere this changes nothing.
    """
    driver = connection.connection.dbapi_connection
    if not isinstance(driver, sqlite3.Connection):
        yield
        return
    driver.text_factory = partial(str, encoding="utf-8", errors="surrogateescape")
    try:
        yield
    finally:
        driver.text_factory = _text


def _text(stored: bytes) -> str:
    try:
        return stored.decode()
    except UnicodeDecodeError:
        raise StoredValueAltered from None


def _prepare_sqlite(connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
    # Without this Python's driver would begin transactions late, and none at all for reads and for DDL.
    connection.isolation_level = None
    connection.text_factory = _text
    for pragma in PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _begin_on_sqlite(connection: Connection) -> None:
    immediate = connection.get_execution_options().get(WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


def _postgresql(url: URL, patience: timedelta) -> Engine:
    seconds = int(patience.total_seconds()) or 1
    engine = create_engine(
        url.set(drivername="postgresql+psycopg"),
        hide_parameters=True,
        pool_pre_ping=True,
        connect_args={"connect_timeout": seconds, "options": f"-c lock_timeout={seconds}s"},
    )
    event.listen(engine, "begin", _begin_on_postgresql)
    return engine


def _begin_on_postgresql(connection: Connection) -> None:
    if connection.get_execution_options().get(WRITES, False):
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITE_LOCK})")
