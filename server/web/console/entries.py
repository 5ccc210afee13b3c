"""One entry of the trail as it is shown: read back from its leaf, and checked against the tree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from server.audit.checkpoint import Checkpoint
from server.audit.encoding import Entry, commitment
from server.audit.errors import MalformedEntry, ProofInvalid
from server.audit.merkle import leaf_hash, verify_inclusion
from server.domain.events import Json
from server.domain.probe import Place
from server.workflow.storage_ports import Receipt, TrailEntry

_SUBJECT_KEYS = ("ground", "label", "source")
_RESULT_KEYS = ("outcome", "judgement", "problem")


@dataclass(frozen=True)
class ShownEntry:
    """`details` are the leaf's own, so that what is read is what the tree binds."""

    stored: TrailEntry
    actor: str | None
    details: Mapping[str, Json]

    @property
    def about(self) -> Sequence[str]:
        return _texts(self.details, _SUBJECT_KEYS)

    @property
    def results(self) -> Sequence[str]:
        return _texts(self.details, _RESULT_KEYS)

    @property
    def private_place(self) -> bool:
        return self.details.get("place") in {place.value for place in Place if place.private}


def shown(entry: TrailEntry, names: Mapping[str, str]) -> ShownEntry:
    actor = names.get(entry.actor_id, entry.actor_id) if entry.actor_id else None
    return ShownEntry(entry, actor, _details(entry))


def flaw_of(entry: TrailEntry, receipt: Receipt) -> str | None:
    """What does not hold of a stored entry, as a sentence; None when all of it holds."""
    try:
        root = Checkpoint.from_text(receipt.checkpoint.rpartition("\n\n")[0] + "\n").root
        verify_inclusion(leaf_hash(entry.leaf), entry.index, receipt.size, receipt.proof, root)
        bound = Entry.from_leaf(entry.leaf)
    except ProofInvalid:
        return "The entry does not fit its place in the tree."
    except MalformedEntry:
        return "The entry cannot be read."
    if not _private_details_hold(entry, bound):
        return "The private details are not those that were recorded, or are gone."
    return None


def _private_details_hold(entry: TrailEntry, bound: Entry) -> bool:
    if entry.private is None or entry.salt is None:
        return entry.private is None and bound.commitment is None
    return commitment(entry.salt, entry.private) == bound.commitment


def _details(entry: TrailEntry) -> Mapping[str, Json]:
    try:
        return Entry.from_leaf(entry.leaf).details
    except MalformedEntry:
        return {}


def _texts(details: Mapping[str, Json], keys: Sequence[str]) -> Sequence[str]:
    return [text for key in keys if isinstance(text := details.get(key), str)]
