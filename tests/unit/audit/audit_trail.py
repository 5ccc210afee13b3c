"""A small audit trail to check and to spoil: entries, their hashes and signed checkpoints."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from server.audit.checkpoint import Checkpoint, Signer, sign
from server.audit.encoding import Entry, commitment
from server.audit.merkle import Frontier, leaf_hash
from server.audit.verify import StoredEntry

START = datetime(2026, 11, 23, 9, tzinfo=UTC)
SIGNER = Signer.from_seed("oifr.example", bytes(range(32)))
OTHER_SIGNER = Signer.from_seed("oifr.example", bytes(32))


def entry(index: int) -> Entry:
    return Entry(
        index=index,
        at=START + timedelta(seconds=index),
        kind="search-answered",
        actor=f"officer-{index % 3}",
        search=f"search-{index}",
        details={"candidates": index % 7, "model": "dlib"},
        commitment=commitment(salt(index), private(index)) if index % 2 else None,
    )


def salt(index: int) -> bytes:
    return index.to_bytes(16)


def private(index: int) -> dict[str, object]:
    return {"necessity": f"words of the officer, {index}"}


def stored(index: int) -> StoredEntry:
    return store(entry(index))


def store(given: Entry) -> StoredEntry:
    """What a store holds for an entry whose private data are those of its index."""
    leaf = given.leaf()
    has_private = given.commitment is not None
    return StoredEntry(
        leaf,
        leaf_hash(leaf),
        private(given.index) if has_private else None,
        salt(given.index) if has_private else None,
    )


def trail(size: int) -> list[StoredEntry]:
    return [stored(index) for index in range(size)]


def rewritten(original: StoredEntry, **changes: object) -> StoredEntry:
    """The entry with other fields, its hash rewritten to fit: the work of a careful forger."""
    leaf = replace(Entry.from_leaf(original.leaf), **changes).leaf()  # type: ignore[arg-type]  # test data
    return original._replace(leaf=leaf, leaf_hash=leaf_hash(leaf))


def root_of(entries: Iterable[StoredEntry]) -> bytes:
    frontier = Frontier()
    for each in entries:
        frontier.append(each.leaf_hash)
    return frontier.root()


def note(entries: list[StoredEntry], size: int, signer: Signer = SIGNER) -> str:
    return sign(Checkpoint(signer.name, size, root_of(entries[:size])), signer)


def notes(entries: list[StoredEntry], *sizes: int) -> list[str]:
    return [note(entries, size) for size in sizes]
