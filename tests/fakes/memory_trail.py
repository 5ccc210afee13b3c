"""An in-memory audit trail with real leaves, a real Merkle tree and really signed checkpoints."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace

from server.audit.checkpoint import Checkpoint, Signer, sign
from server.audit.errors import AuditError
from server.audit.merkle import inclusion_proof, leaf_hash, nodes_completed_by, root
from server.domain.errors import EntryUnknown, RequestInvalid
from server.domain.events import Event
from server.storage.audit_log import encoded_leaf
from server.workflow.ports import Clock
from server.workflow.storage_ports import Receipt, TrailEntry


@dataclass(frozen=True)
class TrailState:
    """What a commit replaces as a whole."""

    entries: tuple[TrailEntry, ...] = ()
    nodes: dict[tuple[int, int], bytes] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


class MemoryTrail:
    """`ports.Trail` over one state."""

    def __init__(self, state: TrailState, signer: Signer) -> None:
        self.state = state
        self._signer = signer

    def size(self) -> int:
        return len(self.state.entries)

    def page(
        self, before: int | None, limit: int, act: str | None = None, actor_id: str | None = None
    ) -> Sequence[TrailEntry]:
        wanted = [
            entry
            for entry in reversed(self.state.entries)
            if (before is None or entry.index < before)
            and (act is None or entry.act == act)
            and (actor_id is None or entry.actor_id == actor_id)
        ]
        return [_closed(entry) for entry in wanted[:limit]]

    def of_search(self, search_id: str) -> Sequence[TrailEntry]:
        return [_closed(entry) for entry in self.state.entries if entry.search_id == search_id]

    def naming(self, names: Collection[str]) -> Iterator[TrailEntry]:
        wanted = [name.encode() for name in names]
        yield from (_closed(entry) for entry in self.state.entries if any(name in entry.leaf for name in wanted))

    def entry(self, index: int) -> TrailEntry:
        if not 0 <= index < self.size():
            raise EntryUnknown
        return self.state.entries[index]

    def stream(self) -> Iterator[TrailEntry]:
        yield from self.state.entries

    def checkpoint(self) -> str:
        return self.state.notes[-1] if self.state.notes else self._signed()

    def checkpoints(self) -> Iterator[str]:
        yield from self.state.notes

    def receipt(self, index: int) -> Receipt:
        leaf = self.entry(index).leaf
        proof = inclusion_proof(index, self.size(), self._node)
        return Receipt(index, leaf, self.size(), tuple(proof), self.checkpoint())

    def append(self, events: Sequence[Event], clock: Clock, fresh_salt: Callable[[], bytes]) -> int:
        """Add an entry for each event and one checkpoint over all; returns the index of the first."""
        first = self.size()
        at = max([clock.now(), *(entry.at for entry in self.state.entries[-1:])])
        for event in events:
            salt = fresh_salt() if event.private else None
            try:
                leaf = encoded_leaf(self.size(), at, event, salt)
            except AuditError as error:
                raise RequestInvalid from error
            private = dict(event.private) if event.private else None
            self._add(
                TrailEntry(
                    self.size(), at, event.act, event.actor_id, event.search_id, leaf, leaf_hash(leaf), private, salt
                )
            )
        self.state = replace(self.state, notes=(*self.state.notes, self._signed()))
        return first

    def _add(self, entry: TrailEntry) -> None:
        completed = nodes_completed_by(entry.index, entry.leaf_hash, self._node)
        nodes = self.state.nodes | {(node.level, node.position): node.hash for node in completed}
        self.state = replace(self.state, entries=(*self.state.entries, entry), nodes=nodes)

    def _node(self, level: int, position: int) -> bytes:
        return self.state.nodes[level, position]

    def _signed(self) -> str:
        return sign(Checkpoint(self._signer.name, self.size(), root(self.size(), self._node)), self._signer)


def _closed(entry: TrailEntry) -> TrailEntry:
    return replace(entry, private=None, salt=None)
