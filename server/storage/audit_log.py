"""The audit trail in the database: entries, Merkle nodes and signed checkpoints."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, func, insert, select

from server.audit.checkpoint import Checkpoint, Signer, sign
from server.audit.encoding import Entry, canonical, commitment
from server.audit.errors import CheckpointInvalid
from server.audit.merkle import inclusion_proof, leaf_hash, nodes_completed_by, root
from server.domain.errors import EntryUnknown, StoredValueAltered
from server.domain.events import Event, Json
from server.storage.data_keys import DataKeys, OpeningKeys
from server.storage.tables import AnyRow, audit_checkpoints, audit_entries, audit_nodes
from server.workflow.ports import Clock
from server.workflow.storage_ports import Receipt, TrailEntry

NOBODY = "nobody"
"""The leaf's actor where nobody is signed in: a refused sign-in, or an act of the service itself."""

ROWS_AT_A_TIME = 500


class SqlTrail:
    """`ports.Trail` on one connection."""

    def __init__(self, connection: Connection, keys: DataKeys, signer: Signer) -> None:
        self._connection = connection
        self._keys = keys
        self._signer = signer

    def size(self) -> int:
        last = self._connection.scalar(select(func.max(audit_entries.c.entry_index)))
        return 0 if last is None else last + 1

    def page(
        self, before: int | None, limit: int, act: str | None = None, actor_id: str | None = None
    ) -> Sequence[TrailEntry]:
        """Newest first, entries with index below `before` (keyset paging); private parts stay closed."""
        newest = select(audit_entries).order_by(audit_entries.c.entry_index.desc()).limit(limit)
        if before is not None:
            newest = newest.where(audit_entries.c.entry_index < before)
        if act is not None:
            newest = newest.where(audit_entries.c.act == act)
        if actor_id is not None:
            newest = newest.where(audit_entries.c.actor_id == actor_id)
        return self._closed(newest)

    def of_search(self, search_id: str) -> Sequence[TrailEntry]:
        """Every entry of one search, oldest first; private parts stay closed."""
        return self._closed(_oldest_first().where(audit_entries.c.search_id == search_id))

    def naming(self, names: Collection[str]) -> Iterator[TrailEntry]:
        """Entries in whose leaf one of the ids stands, oldest first, private parts closed; all are looked through."""
        wanted = [name.encode() for name in names]
        for row in self._connection.execute(_oldest_first().execution_options(yield_per=ROWS_AT_A_TIME)):
            if any(name in row.leaf for name in wanted):
                yield _trail_entry(row, None, None)

    def entry(self, index: int) -> TrailEntry:
        """Raises EntryUnknown."""
        for entry in self._entries(select(audit_entries).where(audit_entries.c.entry_index == index)):
            return entry
        raise EntryUnknown

    def stream(self) -> Iterator[TrailEntry]:
        """All entries, oldest first, without holding them in memory."""
        return self._entries(_oldest_first().execution_options(yield_per=ROWS_AT_A_TIME))

    def checkpoint(self) -> str:
        """The latest signed checkpoint; of an empty tree when nothing has happened yet. Raises StoredValueAltered."""
        latest = select(audit_checkpoints).order_by(audit_checkpoints.c.size.desc()).limit(1)
        row = self._connection.execute(latest).one_or_none()
        if row is None:
            return self._signed(0)
        if _size_of(row.note) != row.size:
            raise StoredValueAltered
        note: str = row.note
        return note

    def checkpoints(self) -> Iterator[str]:
        """All signed checkpoints, oldest first."""
        oldest_first = select(audit_checkpoints.c.note).order_by(audit_checkpoints.c.size)
        yield from self._connection.scalars(oldest_first.execution_options(yield_per=ROWS_AT_A_TIME))

    def receipt(self, index: int) -> Receipt:
        """Inclusion of entry `index` under the latest checkpoint; raises EntryUnknown or StoredValueAltered."""
        return self._receipt(index, self.checkpoint())

    def _receipt(self, index: int, note: str) -> Receipt:
        size = _size_of(note)
        leaf = self._connection.scalar(select(audit_entries.c.leaf).where(audit_entries.c.entry_index == index))
        if leaf is None or index >= size:
            raise EntryUnknown
        return Receipt(index, leaf, size, tuple(inclusion_proof(index, size, self._node)), note)

    def _signed(self, size: int) -> str:
        return sign(Checkpoint(self._signer.name, size, root(size, self._node)), self._signer)

    def _node(self, level: int, position: int) -> bytes:
        """The stored hash of a complete subtree; raises StoredValueAltered where somebody removed it."""
        node: bytes | None = self._connection.scalar(
            select(audit_nodes.c.hash).where(audit_nodes.c.level == level, audit_nodes.c.position == position)
        )
        if node is None:
            raise StoredValueAltered
        return node

    def _entries(self, selection: Select[Any]) -> Iterator[TrailEntry]:
        for row in self._connection.execute(selection):
            yield _trail_entry(row, *open_private(row, self._keys))

    def _closed(self, selection: Select[Any]) -> Sequence[TrailEntry]:
        return [_trail_entry(row, None, None) for row in self._connection.execute(selection)]


class SqlTrailWriter(SqlTrail):
    """Appends to the trail; the transaction it stands in holds the write lock."""

    def __init__(
        self, connection: Connection, keys: DataKeys, signer: Signer, clock: Clock, fresh_salt: Callable[[], bytes]
    ) -> None:
        super().__init__(connection, keys, signer)
        self._clock = clock
        self._fresh_salt = fresh_salt
        self._grown: dict[tuple[int, int], bytes] = {}

    def append(self, events: Sequence[Event]) -> Receipt:
        """Add an entry for each event and one checkpoint over all; returns the receipt of the first."""
        first, at = self.size(), self._moment()
        entries = [self._row(index, at, event) for index, event in enumerate(events, first)]
        for row in entries:
            self._grow(row["entry_index"], row["leaf_hash"])
        self._connection.execute(insert(audit_entries), entries)
        self._connection.execute(insert(audit_nodes), [_node_row(*place, node) for place, node in self._grown.items()])
        size = first + len(events)
        note = self._signed(size)
        self._connection.execute(insert(audit_checkpoints).values(size=size, note=note))
        return self._receipt(first, note)

    def _grow(self, index: int, hashed: bytes) -> None:
        for node in nodes_completed_by(index, hashed, self._node):
            self._grown[node.level, node.position] = node.hash

    def _node(self, level: int, position: int) -> bytes:
        """One of ours that is not stored yet, or a stored one; raises StoredValueAltered where somebody removed it."""
        return self._grown.get((level, position)) or super()._node(level, position)

    def _moment(self) -> datetime:
        """Now, or the time of the last entry where the clock was set back: the trail's time never runs back."""
        last = self._connection.scalar(select(audit_entries.c.at).order_by(audit_entries.c.entry_index.desc()).limit(1))
        now = self._clock.now()
        return now if last is None else max(now, last)

    def _row(self, index: int, at: datetime, event: Event) -> dict[str, Any]:
        salt = self._fresh_salt() if event.private else None
        leaf = encoded_leaf(index, at, event, salt)
        return {
            "entry_index": index,
            "at": at,
            "act": event.act,
            "actor_id": event.actor_id,
            "search_id": event.search_id,
            "leaf": leaf,
            "leaf_hash": leaf_hash(leaf),
            **self._sealed_private(index, event, salt),
        }

    def _sealed_private(self, index: int, event: Event, salt: bytes | None) -> dict[str, bytes | None]:
        if salt is None:
            return {"private": None, "salt": None}
        text = canonical(dict(event.private))
        return {
            "private": self._keys.seal(audit_entries.c.private, index, text),
            "salt": self._keys.seal(audit_entries.c.salt, index, salt),
        }


def _node_row(level: int, position: int, node: bytes) -> dict[str, Any]:
    return {"level": level, "position": position, "hash": node}


def encoded_leaf(index: int, at: datetime, event: Event, salt: bytes | None) -> bytes:
    """The canonical leaf of `event`; its private part, if `salt` is given, enters as a commitment."""
    bound = None if salt is None else commitment(salt, event.private)
    return Entry(index, at, event.act, event.actor_id or NOBODY, event.search_id, event.details, bound).leaf()


def _trail_entry(row: AnyRow, private: Mapping[str, Json] | None, salt: bytes | None) -> TrailEntry:
    return TrailEntry(
        row.entry_index, row.at, row.act, row.actor_id, row.search_id, row.leaf, row.leaf_hash, private, salt
    )


def open_private(row: AnyRow, keys: OpeningKeys) -> tuple[Mapping[str, Json] | None, bytes | None]:
    """Private part and salt of an `audit_entries` row; raises SealBroken."""
    private, salt = row.private, row.salt
    if private is not None:
        private = json.loads(keys.open(audit_entries.c.private, row.entry_index, private))
    if salt is not None:
        salt = keys.open(audit_entries.c.salt, row.entry_index, salt)
    return private, salt


def _size_of(note: object) -> int:
    """The size a signed note speaks of; raises StoredValueAltered where it cannot be a note of ours."""
    if not isinstance(note, str):
        raise StoredValueAltered
    try:
        return Checkpoint.from_text(note.rpartition("\n\n")[0] + "\n").size
    except CheckpointInvalid:
        raise StoredValueAltered from None


def _oldest_first() -> Select[Any]:
    return select(audit_entries).order_by(audit_entries.c.entry_index)
