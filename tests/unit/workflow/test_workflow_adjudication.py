"""Looking, judging blind, and the one decision."""

from __future__ import annotations

import pytest

from server.domain.actors import Actor
from server.domain.decision import Decision, Judgement, Outcome
from server.domain.errors import OifrError, RoleMissing
from server.domain.events import Act
from server.domain.search import Search, SearchState
from server.domain.search_errors import (
    AlreadyJudged,
    CandidateUnknown,
    CandidateWithdrawn,
    CorroborationMissing,
    DecisionInvalid,
    JudgementsMissing,
    ProbeGone,
    SearchDecided,
    SearchExpired,
    SearchUnknown,
)
from server.workflow.adjudication import Adjudication
from tests.fakes.face_engine import photo
from tests.world import EVIDENCE_AGAINST, World, named

NONE = Decision(Outcome.NONE_OF_THESE)


@pytest.fixture
def officer(world: World) -> Actor:
    return world.officer()


@pytest.fixture
def search(world: World, officer: Actor) -> Search:
    """An answered search with the candidates A and B."""
    world.enrol("berg-1")
    world.enrol("berg-2")
    return world.search(officer, photo("berg-1"))


@pytest.fixture
def adjudication(world: World) -> Adjudication:
    return world.workflows.adjudication


# --- looking ---------------------------------------------------------------------------------------------------


def test_a_fresh_search_shows_letters_and_no_record(
    world: World, adjudication: Adjudication, officer: Actor, search: Search
) -> None:
    opened = adjudication.open(officer, search.id)
    assert [candidate.label for candidate in opened.search.candidates] == ["A", "B"]
    assert opened.records == {}
    assert world.last(Act.SEARCH_CONSULTED).search_id == search.id


def test_the_current_search_is_the_undecided_one(adjudication: Adjudication, officer: Actor, search: Search) -> None:
    assert adjudication.current(officer).search == search


def test_without_an_undecided_search_there_is_no_current_one(world: World, adjudication: Adjudication) -> None:
    world.decided(world.officer(), photo("stranger"))
    with pytest.raises(SearchUnknown):
        adjudication.current(world.officer())


def test_each_viewing_of_a_face_is_recorded(
    world: World, adjudication: Adjudication, officer: Actor, search: Search
) -> None:
    for _ in range(2):
        assert adjudication.image(officer, search.id, "A").startswith(b"PORTRAIT berg-")
    assert world.acts().count(Act.CANDIDATE_VIEWED) == 2
    assert search.candidate("A").reference_id.encode() in world.last(Act.CANDIDATE_VIEWED).leaf


def test_a_face_erased_after_the_answer_is_withdrawn(
    world: World, adjudication: Adjudication, officer: Actor, search: Search
) -> None:
    gone = search.candidate("A")
    world.workflows.enrolment.erase_reference(world.manager(), gone.subject_id, gone.reference_id)
    with pytest.raises(CandidateWithdrawn):
        adjudication.image(officer, search.id, "A")
    assert Act.CANDIDATE_VIEWED not in world.acts()
    adjudication.judge(officer, search.id, "A", Judgement.SAME)
    opened = adjudication.judge(officer, search.id, "B", Judgement.SAME)
    assert set(opened.records) == {"B"}
    assert b'"disclosed":["B"]' in world.last(Act.CANDIDATE_JUDGED).leaf


# --- judging ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("judgement", [Judgement.DIFFERENT, Judgement.CANNOT_TELL])
def test_a_record_stays_closed_unless_the_face_was_judged_the_same(
    adjudication: Adjudication, officer: Actor, search: Search, judgement: Judgement
) -> None:
    adjudication.judge(officer, search.id, "A", judgement)
    assert adjudication.judge(officer, search.id, "B", judgement).records == {}


def test_no_record_opens_while_another_face_waits_for_its_judgement(
    world: World, adjudication: Adjudication, officer: Actor, search: Search
) -> None:
    judged = adjudication.judge(officer, search.id, "B", Judgement.SAME)
    assert judged.records == {}
    assert b'"disclosed":[]' in world.last(Act.CANDIDATE_JUDGED).leaf
    assert adjudication.open(officer, search.id).records == {}
    assert b'"records":[]' in world.last(Act.SEARCH_CONSULTED).leaf


def test_no_record_opens_where_the_time_ran_out_before_the_last_judgement(
    world: World, adjudication: Adjudication, officer: Actor, search: Search
) -> None:
    adjudication.judge(officer, search.id, "B", Judgement.SAME)
    world.run_out()
    opened = adjudication.open(officer, search.id)
    assert (opened.search.state, opened.records) == (SearchState.EXPIRED, {})


def test_the_last_judgement_opens_the_records_judged_the_same_and_no_other(
    world: World, adjudication: Adjudication, officer: Actor, search: Search
) -> None:
    adjudication.judge(officer, search.id, "B", Judgement.SAME)
    opened = adjudication.judge(officer, search.id, "A", Judgement.DIFFERENT)
    assert set(opened.records) == {"B"}
    assert opened.records["B"].subject.id == search.candidate("B").subject_id
    assert b'"disclosed":["B"]' in world.last(Act.CANDIDATE_JUDGED).leaf


def test_a_judgement_is_made_once(adjudication: Adjudication, officer: Actor, search: Search) -> None:
    adjudication.judge(officer, search.id, "A", Judgement.SAME)
    adjudication.judge(officer, search.id, "A", Judgement.SAME)
    with pytest.raises(AlreadyJudged):
        adjudication.judge(officer, search.id, "A", Judgement.DIFFERENT)


def test_no_name_of_a_disclosed_record_stands_in_a_leaf(
    world: World, adjudication: Adjudication, officer: Actor, search: Search
) -> None:
    world.judge_all(officer, search)
    assert set(adjudication.open(officer, search.id).records) == {"A", "B"}
    leaves = b"".join(entry.leaf for entry in world.entries())
    assert b"Quetzalowicz" not in leaves
    assert b"RN-berg" not in leaves


# --- deciding --------------------------------------------------------------------------------------------------


def test_a_decision_closes_the_search_and_gives_a_receipt(
    world: World, adjudication: Adjudication, officer: Actor, search: Search
) -> None:
    world.judge_all(officer, search)
    opened, receipt = adjudication.decide(officer, search.id, named("A"))
    assert opened.search.state is SearchState.DECIDED
    assert receipt.leaf == world.last(Act.DECISION_RECORDED).leaf
    assert world.acts()[-2:] == [Act.DECISION_RECORDED, Act.PROBE_SHREDDED]


def test_a_decision_is_recorded_without_the_officer_s_words(
    world: World, adjudication: Adjudication, officer: Actor, search: Search
) -> None:
    world.judge_all(officer, search)
    adjudication.decide(officer, search.id, named("A"))
    entry = world.last(Act.DECISION_RECORDED)
    assert entry.private == {"evidence_against": EVIDENCE_AGAINST}
    assert EVIDENCE_AGAINST.encode() not in entry.leaf
    assert search.candidate("A").reference_id.encode() in entry.leaf


def test_a_decision_shreds_the_probe(world: World, adjudication: Adjudication, officer: Actor, search: Search) -> None:
    key = world.database.state.probe_keys[search.id]
    world.judge_all(officer, search)
    adjudication.decide(officer, search.id, NONE)
    assert world.database.state.probe_keys == {}
    with pytest.raises(ProbeGone):
        world.vault.open(search.id, key)


def test_a_decision_stands_though_the_vault_is_down(
    world: World, adjudication: Adjudication, officer: Actor, search: Search
) -> None:
    world.judge_all(officer, search)
    world.vault.down = True
    adjudication.decide(officer, search.id, NONE)
    assert world.database.state.probe_keys == {}, "what the vault still holds can never be opened"


def test_an_empty_list_is_decided_at_once(world: World, adjudication: Adjudication, officer: Actor) -> None:
    search = world.search(officer, photo("stranger"))
    opened, _ = adjudication.decide(officer, search.id, NONE)
    assert opened.search.decision == NONE


# --- refusals --------------------------------------------------------------------------------------------------


def test_a_decision_needs_every_judgement(adjudication: Adjudication, officer: Actor, search: Search) -> None:
    adjudication.judge(officer, search.id, "A", Judgement.SAME)
    with pytest.raises(JudgementsMissing):
        adjudication.decide(officer, search.id, named("A"))


@pytest.mark.parametrize(
    ("decision", "error"),
    [
        (named("A"), DecisionInvalid),
        (named("Z"), DecisionInvalid),
        (Decision(Outcome.CANDIDATE), DecisionInvalid),
        (Decision(Outcome.NONE_OF_THESE, "B"), DecisionInvalid),
        (Decision(Outcome.CANDIDATE, "B"), CorroborationMissing),
    ],
    ids=str,
)
def test_a_decision_follows_from_the_judgements(
    world: World, adjudication: Adjudication, officer: Actor, search: Search, decision: Decision, error: type[OifrError]
) -> None:
    adjudication.judge(officer, search.id, "A", Judgement.DIFFERENT)
    adjudication.judge(officer, search.id, "B", Judgement.SAME)
    before = (world.stored(), world.acts())
    with pytest.raises(error):
        adjudication.decide(officer, search.id, decision)
    assert (world.stored(), world.acts()) == before


def test_a_decision_is_made_once(world: World, adjudication: Adjudication) -> None:
    search = world.decided(world.officer(), photo("stranger"))
    with pytest.raises(SearchDecided):
        adjudication.decide(world.officer(), search.id, NONE)
    assert world.acts().count(Act.DECISION_RECORDED) == 1


def test_after_the_decision_no_face_is_shown_and_none_judged(world: World, adjudication: Adjudication) -> None:
    world.enrol("ada")
    search = world.decided(world.officer(), photo("ada"))
    with pytest.raises(SearchDecided):
        adjudication.image(world.officer(), search.id, "A")
    with pytest.raises(SearchDecided):
        adjudication.judge(world.officer(), search.id, "A", Judgement.SAME)


def test_after_the_time_to_decide_nothing_is_possible(
    world: World, adjudication: Adjudication, officer: Actor, search: Search
) -> None:
    world.run_out()
    for late in (
        lambda: adjudication.image(officer, search.id, "A"),
        lambda: adjudication.judge(officer, search.id, "A", Judgement.SAME),
        lambda: adjudication.decide(officer, search.id, NONE),
    ):
        with pytest.raises(SearchExpired):
            late()
    assert world.acts().count(Act.SEARCH_EXPIRED) == 1


def test_an_unknown_letter_is_refused(adjudication: Adjudication, officer: Actor, search: Search) -> None:
    with pytest.raises(CandidateUnknown):
        adjudication.image(officer, search.id, "C")
    with pytest.raises(CandidateUnknown):
        adjudication.judge(officer, search.id, "C", Judgement.SAME)


def test_another_officer_s_search_is_as_unknown_as_none(
    world: World, adjudication: Adjudication, search: Search
) -> None:
    colleague, before = world.officer("3982"), world.acts()
    for search_id in (search.id, "0" * 32):
        for act in (
            lambda one: adjudication.open(colleague, one),
            lambda one: adjudication.image(colleague, one, "A"),
            lambda one: adjudication.judge(colleague, one, "A", Judgement.SAME),
            lambda one: adjudication.decide(colleague, one, NONE),
        ):
            with pytest.raises(SearchUnknown):
                act(search_id)
    assert world.acts() == before


def test_supervisors_and_managers_do_not_adjudicate(world: World, adjudication: Adjudication, search: Search) -> None:
    for actor in (world.supervisor(), world.manager()):
        for act in (
            lambda one: adjudication.open(one, search.id),
            adjudication.current,
            lambda one: adjudication.image(one, search.id, "A"),
            lambda one: adjudication.judge(one, search.id, "A", Judgement.SAME),
            lambda one: adjudication.decide(one, search.id, NONE),
        ):
            with pytest.raises(RoleMissing):
                act(actor)
