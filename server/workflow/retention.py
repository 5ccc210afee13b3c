"""Closing what is overdue: an undecided search expires, and its probe is shredded with it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from server.domain.errors import CacheUnavailable, Conflict
from server.domain.events import Act, Event
from server.domain.search import Search
from server.workflow.ports import Clock, ProbeVault
from server.workflow.storage_ports import Database


@dataclass(frozen=True)
class Retention:
    database: Database
    vault: ProbeVault
    clock: Clock

    def sweep(self) -> int:
        """Expire every overdue search; returns how many. Called before each act on searches and by the clock."""
        with self.database.read() as view:
            overdue = view.searches.overdue(self.clock.now())
        for search in overdue:
            with suppress(Conflict):  # decided or expired by somebody else since we looked
                self._expire(search)
        return len(overdue)

    def shred(self, search_id: str) -> None:
        """Drop the vault's ciphertext, whose key was deleted with the commit before this call."""
        with suppress(CacheUnavailable):  # unreadable without its key, and gone at its time limit
            self.vault.discard(search_id)

    def _expire(self, search: Search) -> None:
        expired = search.expire(self.clock.now())
        with self.database.write() as unit:
            unit.searches.update(expired, previous=search)
            unit.searches.shred_probe_key(search.id)
            unit.commit(
                Event(Act.SEARCH_EXPIRED, None, search.id, {"officer": search.officer_id}),
                Event(Act.PROBE_SHREDDED, None, search.id),
            )
        self.shred(search.id)
