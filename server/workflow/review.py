"""A supervisor reads the trail, opens a search, and reviews it. Looking is an act too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from server.domain.actors import Actor
from server.domain.events import Act, Event
from server.domain.search import Review, ReviewOutcome, Search
from server.domain.search_errors import ReviewOwnSearch, ReviewTooEarly
from server.workflow.access import Right, permit
from server.workflow.ports import Clock
from server.workflow.retention import Retention
from server.workflow.storage_ports import Database, Receipt, TrailEntry, View


@dataclass(frozen=True)
class Dossier:
    """One search with all that happened to it; `names` gives the sign-in name of each actor in it."""

    search: Search
    review: Review | None
    entries: Sequence[TrailEntry]
    names: Mapping[str, str]


@dataclass(frozen=True)
class TrailPage:
    """A page of the trail, newest first, of `size` entries in all."""

    entries: Sequence[TrailEntry]
    size: int
    names: Mapping[str, str]


@dataclass(frozen=True)
class Queue:
    """Closed searches that wait for a review, oldest first."""

    searches: Sequence[Search]
    names: Mapping[str, str]


@dataclass(frozen=True)
class Supervision:
    database: Database
    retention: Retention
    clock: Clock

    def queue(self, actor: Actor, limit: int = 100) -> Queue:
        permit(actor, Right.REVIEW)
        self.retention.sweep()
        with self.database.read() as view:
            waiting = view.searches.closed_unreviewed(limit)
            names = view.accounts.names([search.officer_id for search in waiting])
        return Queue(waiting, names)

    def waiting(self, actor: Actor) -> int:
        """How many searches the queue holds."""
        permit(actor, Right.REVIEW)
        with self.database.read() as view:
            return view.searches.count_unreviewed()

    def open(self, actor: Actor, search_id: str) -> Dossier:
        """Raises RoleMissing or SearchUnknown."""
        permit(actor, Right.REVIEW)
        self.retention.sweep()
        with self.database.write() as unit:
            dossier = _dossier(unit, search_id)
            unit.commit(Event(Act.SEARCH_CONSULTED, actor.id, search_id))
        return dossier

    def review(self, actor: Actor, search_id: str, outcome: ReviewOutcome, note: str) -> Receipt:
        """Raises RoleMissing, SearchUnknown, ReviewOwnSearch, ReviewTooEarly or AlreadyReviewed."""
        permit(actor, Right.REVIEW)
        self.retention.sweep()
        with self.database.write() as unit:
            search = unit.searches.get(search_id)
            if search.officer_id == actor.id:
                raise ReviewOwnSearch
            if search.undecided:
                raise ReviewTooEarly
            unit.searches.add_review(Review(search_id, actor.id, outcome, note, self.clock.now()))
            reviewed = Event(Act.SEARCH_REVIEWED, actor.id, search_id, {"outcome": outcome.value}, {"note": note})
            return unit.commit(reviewed)

    def trail(
        self, actor: Actor, before: int | None, limit: int, act: Act | None = None, name: str | None = None
    ) -> TrailPage:
        """Entries below index `before`, newest first, of one kind and one actor's sign-in name if given."""
        permit(actor, Right.READ_TRAIL)
        with self.database.read() as view:
            entries = _page(view, before, limit, act, name)
            return TrailPage(entries, view.trail.size(), _names(view, entries))

    def entry(self, actor: Actor, index: int) -> TrailPage:
        """One entry with its private part, as a page of its own; reading it is an entry too. Raises EntryUnknown."""
        permit(actor, Right.READ_TRAIL)
        with self.database.write() as unit:
            entry = unit.trail.entry(index)
            opened = TrailPage([entry], unit.trail.size(), _names(unit, [entry]))
            unit.commit(Event(Act.ENTRY_CONSULTED, actor.id, entry.search_id, {"entry": index}))
        return opened

    def checkpoint(self, actor: Actor) -> str:
        """The latest signed checkpoint, for every signed-in actor."""
        permit(actor, Right.PROVE)
        with self.database.read() as view:
            return view.trail.checkpoint()

    def prove(self, actor: Actor, index: int) -> Receipt:
        """Inclusion of one entry under the latest checkpoint; raises EntryUnknown."""
        permit(actor, Right.PROVE)
        with self.database.read() as view:
            return view.trail.receipt(index)


def _page(view: View, before: int | None, limit: int, act: Act | None, name: str | None) -> Sequence[TrailEntry]:
    if name is None:
        return view.trail.page(before, limit, act)
    account = view.accounts.by_name(name)
    return view.trail.page(before, limit, act, account.actor.id) if account else []


def _names(view: View, entries: Sequence[TrailEntry]) -> Mapping[str, str]:
    return view.accounts.names(sorted({entry.actor_id for entry in entries if entry.actor_id}))


def _dossier(view: View, search_id: str) -> Dossier:
    search = view.searches.get(search_id)
    entries = view.trail.of_search(search_id)
    return Dossier(search, view.searches.review(search_id), entries, _names(view, entries))
