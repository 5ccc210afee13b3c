"""Verify the audit trail where it lies: its leaves and checkpoints, and what the tables keep beside them.

Whoever altered the tables could put anything there, so everything is read as it stands, without the types of
`tables`: what is not of its type is then found where it is, like every other alteration.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from itertools import chain
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, case, func, literal, not_, select

from server.audit.checkpoint import Verifier
from server.audit.encoding import Entry
from server.audit.errors import MalformedEntry
from server.audit.merkle import Node, nodes_completed_by
from server.audit.verify import Problem, ProblemKind, Report, StoredEntry, Unreadable, place, verify_entries
from server.domain.errors import SealBroken
from server.storage.audit_log import NOBODY, ROWS_AT_A_TIME, open_private
from server.storage.crypto import MasterKey
from server.storage.data_keys import OpeningKeys, load_opening_keys
from server.storage.engine import lenient_text, open_engine, reading, translated_errors, writing
from server.storage.schema import upgrade
from server.storage.tables import AnyRow, audit_checkpoints, audit_entries, audit_nodes, raw
from server.storage.unit_of_work import SqlDatabase

SEALED_SHUT = "its private data cannot be opened: they or their data key were altered, or the master key is another one"
HIGHEST_LEVEL = 62
LAST_POSITION = 2**53
"""No tree of ours has nodes beyond these, and within them the order below can be reckoned."""


def verify_database(database: SqlDatabase, verifier: Verifier, remembered: Iterable[str] = ()) -> Report:
    """Check every entry, checkpoint and tree node in one consistent read; the report names the first bad entry.

    `remembered` are checkpoints kept elsewhere, which catch a trail rewritten together with its own checkpoints.
    """
    with database.snapshot() as connection:
        return _verified(connection, database.keys, verifier, remembered)


def verify_address(url: str, master_key: MasterKey, verifier: Verifier) -> Report:
    """Verify the trail in the database at `url`, also where its data keys were altered so that it does not open.

    Raises DatabaseUnavailable.
    """
    engine = open_engine(url)
    try:
        with translated_errors(), writing(engine).begin() as connection:
            upgrade(connection)
        with translated_errors(), reading(engine).connect() as connection, connection.begin():
            return _verified(connection, _surviving_keys(connection, master_key), verifier, ())
    finally:
        engine.dispose()


def _surviving_keys(connection: Connection, master_key: MasterKey) -> OpeningKeys:
    with lenient_text(connection):
        return load_opening_keys(connection, master_key)


def _verified(connection: Connection, keys: OpeningKeys, verifier: Verifier, remembered: Iterable[str]) -> Report:
    with lenient_text(connection):
        witness = _Witness(connection, keys)
        report = verify_entries(witness.entries(), chain(witness.notes(), remembered), verifier)
        found = [problem for problem in (report.problem, witness.problem) if problem is not None]
    return replace(report, problem=min(found, key=place, default=None))


class _Witness:
    """Reads the entries for the verification and notes the first that its surroundings contradict."""

    def __init__(self, connection: Connection, keys: OpeningKeys) -> None:
        self.problem: Problem | None = None
        self._connection = connection
        self._keys = keys
        self._left_siblings: dict[int, bytes] = {}

    def notes(self) -> Iterator[str | Unreadable]:
        """The signed notes by size; what looks for the latest checkpoint trusts that column."""
        for row in self._rows(select(*map(raw, audit_checkpoints.c)).order_by(audit_checkpoints.c.size)):
            if not isinstance(row.note, str):
                yield Unreadable("its note is no text")
            elif row.note.split("\n")[1:2] != [str(row.size)]:
                yield Unreadable(f"it is kept as one of {row.size} entries, which its note does not say")
            else:
                yield row.note

    def entries(self) -> Iterator[StoredEntry]:
        at = _moment_as_text(self._connection)
        columns = [at if column.name == "at" else raw(column) for column in audit_entries.c]
        stored_nodes = self._nodes()
        for index, row in enumerate(self._rows(select(*columns).order_by(audit_entries.c.entry_index))):
            leaf, hashed = _binary(row.leaf), _binary(row.leaf_hash)
            self._compare_columns(index, leaf, row)
            self._compare_nodes(index, hashed, stored_nodes)
            yield StoredEntry(leaf, hashed, *self._private(row))
        if next(stored_nodes, None) is not None or self._stray_nodes():
            self._note(ProblemKind.REWRITTEN, None, "the tree has nodes beyond its last entry")

    def _nodes(self) -> Iterator[Node]:
        """The stored nodes in the order in which entries complete them."""
        end = (audit_nodes.c.position + 1).bitwise_lshift(audit_nodes.c.level)
        rows = select(*map(raw, audit_nodes.c)).where(_within_any_tree()).order_by(end, audit_nodes.c.level)
        for row in self._rows(rows):
            yield Node(row.level, row.position, row.hash)

    def _stray_nodes(self) -> bool:
        return self._connection.scalar(select(literal(1)).where(not_(_within_any_tree())).limit(1)) is not None

    def _rows(self, selection: Any) -> Iterator[AnyRow]:
        yield from self._connection.execute(selection.execution_options(yield_per=ROWS_AT_A_TIME))

    def _compare_columns(self, index: int, leaf: bytes, row: AnyRow) -> None:
        actor = NOBODY if row.actor_id is None else row.actor_id
        try:
            entry = Entry.from_leaf(leaf)
        except MalformedEntry:
            return  # verify_entries names a malformed leaf itself
        said = (entry.index, _text_of(entry.at), entry.kind, entry.actor, entry.search)
        if (row.entry_index, row.at, row.act, actor, row.search_id) != said:
            self._note(ProblemKind.EDITED, index, "its columns do not say what its content says")

    def _compare_nodes(self, index: int, leaf_hash: bytes, stored: Iterator[Node]) -> None:
        for node in nodes_completed_by(index, leaf_hash, lambda level, _: self._left_siblings[level]):
            self._left_siblings[node.level] = node.hash
            if self.problem is None and next(stored, None) != node:
                self._note(ProblemKind.REWRITTEN, index, "a stored node of the tree does not follow from its entries")

    def _private(self, row: AnyRow) -> tuple[Any, bytes | None]:
        try:
            return open_private(row, self._keys)
        except SealBroken:
            return Unreadable(SEALED_SHUT), None

    def _note(self, kind: ProblemKind, index: int | None, reason: str) -> None:
        where = "the trail" if index is None else f"entry {index}"
        self.problem = self.problem or Problem(kind, f"{where}: {reason}", index, index)


def _moment_as_text(connection: Connection) -> ColumnElement[Any]:
    """The column `at` as `_text_of` writes a moment. PostgreSQL knows times that no datetime can hold."""
    at = audit_entries.c.at
    if connection.dialect.name == "sqlite":
        return raw(at)
    before_christ = at < func.to_timestamp(-62135596800)  # the year 1, whose text would be that of 1 BC
    text = func.to_char(func.timezone("UTC", at), "YYYY-MM-DD HH24:MI:SS.US")
    return case((before_christ, "before the year 1"), else_=text).label("at")


def _text_of(at: datetime) -> str:
    """As the tables keep it on SQLite."""
    return at.replace(tzinfo=None).isoformat(" ", "microseconds")


def _within_any_tree() -> ColumnElement[bool]:
    nodes = audit_nodes.c
    return and_(nodes.level.between(0, HIGHEST_LEVEL), nodes.position.between(0, LAST_POSITION))


def _binary(value: object) -> bytes:
    """A binary column's value. SQLite lets anybody put a text there, which is never what was recorded."""
    return value if isinstance(value, bytes) else b""
