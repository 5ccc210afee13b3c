"""The database as the workflows see it: consistent reads, and writes that cannot be committed without an event."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from sqlalchemy import Connection, Engine, Transaction, text

from server.audit.checkpoint import Signer
from server.domain.events import Act, Event
from server.storage.accounts import SqlAccounts
from server.storage.audit_log import SqlTrail, SqlTrailWriter
from server.storage.crypto import MasterKey
from server.storage.data_keys import DataKeys, load_data_keys
from server.storage.duplicates import SqlDuplicates
from server.storage.engine import PATIENCE, emptied_log, open_engine, reading, translated_errors, writing
from server.storage.gallery import SqlGallery
from server.storage.holdings import SqlHoldings
from server.storage.schema import upgrade
from server.storage.searches import SqlSearches
from server.storage.subjects import SqlSubjects
from server.workflow.ports import Clock
from server.workflow.storage_ports import Receipt

FINAL_DELETIONS = frozenset({Act.PROBE_SHREDDED, Act.REFERENCE_ERASED, Act.SUBJECT_ERASED, Act.TEMPLATES_DROPPED})
"""Acts after which no copy of what was deleted may stay behind in SQLite's write-ahead log."""


class SqlView:
    """`ports.View` on one connection."""

    def __init__(self, connection: Connection, keys: DataKeys, trail: SqlTrail) -> None:
        self.accounts = SqlAccounts(connection, keys)
        self.subjects = SqlSubjects(connection, keys)
        self.holdings = SqlHoldings(connection, keys)
        self.duplicates = SqlDuplicates(connection)
        self.searches = SqlSearches(connection, keys)
        self.trail = trail


class SqlUnitOfWork(SqlView):
    """`ports.UnitOfWork` on one write transaction."""

    def __init__(self, connection: Connection, transaction: Transaction, keys: DataKeys, trail: SqlTrailWriter) -> None:
        super().__init__(connection, keys, trail)
        self.deleted_for_good = False
        self._transaction = transaction
        self._appender = trail

    def commit(self, event: Event, *further: Event) -> Receipt:
        """Commit the state and its audit entries in one transaction; returns the receipt of `event`."""
        receipt = self._appender.append((event, *further))
        self._transaction.commit()
        self.deleted_for_good = any(done.act in FINAL_DELETIONS for done in (event, *further))
        return receipt


class SqlDatabase:
    """`ports.Database` on SQLite or PostgreSQL."""

    def __init__(
        self, engine: Engine, keys: DataKeys, signer: Signer, clock: Clock, fresh_salt: Callable[[], bytes]
    ) -> None:
        self._engine = engine
        self._reader = reading(engine)
        self._writer = writing(engine)
        self._signer = signer
        self._clock = clock
        self._fresh_salt = fresh_salt
        self._log_is_behind = False  # true while SQLite's log may hold what was deleted; tried again by each write
        self.keys = keys
        self.gallery = SqlGallery(self.snapshot, keys)

    @contextmanager
    def write(self) -> Iterator[SqlUnitOfWork]:
        """Begin a write; raises DatabaseUnavailable when another one does not end in time."""
        with translated_errors(), self._writer.connect() as connection, connection.begin() as transaction:
            trail = SqlTrailWriter(connection, self.keys, self._signer, self._clock, self._fresh_salt)
            unit = SqlUnitOfWork(connection, transaction, self.keys, trail)
            yield unit
            if transaction.is_active:
                transaction.rollback()
        self._log_is_behind = self._log_is_behind or unit.deleted_for_good
        if self._log_is_behind:
            with translated_errors():
                self._log_is_behind = not emptied_log(self._engine)

    @contextmanager
    def read(self) -> Iterator[SqlView]:
        """Begin a consistent read, which never waits for writers. Raises DatabaseUnavailable."""
        with self.snapshot() as connection:
            yield SqlView(connection, self.keys, SqlTrail(connection, self.keys, self._signer))

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """A connection inside one consistent read."""
        with translated_errors(), self._reader.connect() as connection, connection.begin():
            yield connection

    def ping(self) -> None:
        """Raise DatabaseUnavailable when the database does not answer."""
        with self.snapshot() as connection:
            connection.execute(text("SELECT 1"))

    def close(self) -> None:
        self._engine.dispose()


def open_database(
    url: str,
    master_key: MasterKey,
    signer: Signer,
    *,
    clock: Clock,
    fresh_salt: Callable[[], bytes],
    patience: timedelta = PATIENCE,
) -> SqlDatabase:
    """Open `url`, bring its tables up to date and unwrap its data keys.

    `fresh_salt` gives 16 random bytes; a write waits at most `patience` for another one to end. Raises
    DatabaseUnavailable, or SealBroken when the database was made under another master key.
    """
    engine = open_engine(url, patience)
    with translated_errors(), writing(engine).begin() as connection:
        upgrade(connection)
        keys = load_data_keys(connection, master_key, clock.now())
    return SqlDatabase(engine, keys, signer, clock, fresh_salt)
