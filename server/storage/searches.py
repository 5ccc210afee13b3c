"""Searches, the vault keys of their probes, and their reviews."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, delete, exists, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from server.domain.decision import Decision, Judgement
from server.domain.errors import Conflict
from server.domain.search import Review, ReviewOutcome, Search, SearchState
from server.domain.search_errors import AlreadyReviewed, ProbeGone, SearchUnknown, UnresolvedSearch
from server.storage.data_keys import DataKeys
from server.storage.search_json import (
    candidates_from_json,
    candidates_to_json,
    capture_from_json,
    capture_to_json,
    decision_from_json,
    decision_to_json,
    purpose_from_json,
    purpose_to_json,
)
from server.storage.tables import AnyRow, probe_keys, reviews, searches

ROWS_AT_A_TIME = 500


class SqlSearches:
    """`ports.SearchesWriter` on one connection."""

    def __init__(self, connection: Connection, keys: DataKeys) -> None:
        self._connection = connection
        self._keys = keys

    def get(self, search_id: str) -> Search:
        """Raises SearchUnknown."""
        found = self._all(select(searches).where(searches.c.id == search_id))
        if not found:
            raise SearchUnknown
        return found[0]

    def undecided_of(self, officer_id: str) -> Search | None:
        found = self._all(
            select(searches).where(searches.c.officer_id == officer_id, searches.c.state == SearchState.ANSWERED)
        )
        return found[0] if found else None

    def overdue(self, now: datetime) -> Sequence[Search]:
        """Undecided searches whose time has run out, oldest first."""
        return self._all(
            select(searches)
            .where(searches.c.state == SearchState.ANSWERED, searches.c.expires_at <= now)
            .order_by(searches.c.expires_at, searches.c.id)
        )

    def closed_unreviewed(self, limit: int) -> Sequence[Search]:
        """Decided or expired searches that nobody has reviewed, oldest first."""
        oldest_first = select(searches).order_by(searches.c.closed_at, searches.c.id)
        return self._all(oldest_first.where(_closed_unreviewed()).limit(limit))

    def count_unreviewed(self) -> int:
        """How many `closed_unreviewed` would give without a limit."""
        return self._connection.scalar(select(func.count()).select_from(searches).where(_closed_unreviewed())) or 0

    def recent(self, limit: int, state: SearchState | None = None) -> Sequence[Search]:
        newest = select(searches).order_by(searches.c.answered_at.desc(), searches.c.id.desc()).limit(limit)
        return self._all(newest if state is None else newest.where(searches.c.state == state))

    def closed_with(self, subject_id: str) -> Iterator[Search]:
        """Decided or expired searches that put the subject forward, oldest first; all are looked through."""
        closed = select(searches).where(searches.c.state != SearchState.ANSWERED)
        oldest_first = closed.order_by(searches.c.answered_at, searches.c.id)
        for row in self._connection.execute(oldest_first.execution_options(yield_per=ROWS_AT_A_TIME)):
            candidates = candidates_from_json(self._keys.open(searches.c.candidates, row.id, row.candidates))
            if any(candidate.subject_id == subject_id for candidate in candidates):
                yield self._search(row)

    def review(self, search_id: str) -> Review | None:
        row = self._connection.execute(select(reviews).where(reviews.c.search_id == search_id)).one_or_none()
        if row is None:
            return None
        note = self._keys.open(reviews.c.note, search_id, row.note).decode()
        return Review(row.search_id, row.reviewer_id, ReviewOutcome(row.outcome), note, row.reviewed_at)

    def add(self, search: Search, probe_key: bytes) -> None:
        """Raises UnresolvedSearch when the officer has an undecided one, also under concurrency."""
        try:
            with self._connection.begin_nested():
                self._connection.execute(insert(searches).values(id=search.id, **self._columns(search)))
        except IntegrityError as error:
            undecided = self.undecided_of(search.officer_id)
            if undecided is None:
                raise
            raise UnresolvedSearch(undecided.id) from error
        sealed = self._keys.seal(probe_keys.c.key, search.id, probe_key)
        self._connection.execute(insert(probe_keys).values(search_id=search.id, key=sealed))

    def update(self, search: Search, previous: Search) -> None:
        """Replace `previous` by `search`; raises Conflict if the stored one is not `previous` any more."""
        if self.get(previous.id) != previous:
            raise Conflict
        self._connection.execute(update(searches).where(searches.c.id == previous.id).values(**self._columns(search)))

    def probe_key(self, search_id: str) -> bytes:
        """The vault key of an undecided search; raises ProbeGone once shredded."""
        sealed = self._connection.scalar(select(probe_keys.c.key).where(probe_keys.c.search_id == search_id))
        if sealed is None:
            raise ProbeGone
        return self._keys.open(probe_keys.c.key, search_id, sealed)

    def shred_probe_key(self, search_id: str) -> None:
        """Delete the vault key: what the vault still holds can never be opened again."""
        self._connection.execute(delete(probe_keys).where(probe_keys.c.search_id == search_id))

    def add_review(self, review: Review) -> None:
        """Raises AlreadyReviewed."""
        if self.review(review.search_id) is not None:
            raise AlreadyReviewed
        self._connection.execute(
            insert(reviews).values(
                search_id=review.search_id,
                reviewer_id=review.reviewer_id,
                outcome=review.outcome,
                note=self._keys.seal(reviews.c.note, review.search_id, review.note.encode()),
                reviewed_at=review.reviewed_at,
            )
        )

    def _all(self, selection: Select[Any]) -> list[Search]:
        return [self._search(row) for row in self._connection.execute(selection)]

    def _columns(self, search: Search) -> dict[str, object]:
        """Every column but the id, which never changes."""
        return {
            "officer_id": search.officer_id,
            "state": search.state,
            "answered_at": search.answered_at,
            "expires_at": search.expires_at,
            "closed_at": search.closed_at,
            "model": search.model,
            "threshold": search.threshold,
            "policy_version": search.policy_version,
            "seed": search.seed,
            "purpose": self._keys.seal(searches.c.purpose, search.id, purpose_to_json(search.purpose)),
            "candidates": self._keys.seal(searches.c.candidates, search.id, candidates_to_json(search.candidates)),
            "judgements": dict(search.judgements),
            "decision": self._sealed_decision(search),
            "capture": capture_to_json(search.capture),
        }

    def _sealed_decision(self, search: Search) -> bytes | None:
        if search.decision is None:
            return None
        return self._keys.seal(searches.c.decision, search.id, decision_to_json(search.decision))

    def _decision(self, row: AnyRow) -> Decision | None:
        if row.decision is None:
            return None
        return decision_from_json(self._keys.open(searches.c.decision, row.id, row.decision))

    def _search(self, row: AnyRow) -> Search:
        return Search(
            id=row.id,
            officer_id=row.officer_id,
            purpose=purpose_from_json(self._keys.open(searches.c.purpose, row.id, row.purpose)),
            candidates=candidates_from_json(self._keys.open(searches.c.candidates, row.id, row.candidates)),
            seed=row.seed,
            model=row.model,
            threshold=row.threshold,
            policy_version=row.policy_version,
            answered_at=row.answered_at,
            expires_at=row.expires_at,
            state=SearchState(row.state),
            judgements={label: Judgement(judgement) for label, judgement in row.judgements.items()},
            decision=self._decision(row),
            closed_at=row.closed_at,
            capture=capture_from_json(row.capture),
        )


def _closed_unreviewed() -> ColumnElement[bool]:
    reviewed = exists().where(reviews.c.search_id == searches.c.id)
    return (searches.c.state != SearchState.ANSWERED) & ~reviewed
