"""Verify the audit trail where it lies: its leaves and checkpoints, and what the tables keep beside them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain
from typing import Any

from sqlalchemy import Connection, select

from server.audit.checkpoint import Verifier
from server.audit.encoding import Entry
from server.audit.errors import MalformedEntry
from server.audit.merkle import Node, nodes_completed_by
from server.audit.verify import Problem, ProblemKind, Report, StoredEntry, verify_entries
from server.domain.errors import SealBroken
from server.storage.audit_log import NOBODY, ROWS_AT_A_TIME, open_private
from server.storage.data_keys import DataKeys
from server.storage.tables import AnyRow, audit_checkpoints, audit_entries, audit_nodes
from server.storage.unit_of_work import SqlDatabase


def verify_database(database: SqlDatabase, verifier: Verifier, remembered: Iterable[str] = ()) -> Report:
    """Check every entry, checkpoint and tree node in one consistent read; the report names the first bad entry.

    `remembered` are checkpoints kept elsewhere, which catch a trail rewritten together with its own checkpoints.
    """
    with database.snapshot() as connection:
        witness = _Witness(connection, database.keys)
        notes = connection.scalars(select(audit_checkpoints.c.note).order_by(audit_checkpoints.c.size))
        report = verify_entries(witness.entries(), chain(notes, remembered), verifier)
        found = [problem for problem in (report.problem, witness.problem) if problem is not None]
    return replace(report, problem=min(found, key=_place, default=None))


class _Witness:
    """Reads the entries for the verification and notes the first that its surroundings contradict."""

    def __init__(self, connection: Connection, keys: DataKeys) -> None:
        self.problem: Problem | None = None
        self._connection = connection
        self._keys = keys
        self._left_siblings: dict[int, bytes] = {}

    def entries(self) -> Iterator[StoredEntry]:
        rows = select(audit_entries).order_by(audit_entries.c.entry_index)
        stored_nodes = self._nodes()
        for index, row in enumerate(self._connection.execute(rows.execution_options(yield_per=ROWS_AT_A_TIME))):
            leaf, hashed = _binary(row.leaf), _binary(row.leaf_hash)
            self._compare_columns(index, leaf, row)
            self._compare_nodes(index, hashed, stored_nodes)
            yield StoredEntry(leaf, hashed, *self._private(row))
        if next(stored_nodes, None) is not None:
            self._note(ProblemKind.REWRITTEN, None, "the tree has nodes beyond its last entry")

    def _nodes(self) -> Iterator[Node]:
        """The stored nodes in the order in which entries complete them."""
        end = (audit_nodes.c.position + 1).bitwise_lshift(audit_nodes.c.level)
        rows = select(audit_nodes).order_by(end, audit_nodes.c.level)
        for row in self._connection.execute(rows.execution_options(yield_per=ROWS_AT_A_TIME)):
            yield Node(row.level, row.position, row.hash)

    def _compare_columns(self, index: int, leaf: bytes, row: AnyRow) -> None:
        columns = (row.entry_index, row.at, row.act, row.actor_id or NOBODY, row.search_id)
        try:
            entry = Entry.from_leaf(leaf)
        except MalformedEntry:
            return  # verify_entries names a malformed leaf itself
        if columns != (entry.index, entry.at, entry.kind, entry.actor, entry.search):
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
            return {}, b""  # which gives no commitment, so that verify_entries names the entry

    def _note(self, kind: ProblemKind, index: int | None, reason: str) -> None:
        where = "the trail" if index is None else f"entry {index}"
        self.problem = self.problem or Problem(kind, f"{where}: {reason}", index, index)


def _binary(value: object) -> bytes:
    """A binary column's value. SQLite lets anybody put a text there, which is never what was recorded."""
    return value if isinstance(value, bytes) else b""


def _place(problem: Problem) -> tuple[bool, int]:
    """Entries in their order, then problems of checkpoints and of the tree as a whole."""
    return problem.first is None, problem.first or 0
