"""Check a log against its signed checkpoints in one pass, and name the first bad entry.

A root alone says that something changed, not where. Each stored entry therefore comes with
its stored leaf hash, which catches a careless edit exactly; index and time catch entries that
were removed, moved, added or dated back; and where somebody rewrote the hashes as well, the
checkpoints still narrow the change down to the entries between two of them.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from server.audit.checkpoint import Checkpoint, Verifier, verify
from server.audit.encoding import Entry, commitment
from server.audit.errors import CheckpointInvalid, MalformedEntry, NotCanonical
from server.audit.merkle import Frontier, leaf_hash


class Unreadable(NamedTuple):
    """Stands in the place of what a store or an export should give; `reason` is a sentence for people."""

    reason: str


class StoredEntry(NamedTuple):
    """An entry as a store or an export gives it; private and salt are None where there are none."""

    leaf: bytes
    leaf_hash: bytes
    private: Mapping[str, Any] | Unreadable | None
    salt: bytes | None


class ProblemKind(StrEnum):
    EDITED = "edited"
    MALFORMED = "malformed"
    MISSING = "missing"
    OUT_OF_ORDER = "out-of-order"
    REPEATED = "repeated"
    BACK_DATED = "back-dated"
    PRIVATE_DATA_CHANGED = "private-data-changed"
    PRIVATE_DATA_MISSING = "private-data-missing"
    REWRITTEN = "rewritten"
    TRUNCATED = "truncated"
    CHECKPOINTS_DISAGREE = "checkpoints-disagree"
    CHECKPOINT_INVALID = "checkpoint-invalid"
    NO_CHECKPOINT = "no-checkpoint"


@dataclass(frozen=True, slots=True)
class Problem:
    """The first thing that is wrong.

    `first` and `last` bound the bad entries by index: equal where one entry is named,
    and None where a checkpoint and no entry is at fault. `reason` is a sentence for people.
    """

    kind: ProblemKind
    reason: str
    first: int | None = None
    last: int | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """What a verification found.

    `entries` counts the sound entries before the problem, or all of them; `root` is the
    root over those; `checkpoints` counts the checkpoints that hold; the first
    `signed_entries` entries stand under one of these. Entries after them are consistent
    in themselves, but nothing signed proves them yet. `without_private` counts, among the sound
    ones, those whose private data are gone although a commitment speaks of them.
    """

    entries: int
    signed_entries: int
    checkpoints: int
    root: bytes
    problem: Problem | None
    without_private: int = 0


def verify_entries(
    entries: Iterable[StoredEntry | Unreadable], notes: Iterable[str | Unreadable], verifier: Verifier
) -> Report:
    """Check entries, in log order, against signed checkpoint notes in any order.

    Memory holds the checkpoints and a few hashes, never the entries. A problem of an entry
    is reported before a problem of a checkpoint.
    """
    checkpoints, checkpoint_problem = _open_notes(notes, verifier)
    walk = _Walk(checkpoints)
    found = [walk.through(iter(entries)), walk.missing_private(), checkpoint_problem]
    problem = min(filter(None, found), key=place, default=None)
    if problem is None and not checkpoints:
        problem = Problem(ProblemKind.NO_CHECKPOINT, "no signed checkpoint vouches for these entries")
    size, signed, root = walk.frontier.size, walk.signed_entries, walk.frontier.root()
    return Report(size, signed, walk.confirmed, root, problem, walk.without_private)


def _open_notes(notes: Iterable[str | Unreadable], verifier: Verifier) -> tuple[list[Checkpoint], Problem | None]:
    """The valid checkpoints, the largest first, and the first note that is not valid."""
    checkpoints, problem = [], None
    for number, note in enumerate(notes, start=1):
        try:
            checkpoints.append(_opened(note, verifier))
        except CheckpointInvalid as error:
            reason = f"checkpoint {number} does not hold: {error}"
            problem = problem or Problem(ProblemKind.CHECKPOINT_INVALID, reason)
    return sorted(checkpoints, key=lambda checkpoint: checkpoint.size, reverse=True), problem


def _opened(note: str | Unreadable, verifier: Verifier) -> Checkpoint:
    if isinstance(note, Unreadable):
        raise CheckpointInvalid(note.reason)
    return verify(note, verifier)


def place(problem: Problem) -> tuple[bool, int]:
    """The order of problems: those of entries by their index, then those of checkpoints and of the tree as a whole."""
    return problem.first is None, problem.first or 0


class _Walk:
    """One pass over the entries; `frontier` covers those found sound so far.

    Private data that are gone stop no pass, for the tree binds nothing but their commitment.
    """

    def __init__(self, checkpoints: list[Checkpoint]) -> None:
        self.frontier = Frontier()
        self.signed_entries = 0
        self.confirmed = 0
        self.without_private = 0
        self._first_without_private: int | None = None
        self._pending = [*checkpoints]
        self._last_at: datetime | None = None

    def through(self, entries: Iterator[StoredEntry | Unreadable]) -> Problem | None:
        problem = self._settle_checkpoints()
        for stored in entries:
            problem = problem or self._advance(stored, entries)
            if problem is not None:
                return problem
        return problem or self._check_end()

    def _advance(
        self, stored: StoredEntry | Unreadable, following: Iterator[StoredEntry | Unreadable]
    ) -> Problem | None:
        """Take one entry in; a checkpoint of the size then reached is settled at once."""
        if isinstance(stored, Unreadable):
            return _bad(ProblemKind.MALFORMED, self.frontier.size, stored.reason)
        problem = self._check(stored, following)
        if problem is not None:
            return problem
        self.frontier.append(stored.leaf_hash)
        return self._settle_checkpoints()

    def _check(self, stored: StoredEntry, following: Iterator[StoredEntry | Unreadable]) -> Problem | None:
        index = self.frontier.size
        if leaf_hash(stored.leaf) != stored.leaf_hash:
            return _bad(ProblemKind.EDITED, index, "its content does not give its stored hash")
        try:
            entry = Entry.from_leaf(stored.leaf)
        except MalformedEntry as error:
            return _bad(ProblemKind.MALFORMED, index, str(error))
        if entry.index != index:
            return _misplaced(entry.index, index, following)
        if self._last_at is not None and entry.at < self._last_at:
            return _bad(ProblemKind.BACK_DATED, index, "it is dated before the entry in front of it")
        self._last_at = entry.at
        if stored.private is None and stored.salt is None and entry.commitment is not None:
            self._note_without_private(index)
        return _check_private(entry, stored)

    def missing_private(self) -> Problem | None:
        """The first entry whose private data are gone. No act of this version erases them, so somebody else did."""
        first, count = self._first_without_private, self.without_private
        if first is None:
            return None
        reason = f"its private data are erased ({count} such entries in all), and no act in the trail accounts for it"
        return _bad(ProblemKind.PRIVATE_DATA_MISSING, first, reason)

    def _note_without_private(self, index: int) -> None:
        self.without_private += 1
        if self._first_without_private is None:
            self._first_without_private = index

    def _settle_checkpoints(self) -> Problem | None:
        """Compare the root with every checkpoint of the present size."""
        size = self.frontier.size
        while self._pending and self._pending[-1].size == size:
            if self._pending.pop().root != self.frontier.root():
                return self._mismatch(size)
            self.signed_entries = size
            self.confirmed += 1
        return None

    def _mismatch(self, size: int) -> Problem:
        first, last = self.signed_entries, size - 1
        if first > last:
            reason = f"two signed checkpoints of size {size} disagree"
            return Problem(ProblemKind.CHECKPOINTS_DISAGREE, reason)
        reason = f"something changed between entries {first} and {last}: the signed root of {size} differs"
        return Problem(ProblemKind.REWRITTEN, reason, first, last)

    def _check_end(self) -> Problem | None:
        if not self._pending:
            return None
        present, signed = self.frontier.size, self._pending[0].size
        reason = f"entries {present} to {signed - 1} are gone: a signed checkpoint counts {signed}"
        return Problem(ProblemKind.TRUNCATED, reason, present, signed - 1)


def _check_private(entry: Entry, stored: StoredEntry) -> Problem | None:
    if isinstance(stored.private, Unreadable):
        return _bad(ProblemKind.PRIVATE_DATA_CHANGED, entry.index, stored.private.reason)
    if stored.private is None and stored.salt is None:
        return None
    if stored.private is None or stored.salt is None:
        reason = "its private data and their salt are not erased together"
        return _bad(ProblemKind.PRIVATE_DATA_CHANGED, entry.index, reason)
    try:
        holds = commitment(stored.salt, stored.private) == entry.commitment
    except NotCanonical:
        holds = False
    if holds:
        return None
    reason = "its private data do not give the commitment in the entry"
    return _bad(ProblemKind.PRIVATE_DATA_CHANGED, entry.index, reason)


def _misplaced(found: int, expected: int, following: Iterator[StoredEntry | Unreadable]) -> Problem:
    """Tell a removed entry from a moved one by looking for it in all that follows."""
    if found == expected - 1:
        return _bad(ProblemKind.REPEATED, found, "two entries carry this number")
    if found < expected:
        return _bad(ProblemKind.REPEATED, expected, f"a second entry {found} stands in its place")
    if any(_claims_index(stored, expected) for stored in following):
        return _bad(ProblemKind.OUT_OF_ORDER, expected, f"entry {found} stands in its place, it comes later")
    return _bad(ProblemKind.MISSING, expected, f"it is missing, entry {found} follows")


def _claims_index(stored: StoredEntry | Unreadable, index: int) -> bool:
    if isinstance(stored, Unreadable):
        return False
    try:
        return Entry.from_leaf(stored.leaf).index == index
    except MalformedEntry:
        return False


def _bad(kind: ProblemKind, index: int, reason: str) -> Problem:
    return Problem(kind, f"entry {index}: {reason}", index, index)
