"""How far an erasure has come: which matchers and stored rows have dropped what was erased, and the receipt of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from server.domain.actors import Actor
from server.domain.errors import EntryUnknown
from server.domain.events import Act, Event, Json
from server.domain.matchers import Standing
from server.workflow.access import Right, permit
from server.workflow.ports import GallerySource, Matchers
from server.workflow.storage_ports import Database, Receipt, Trail, TrailEntry

PAGE = 100
REMOVALS = (Act.REFERENCE_ERASED, Act.REFERENCE_WITHDRAWN)
ERASURES = frozenset({Act.SUBJECT_ERASED, *REMOVALS})


@dataclass(frozen=True)
class Erasure:
    """The erasure of trail entry `index` took what it erased out of the database as gallery change `version`.

    `standing`: how far it has come elsewhere by now. `receipt` proves the entry that it has reached everything; None
    before.
    """

    index: int
    version: int
    standing: Standing
    receipt: Receipt | None


@dataclass(frozen=True)
class Erasures:
    """The database is cleared with the commit of an erasure, and no search shows what it has not: this is the rest."""

    database: Database
    records: GallerySource
    matchers: Matchers

    def asked(self, actor: Actor, index: int) -> Erasure:
        """Raises RoleMissing, EntryUnknown unless entry `index` is an erasure, or CacheUnavailable."""
        permit(actor, Right.FOLLOW_ERASURE)
        return self.look(index)

    def look(self, index: int) -> Erasure:
        """As `asked`, for the operator of this machine."""
        with self.database.read() as view:
            entry = view.trail.entry(index)
        if entry.act not in ERASURES:
            raise EntryUnknown
        version = self._version(entry)
        self.settle()
        with self.database.read() as view:
            done = _completion(view.trail, entry)
            receipt = None if done is None else view.trail.receipt(done.index)
        return Erasure(index, version, self.matchers.standing(), receipt)

    def settle(self) -> None:
        """Record the erasures that have reached every matcher and all stored rows since the last time.

        Called by the clock, and before an answer. Raises CacheUnavailable.
        """
        with self.database.read() as view:
            if not _outstanding(view.trail):
                return
        standing = self.matchers.standing()
        with self.database.write() as unit:
            done = [entry for entry in _outstanding(unit.trail) if standing.reached(self._version(entry))]
            if done:
                version = max(self._version(entry) for entry in done)
                unit.commit(_completed(done, version, standing))

    def _version(self, entry: TrailEntry) -> int:
        """Entries from before versions were noted stand for the newest change, which is later than theirs."""
        return _noted(entry) or self.records.version()


def _outstanding(trail: Trail) -> Sequence[TrailEntry]:
    """The removals that no completion covers, oldest first; a completion covers all up to its version."""
    last = next(iter(trail.page(None, 1, Act.ERASURE_COMPLETED)), None)
    covered = -1 if last is None else _noted(last)
    open_ones: list[TrailEntry] = []
    for act in REMOVALS:
        for entry in _newest_first(trail, act):
            if _noted(entry) <= covered:
                break
            open_ones.append(entry)
    return sorted(open_ones, key=lambda entry: entry.index)


def _completion(trail: Trail, erasure: TrailEntry) -> TrailEntry | None:
    """The earliest completion that covers `erasure`."""
    found = None
    for entry in _newest_first(trail, Act.ERASURE_COMPLETED):
        if entry.index < erasure.index or _noted(entry) < _noted(erasure):
            break
        found = entry
    return found


def _noted(entry: TrailEntry) -> int:
    """The gallery change that an entry notes; 0 where it notes none."""
    version = json.loads(entry.leaf)["details"].get("version", 0)
    return int(version)


def _newest_first(trail: Trail, act: Act) -> Iterator[TrailEntry]:
    before = None
    while page := trail.page(before, PAGE, act):
        yield from page
        before = page[-1].index


def _completed(done: Sequence[TrailEntry], version: int, standing: Standing) -> Event:
    details: dict[str, Json] = {
        "version": version,
        "references": [json.loads(entry.leaf)["details"]["reference"] for entry in done],
        "cache": dict(standing.stored),
        "matchers": [
            {"matcher": matcher.id, "model": matcher.model, "version": matcher.version, "at": matcher.at.isoformat()}
            for matcher in standing.matchers
        ],
    }
    return Event(Act.ERASURE_COMPLETED, None, details=details)
