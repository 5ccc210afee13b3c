"""A supervisor reads, opens and reviews; the reviewer is never the searcher."""

from __future__ import annotations

import pytest

from server.domain.actors import Role
from server.domain.errors import EntryUnknown, RoleMissing
from server.domain.events import Act
from server.domain.search import ReviewOutcome, SearchState
from server.domain.search_errors import AlreadyReviewed, ReviewOwnSearch, ReviewTooEarly, SearchUnknown
from tests.fakes.face_engine import photo
from tests.fakes.samples import PURPOSE
from tests.world import World

NOTE = "Asked the sergeant; the ground holds."


def test_closed_searches_wait_oldest_first(world: World) -> None:
    decided = world.decided(world.officer(), photo("ada"))
    expired = world.search(world.officer("3982"), photo("bo"))
    world.run_out()
    queue = world.workflows.supervision.queue(world.supervisor())
    assert [search.id for search in queue.searches] == [decided.id, expired.id]
    assert queue.searches[1].state is SearchState.EXPIRED
    assert set(queue.names.values()) == {"4471", "3982"}


def test_a_reviewed_search_waits_no_more(world: World) -> None:
    search, supervisor = world.decided(world.officer(), photo("ada")), world.supervisor()
    supervision = world.workflows.supervision
    receipt = supervision.review(supervisor, search.id, ReviewOutcome.JUSTIFIED, NOTE)
    assert receipt.leaf == world.last(Act.SEARCH_REVIEWED).leaf
    assert supervision.queue(supervisor).searches == []


def test_the_note_stands_outside_the_leaf(world: World) -> None:
    search = world.decided(world.officer(), photo("ada"))
    world.workflows.supervision.review(world.supervisor(), search.id, ReviewOutcome.FOLLOW_UP, NOTE)
    entry = world.last(Act.SEARCH_REVIEWED)
    assert entry.private == {"note": NOTE}
    assert NOTE.encode() not in entry.leaf
    assert b"follow-up" in entry.leaf


def test_a_dossier_holds_all_of_one_search_and_opening_it_is_recorded(world: World) -> None:
    officer, supervisor = world.officer(), world.supervisor()
    search = world.decided(officer, photo("ada"))
    world.decided(world.officer("3982"), photo("bo"))
    dossier = world.workflows.supervision.open(supervisor, search.id)
    assert dossier.search == search
    assert dossier.search.purpose == PURPOSE
    assert [entry.act for entry in dossier.entries] == [
        Act.SEARCH_ANSWERED,
        Act.DECISION_RECORDED,
        Act.PROBE_SHREDDED,
    ]
    assert dossier.names == {officer.id: "4471"}
    assert world.last(Act.SEARCH_CONSULTED).actor_id == supervisor.id


def test_a_dossier_shows_the_review(world: World) -> None:
    search, supervisor = world.decided(world.officer(), photo("ada")), world.supervisor()
    supervision = world.workflows.supervision
    assert supervision.open(supervisor, search.id).review is None
    supervision.review(supervisor, search.id, ReviewOutcome.JUSTIFIED, NOTE)
    review = supervision.open(supervisor, search.id).review
    assert review is not None
    assert (review.reviewer_id, review.note) == (supervisor.id, NOTE)


def test_the_trail_is_read_newest_first_in_pages(world: World) -> None:
    world.enrol("ada")
    supervisor = world.supervisor()
    first = world.workflows.supervision.trail(supervisor, None, 2)
    rest = world.workflows.supervision.trail(supervisor, first.entries[-1].index, 100)
    indices = [entry.index for entry in (*first.entries, *rest.entries)]
    assert indices == list(reversed(range(first.size)))


def test_the_trail_is_read_by_act_and_by_name(world: World) -> None:
    world.enrol("ada")
    supervisor, supervision = world.supervisor(), world.workflows.supervision
    added = supervision.trail(supervisor, None, 100, Act.SUBJECT_ADDED, "records")
    assert [entry.act for entry in added.entries] == [Act.SUBJECT_ADDED]
    assert set(added.names.values()) == {"records"}
    assert supervision.trail(supervisor, None, 100, name="nobody").entries == []


def test_one_entry_is_a_page_of_its_own(world: World) -> None:
    supervisor, supervision = world.supervisor(), world.workflows.supervision
    size = supervision.trail(supervisor, None, 1).size
    assert [entry.index for entry in supervision.entry(supervisor, 0).entries] == [0]
    (consulted,) = supervision.trail(supervisor, None, 1).entries
    assert (consulted.index, consulted.act) == (size, Act.ENTRY_CONSULTED)
    with pytest.raises(EntryUnknown):
        supervision.entry(supervisor, size + 1)


def test_a_page_of_the_trail_keeps_private_parts_closed(world: World) -> None:
    world.enrol("ada")
    page = world.workflows.supervision.trail(world.supervisor(), None, 100)
    assert {(entry.private, entry.salt) for entry in page.entries} == {(None, None)}


def test_everybody_may_have_an_entry_proved(world: World) -> None:
    for actor in (world.officer(), world.supervisor(), world.manager()):
        receipt = world.workflows.supervision.prove(actor, 0)
        assert receipt.checkpoint == world.workflows.supervision.checkpoint(actor)
    with pytest.raises(EntryUnknown):
        world.workflows.supervision.prove(world.officer(), 10**6)


# --- refusals --------------------------------------------------------------------------------------------------


def test_nobody_reviews_their_own_search(world: World) -> None:
    both = world.actor("sgt.lund", Role.OFFICER, Role.SUPERVISOR)
    search = world.decided(both, photo("ada"))
    with pytest.raises(ReviewOwnSearch):
        world.workflows.supervision.review(both, search.id, ReviewOutcome.JUSTIFIED, NOTE)
    assert Act.SEARCH_REVIEWED not in world.acts()


def test_an_open_search_is_not_reviewed(world: World) -> None:
    search = world.search(world.officer(), photo("ada"))
    with pytest.raises(ReviewTooEarly):
        world.workflows.supervision.review(world.supervisor(), search.id, ReviewOutcome.JUSTIFIED, NOTE)


def test_an_overdue_search_is_expired_and_then_reviewed(world: World) -> None:
    search = world.search(world.officer(), photo("ada"))
    world.run_out()
    world.workflows.supervision.review(world.supervisor(), search.id, ReviewOutcome.FOLLOW_UP, NOTE)
    assert world.acts()[-3:] == [Act.SEARCH_EXPIRED, Act.PROBE_SHREDDED, Act.SEARCH_REVIEWED]


def test_a_search_is_reviewed_once(world: World) -> None:
    search, supervision = world.decided(world.officer(), photo("ada")), world.workflows.supervision
    supervision.review(world.supervisor(), search.id, ReviewOutcome.JUSTIFIED, NOTE)
    with pytest.raises(AlreadyReviewed):
        supervision.review(world.supervisor("insp.berg"), search.id, ReviewOutcome.FOLLOW_UP, NOTE)


def test_an_unknown_search_is_neither_opened_nor_reviewed(world: World) -> None:
    supervisor, supervision = world.supervisor(), world.workflows.supervision
    before = world.acts()
    with pytest.raises(SearchUnknown):
        supervision.open(supervisor, "0" * 32)
    with pytest.raises(SearchUnknown):
        supervision.review(supervisor, "0" * 32, ReviewOutcome.JUSTIFIED, NOTE)
    assert world.acts() == before


def test_only_supervisors_supervise(world: World) -> None:
    search, supervision = world.decided(world.officer(), photo("ada")), world.workflows.supervision
    for actor in (world.officer(), world.manager()):
        for act in (
            supervision.queue,
            lambda one: supervision.open(one, search.id),
            lambda one: supervision.review(one, search.id, ReviewOutcome.JUSTIFIED, NOTE),
            lambda one: supervision.trail(one, None, 10),
            lambda one: supervision.entry(one, 0),
        ):
            with pytest.raises(RoleMissing):
                act(actor)
