"""What every Database does with searches, the keys of their probes, and reviews."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from server.domain.decision import Corroboration, Decision, Judgement, Outcome
from server.domain.errors import Conflict
from server.domain.search import Review, ReviewOutcome, Search, SearchState
from server.domain.search_errors import AlreadyReviewed, ProbeGone, SearchUnknown, UnresolvedSearch
from tests.fakes.clock import NOON
from tests.fakes.samples import HAPPENED, TIME_TO_DECIDE, search
from tests.ports.database_kinds import AnyDatabase

KEY = b"k" * 32
DECISION = Decision(
    Outcome.CANDIDATE, "B", frozenset({Corroboration.DOCUMENT, Corroboration.FINGERPRINT}), "The ear differs."
)


def decided(answered: Search) -> Search:
    now = answered.answered_at + timedelta(minutes=1)
    judged = answered.judge("A", Judgement.DIFFERENT, now).judge("B", Judgement.SAME, now)
    return judged.decide(DECISION, now)


def store(database: AnyDatabase, *added: Search) -> None:
    with database.write() as unit:
        for one in added:
            unit.searches.add(one, KEY)
        unit.commit(HAPPENED)


def replace_stored(database: AnyDatabase, changed: Search, previous: Search) -> None:
    with database.write() as unit:
        unit.searches.update(changed, previous)
        unit.commit(HAPPENED)


def ids(found: Sequence[Search]) -> list[str]:
    return [one.id for one in found]


def test_a_search_comes_back_as_it_went_in(database: AnyDatabase) -> None:
    store(database, search())
    with database.read() as view:
        assert view.searches.get("search-1") == search()
        assert view.searches.undecided_of("officer-1") == search()
        assert view.searches.undecided_of("officer-2") is None
        with pytest.raises(SearchUnknown):
            view.searches.get("search-9")


def test_a_decision_comes_back_as_it_went_in(database: AnyDatabase) -> None:
    store(database, search())
    replace_stored(database, decided(search()), search())
    with database.read() as view:
        assert view.searches.get("search-1") == decided(search())
        assert view.searches.undecided_of("officer-1") is None


def test_an_empty_list_comes_back_empty(database: AnyDatabase) -> None:
    empty = replace(search(), candidates=())
    store(database, empty)
    with database.read() as view:
        assert view.searches.get("search-1") == empty


def test_an_officer_decides_before_the_next_search(database: AnyDatabase) -> None:
    store(database, search(1))
    with database.write() as unit, pytest.raises(UnresolvedSearch) as refused:
        unit.searches.add(search(2), KEY)
    assert refused.value.search_id == "search-1"
    store(database, search(2, officer=2))
    replace_stored(database, decided(search(1)), search(1))
    store(database, search(3))


def test_a_stale_update_conflicts(database: AnyDatabase) -> None:
    store(database, search())
    now = search().answered_at
    replace_stored(database, search().judge("A", Judgement.SAME, now), search())
    with database.write() as unit, pytest.raises(Conflict):
        unit.searches.update(search().judge("B", Judgement.SAME, now), search())


def test_the_probe_key_is_shredded_in_the_transaction_of_the_decision(database: AnyDatabase) -> None:
    store(database, search())
    with database.write() as unit:
        unit.searches.update(decided(search()), search())
        unit.searches.shred_probe_key("search-1")
    with database.write() as unit:
        assert unit.searches.get("search-1").undecided
        assert unit.searches.probe_key("search-1") == KEY
        unit.searches.update(decided(search()), search())
        unit.searches.shred_probe_key("search-1")
        unit.commit(HAPPENED)
    with database.write() as unit:
        assert not unit.searches.get("search-1").undecided
        with pytest.raises(ProbeGone):
            unit.searches.probe_key("search-1")
        unit.searches.shred_probe_key("search-1")


def test_overdue_searches_are_found_oldest_first(database: AnyDatabase) -> None:
    store(database, search(3, officer=3), search(1, officer=1), search(2, officer=2))
    replace_stored(database, decided(search(2, officer=2)), search(2, officer=2))
    last_moment = search(3).answered_at + TIME_TO_DECIDE
    with database.read() as view:
        assert ids(view.searches.overdue(NOON)) == []
        assert ids(view.searches.overdue(last_moment - timedelta(microseconds=1))) == ["search-1"]
        assert ids(view.searches.overdue(last_moment)) == ["search-1", "search-3"]


def test_recent_searches_are_listed_newest_first(database: AnyDatabase) -> None:
    store(database, *(search(number, officer=number) for number in (2, 1, 3)))
    replace_stored(database, decided(search(1)), search(1))
    with database.read() as view:
        assert ids(view.searches.recent(10)) == ["search-3", "search-2", "search-1"]
        assert ids(view.searches.recent(2)) == ["search-3", "search-2"]
        assert ids(view.searches.recent(10, SearchState.DECIDED)) == ["search-1"]


def test_a_closed_search_waits_for_one_review(database: AnyDatabase) -> None:
    store(database, *(search(number, officer=number) for number in (1, 2, 3)))
    replace_stored(database, decided(search(2, officer=2)), search(2, officer=2))
    expired = search(1).expire(search(1).expires_at)
    replace_stored(database, expired, search(1))
    review = Review("search-2", "supervisor-1", ReviewOutcome.FOLLOW_UP, "Ask for the document.", NOON)
    with database.write() as unit:
        assert ids(unit.searches.closed_unreviewed(10)) == ["search-2", "search-1"]
        assert ids(unit.searches.closed_unreviewed(1)) == ["search-2"]
        assert unit.searches.count_unreviewed() == 2
        unit.searches.add_review(review)
        with pytest.raises(AlreadyReviewed):
            unit.searches.add_review(replace(review, outcome=ReviewOutcome.JUSTIFIED))
        unit.commit(HAPPENED)
    with database.read() as view:
        assert view.searches.review("search-2") == review
        assert view.searches.review("search-1") is None
        assert ids(view.searches.closed_unreviewed(10)) == ["search-1"]
