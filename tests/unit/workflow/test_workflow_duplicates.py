"""Pairs of records: listed for a human, settled by a human, each time with an entry."""

from __future__ import annotations

import pytest

from server.domain.duplicates import Verdict
from server.domain.errors import RoleMissing
from server.domain.events import Act
from server.domain.gallery_errors import DuplicateUnknown, ReferenceHeld
from server.domain.image_errors import PoorReference
from server.workflow.duplicates import MOST_PAIRS, DuplicateReview
from tests.fakes.face_engine import photo
from tests.world import PROVENANCE, World


@pytest.fixture
def review(world: World) -> DuplicateReview:
    """Three of one family, who look alike: three pairs."""
    for person in ("berg-1", "berg-2", "berg-3"):
        world.enrol(person)
    return world.workflows.duplicates


def test_pairs_are_listed_with_both_records_and_an_entry(world: World, review: DuplicateReview) -> None:
    pairs = review.listed(world.manager(), Verdict.OPEN, 10)
    records = [{pair.added.record_number, pair.earlier.record_number} for pair in pairs]
    assert sorted(map(sorted, records)) == [
        ["RN-berg-1", "RN-berg-2"],
        ["RN-berg-1", "RN-berg-3"],
        ["RN-berg-2", "RN-berg-3"],
    ]
    entry = world.last(Act.DUPLICATES_CONSULTED)
    assert entry.actor_id == world.manager().id
    assert all(pair.duplicate.id.encode() in entry.leaf for pair in pairs)
    assert b"RN-" not in entry.leaf


def test_a_list_of_nothing_is_no_entry(world: World, review: DuplicateReview) -> None:
    assert review.listed(world.manager(), Verdict.SAME, 10) == []
    assert Act.DUPLICATES_CONSULTED not in world.acts()


def test_a_pair_is_settled_with_an_entry_and_leaves_the_open_ones(world: World, review: DuplicateReview) -> None:
    pair = review.listed(None, Verdict.OPEN, 1)[0].duplicate
    receipt = review.settle(world.manager(), pair.id, Verdict.DIFFERENT)
    assert receipt.leaf == world.last(Act.DUPLICATE_SETTLED).leaf
    assert b'"verdict":"different"' in receipt.leaf
    assert (review.count(Verdict.OPEN), review.count(Verdict.DIFFERENT)) == (2, 1)


def test_a_later_word_replaces_an_earlier_one(world: World, review: DuplicateReview) -> None:
    pair = review.listed(None, Verdict.OPEN, 1)[0].duplicate
    for verdict in (Verdict.DIFFERENT, Verdict.SAME):
        review.settle(None, pair.id, verdict)
    assert review.count(Verdict.SAME) == 1
    assert world.acts().count(Act.DUPLICATE_SETTLED) == 2
    assert world.last(Act.DUPLICATE_SETTLED).actor_id is None


def test_only_gallery_managers_see_and_settle_pairs(world: World, review: DuplicateReview) -> None:
    pair = review.listed(None, Verdict.OPEN, 1)[0].duplicate
    before = (world.stored(), world.acts())
    for actor in (world.officer(), world.supervisor()):
        with pytest.raises(RoleMissing):
            review.listed(actor, Verdict.OPEN, 10)
        with pytest.raises(RoleMissing):
            review.settle(actor, pair.id, Verdict.SAME)
    assert world.stored()["duplicates"] == before[0]["duplicates"]


def test_a_pair_that_is_not_there(world: World, review: DuplicateReview) -> None:
    with pytest.raises(DuplicateUnknown):
        review.settle(None, "f" * 32, Verdict.SAME)


def test_a_large_family_gives_a_bounded_number_of_pairs(world: World) -> None:
    for number in range(MOST_PAIRS + 3):
        world.enrol(f"berg-{number}")
    before = world.workflows.duplicates.count(Verdict.OPEN)
    world.enrol("berg-99")
    assert world.workflows.duplicates.count(Verdict.OPEN) == before + MOST_PAIRS


def test_a_reference_is_taken_while_the_index_is_down_and_its_entry_says_so(world: World) -> None:
    world.enrol("berg-1")
    assert b'"compared":true' in world.last(Act.REFERENCE_ENROLLED).leaf
    world.gallery.down = True
    world.enrol("berg-2")
    assert b'"compared":false' in world.last(Act.REFERENCE_ENROLLED).leaf
    assert world.workflows.duplicates.count(Verdict.OPEN) == 0


def test_the_same_photograph_of_the_same_record_is_enrolled_once(world: World) -> None:
    ada, manager = world.enrol("ada"), world.manager()
    before = (world.stored(), world.acts())
    with pytest.raises(ReferenceHeld):
        world.workflows.enrolment.enrol(manager, ada.subject_id, PROVENANCE, photo("ada"))
    assert (world.stored(), world.acts()) == before


def test_a_photograph_that_would_stop_a_search_is_no_reference(world: World) -> None:
    ada, manager = world.enrol("ada"), world.manager()
    with pytest.raises(PoorReference) as refused:
        world.workflows.enrolment.enrol(manager, ada.subject_id, PROVENANCE, photo("ada", "smeared"))
    assert refused.value.advice
