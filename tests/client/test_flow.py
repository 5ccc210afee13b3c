"""The flow, played as stories and looked at more closely where a step alone does not tell.

Every story runs against the small server and against the real application; what needs a failure that only the small
server can be told to produce takes `small_server`.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from mobile_client.core.drafts import DecisionDraft, PurposeDraft
from mobile_client.core.flow import OutOfStep, Step
from mobile_client.core.wire import Corroboration, Ground, Judgement, Outcome, Place
from tests.client.acts import (
    AT_RISK,
    PURPOSE,
    after,
    choose,
    go_and_state_risk,
    go_back,
    judge_all,
    judge_rest,
    judge_shown,
    keep_time,
    losing_the_network,
    name_the_candidate,
    open_decision,
    photograph,
    resolve,
    sign_in,
    sign_out,
    start_anew,
    state_a_life_at_risk,
    state_purpose,
    stay,
)
from tests.client.application import Application
from tests.client.fake_server import BLURRED, BOXES, DARK, FakeServer, Station
from tests.client.stage import Act, Stage, Story, play, set_stage
from tests.client.stories import ANSWERED, CROWD, HOURS, JUDGED, STORIES, TOO_LATE


@pytest.fixture(params=[FakeServer, Application], ids=["small server", "application"])
def station(request: pytest.FixtureRequest) -> Station:
    made: Station = request.param()
    return made


@pytest.fixture
def stage(station: Station) -> Stage:
    return set_stage(station)


@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES.keys())
async def test_story(stage: Stage, story: Story) -> None:
    await play(stage, story)


async def test_a_search_without_decision_holds_the_handheld(stage: Stage) -> None:
    await play(stage, ANSWERED)
    for act in (go_back, sign_out, start_anew, open_decision, state_purpose, photograph("enrolled")):
        with pytest.raises(OutOfStep):
            await act(stage)
    assert stage.flow.step is Step.COMPARE


async def test_an_undecided_search_resumes_on_another_handheld(stage: Stage) -> None:
    await play(stage, ANSWERED)
    another = set_stage(stage.station)
    await sign_in(another)
    assert another.flow.step is Step.COMPARE
    assert another.flow.check.photograph is None
    assert another.flow.check.search == stage.flow.check.search


async def test_a_second_search_leads_back_to_the_undecided_one(stage: Stage) -> None:
    """Two handhelds, one officer: the second photograph is refused, forgotten, and the first search opens."""
    another = set_stage(stage.station)
    await play(another, ANSWERED[:2])
    await play(stage, ANSWERED)
    await play(another, [(Step.CAPTURE, photograph("stranger")), (Step.PROBLEM, stay)])
    assert another.flow.trouble is not None
    assert another.flow.trouble.slug == "unresolved-search"
    assert another.flow.check.photograph is None
    await play(another, [(Step.PROBLEM, resolve), (Step.COMPARE, stay)])
    assert another.flow.check.search == stage.flow.check.search


async def test_only_faces_judged_the_same_have_a_record(stage: Stage) -> None:
    await play(stage, ANSWERED)
    search = stage.flow.check.search
    assert search is not None
    assert search.opened == ()
    await judge_shown(Judgement.SAME)(stage)
    waiting = stage.flow.check.search
    assert waiting is not None
    assert (waiting.unjudged, waiting.opened) == (search.labels[1:], ())
    await judge_rest(Judgement.DIFFERENT)(stage)
    judged = stage.flow.check.search
    assert judged is not None
    assert [candidate.record is not None for candidate in judged.candidates] == [True] + [False] * (
        len(judged.labels) - 1
    )


async def test_after_the_last_judgement_a_face_with_its_record_is_shown(stage: Stage) -> None:
    await play(stage, [*ANSWERED, (Step.COMPARE, judge_all(Judgement.SAME, Judgement.DIFFERENT))])
    assert stage.flow.check.shown == "A"
    assert stage.flow.check.candidate is not None
    assert stage.flow.check.candidate.record is not None


async def test_after_the_last_judgement_the_face_stays_where_no_record_opens(stage: Stage) -> None:
    await play(stage, [*ANSWERED, (Step.COMPARE, judge_all(Judgement.DIFFERENT))])
    assert stage.flow.check.shown == "C"


async def test_a_judged_search_resumes_at_the_record_it_opened(stage: Stage) -> None:
    await play(stage, ANSWERED)
    await stage.flow.look_at("B")
    await judge_shown(Judgement.SAME)(stage)
    await judge_rest(Judgement.DIFFERENT)(stage)
    another = set_stage(stage.station)
    await sign_in(another)
    assert another.flow.check.shown == "B"


async def test_a_face_is_judged_once(stage: Stage) -> None:
    await play(stage, ANSWERED)
    await judge_shown(Judgement.SAME)(stage)
    with pytest.raises(OutOfStep):
        await judge_shown(Judgement.DIFFERENT)(stage)


async def test_the_receipt_is_proved(stage: Stage) -> None:
    await play(stage, [*JUDGED, (Step.DECISION, name_the_candidate), (Step.RECEIPT, stay)])
    check = stage.flow.check
    assert check.receipt is not None
    assert check.proof is not None
    assert (check.proof.index, check.proof.size) == (check.receipt.index, check.receipt.size)


async def test_a_decision_whose_answer_was_lost_has_no_receipt(stage: Stage) -> None:
    await play(stage, STORIES["the answer to a decision is lost"])
    assert stage.flow.check.decision is not None
    assert stage.flow.check.receipt is None
    assert stage.flow.check.proof is None


@pytest.mark.parametrize(
    "ending",
    [
        [*JUDGED, (Step.DECISION, name_the_candidate), (Step.RECEIPT, stay)],
        [*JUDGED, (Step.DECISION, after(TOO_LATE, name_the_candidate)), (Step.LOCKED, stay)],
        [*ANSWERED, (Step.COMPARE, after(HOURS, judge_shown(Judgement.SAME))), (Step.SIGN_IN, stay)],
    ],
    ids=["receipt", "search expired", "session expired"],
)
async def test_every_picture_is_overwritten(stage: Stage, ending: Story) -> None:
    await play(stage, ANSWERED[:2])
    jpeg = bytearray(stage.station.photographs["enrolled"])
    await stage.flow.photograph(jpeg)
    faces = [face for face in stage.flow.check.faces.values() if face is not None]
    assert any(jpeg)
    await play(stage, ending[len(ANSWERED) :])
    assert not any(jpeg)
    assert faces
    assert all(face.wiped for face in faces)
    assert stage.flow.check.photograph is None


@pytest.mark.parametrize(
    ("name", "step", "advice"),
    [
        ("enrolled", Step.COMPARE, ()),
        ("dark", Step.COMPARE, (DARK,)),
        ("stranger", Step.NO_CANDIDATES, ()),
        ("dark-stranger", Step.NO_CANDIDATES, (DARK,)),
    ],
)
async def test_advice_about_the_photograph_stays_with_its_search(
    stage: Stage, name: str, step: Step, advice: tuple[str, ...]
) -> None:
    await play(stage, [*ANSWERED[:2], (Step.CAPTURE, photograph(name)), (step, stay)])
    assert stage.flow.check.advice == advice
    another = set_stage(stage.station)
    await sign_in(another)
    assert another.flow.check.advice == advice


async def test_a_photograph_too_poor_is_refused_with_advice(stage: Stage) -> None:
    await play(stage, [*ANSWERED[:2], (Step.CAPTURE, photograph("blurred")), (Step.PROBLEM, stay)])
    assert stage.flow.trouble is not None
    assert stage.flow.trouble.slug == "poor-image"
    assert stage.flow.trouble.advice == (BLURRED,)
    assert stage.flow.check.photograph is None


async def test_several_faces_hold_the_photograph_and_have_letters(stage: Stage) -> None:
    await play(stage, CROWD)
    assert stage.flow.check.photograph is not None
    assert stage.flow.check.several is not None
    assert stage.flow.check.several.boxes == {"A": BOXES[0], "B": BOXES[1]}
    assert stage.flow.trouble is None
    assert stage.flow.notice == ""


@pytest.mark.parametrize(
    ("ending", "step"),
    [
        (go_back, Step.CAPTURE),
        (losing_the_network(choose("A")), Step.OFFLINE),
        (after(HOURS, choose("A")), Step.SIGN_IN),
        (sign_out, Step.SIGN_IN),
    ],
    ids=["another photograph", "no network", "session expired", "signed out"],
)
async def test_where_the_faces_stood_is_forgotten_with_the_photograph(stage: Stage, ending: Act, step: Step) -> None:
    await play(stage, ANSWERED[:2])
    jpeg = bytearray(stage.station.photographs["several-faces"])
    await stage.flow.photograph(jpeg)
    assert any(jpeg)
    await ending(stage)
    assert stage.flow.step is step
    assert not any(jpeg)
    assert (stage.flow.check.photograph, stage.flow.check.several, stage.flow.check.named) == (None, None, None)


async def test_a_photograph_searched_by_a_named_face_is_overwritten_at_the_receipt(stage: Stage) -> None:
    await play(stage, [*CROWD, (Step.CHOICE, choose("A"))])
    held = stage.flow.check.photograph
    assert held is not None
    await play(stage, [(Step.COMPARE, judge_all(Judgement.SAME)), (Step.COMPARE, open_decision)])
    await play(stage, [(Step.DECISION, name_the_candidate), (Step.RECEIPT, stay)])
    assert held.wiped
    assert (stage.flow.check.several, stage.flow.check.named) == (None, None)


async def test_a_face_where_nobody_stands_is_said_and_not_sent_again(stage: Stage) -> None:
    await play(stage, [*CROWD, (Step.CHOICE, choose("B")), (Step.CHOICE, stay)])
    assert "No face stands where you pointed." in stage.flow.notice
    assert stage.flow.check.several is not None
    assert stage.flow.check.named is None


@pytest.mark.parametrize("letter", ["C", "", "a"])
async def test_only_a_face_shown_can_be_named(stage: Stage, letter: str) -> None:
    await play(stage, CROWD)
    with pytest.raises(OutOfStep):
        await stage.flow.choose(letter)
    assert stage.flow.step is Step.CHOICE


async def test_a_choice_holds_the_handheld_until_it_is_made_or_given_up(stage: Stage) -> None:
    await play(stage, CROWD)
    for act in (state_purpose, photograph("enrolled"), resolve, open_decision, start_anew, go_and_state_risk):
        with pytest.raises(OutOfStep):
            await act(stage)
    assert stage.flow.step is Step.CHOICE


async def test_a_busy_server_is_sent_the_same_face_again(small_server: FakeServer) -> None:
    stage = set_stage(small_server)
    await play(stage, CROWD)
    small_server.busy = 1
    await play(stage, [(Step.CHOICE, choose("A")), (Step.PROBLEM, resolve), (Step.COMPARE, stay)])
    assert [search.named for search in small_server.searches.values()] == [BOXES[0]]


async def test_another_photograph_names_no_face(small_server: FakeServer) -> None:
    stage = set_stage(small_server)
    await play(stage, CROWD)
    small_server.busy = 1
    await play(stage, [(Step.CHOICE, choose("A")), (Step.PROBLEM, go_back), (Step.CAPTURE, photograph("enrolled"))])
    assert [search.named for search in small_server.searches.values()] == [None]


async def test_only_a_life_at_risk_lifts_the_gate(stage: Stage) -> None:
    await play(stage, [*ANSWERED[:2], (Step.CAPTURE, photograph("blurred")), (Step.PROBLEM, stay)])
    assert stage.flow.may_state_risk
    await play(stage, [(Step.PROBLEM, go_and_state_risk), (Step.PURPOSE, state_purpose)])
    await play(stage, [(Step.CAPTURE, photograph("blurred")), (Step.PROBLEM, go_and_state_risk)])
    await play(stage, [(Step.PURPOSE, state_a_life_at_risk), (Step.CAPTURE, photograph("blurred"))])
    assert stage.flow.step is Step.COMPARE
    assert stage.flow.check.advice == (BLURRED,)


@pytest.mark.parametrize("ground", [Ground.REFUSES, Ground.FALSE_DETAILS])
async def test_a_life_at_risk_is_not_offered_where_the_server_refuses_it(stage: Stage, ground: Ground) -> None:
    await sign_in(stage)
    stage.flow.state_purpose(replace(PURPOSE, ground=ground))
    await play(stage, [(Step.CAPTURE, photograph("blurred")), (Step.PROBLEM, stay)])
    assert not stage.flow.may_state_risk
    with pytest.raises(OutOfStep):
        stage.flow.state_risk()


async def test_a_risk_is_stated_after_a_poor_photograph_alone(stage: Stage) -> None:
    await play(stage, [*ANSWERED[:2], (Step.CAPTURE, photograph("no-face")), (Step.PROBLEM, stay)])
    assert not stage.flow.may_state_risk


@pytest.mark.parametrize("name", ["no-face", "blurred"])
async def test_a_refused_photograph_is_overwritten_at_once(stage: Stage, name: str) -> None:
    await play(stage, ANSWERED[:2])
    jpeg = bytearray(stage.station.photographs[name])
    await stage.flow.photograph(jpeg)
    assert stage.flow.trouble is not None
    assert stage.flow.trouble.slug == ("poor-image" if name == "blurred" else name)
    assert not any(jpeg)


async def test_no_face_waits_for_a_network(stage: Stage) -> None:
    await play(stage, ANSWERED[:2])
    jpeg = bytearray(stage.station.photographs["enrolled"])
    stage.line.cut = True
    await stage.flow.photograph(jpeg)
    assert stage.flow.step is Step.OFFLINE
    assert not any(jpeg)


async def test_signing_out_without_a_network_forgets_all_the_same(stage: Stage) -> None:
    await play(stage, ANSWERED[:2])
    stage.line.cut = True
    await stage.flow.sign_out()
    assert stage.flow.step is Step.SIGN_IN
    assert stage.flow.session is None
    assert "not told" in stage.flow.notice


@pytest.mark.parametrize(
    ("draft", "missing"),
    [
        (PurposeDraft(), "what applies"),
        (replace(PURPOSE, alternatives=frozenset()), "tried"),
        (replace(PURPOSE, necessity="too short"), "why it is necessary"),
        (replace(PURPOSE, power=" "), "legal power"),
        (replace(PURPOSE, place=Place.HOME), "significant harm"),
        (replace(AT_RISK, harm="A risk."), "significant harm"),
        (replace(AT_RISK, ground=Ground.REFUSES), "missing or cannot say"),
        (replace(AT_RISK, ground=Ground.FALSE_DETAILS, harm=""), "missing or cannot say"),
        (replace(PURPOSE, no_force=False), "no force"),
    ],
)
async def test_an_incomplete_purpose_opens_no_camera(stage: Stage, draft: PurposeDraft, missing: str) -> None:
    await sign_in(stage)
    stage.flow.state_purpose(draft)
    assert stage.flow.step is Step.PURPOSE
    assert missing in stage.flow.notice


async def test_a_candidate_needs_corroboration(stage: Stage) -> None:
    await play(stage, JUDGED)
    await stage.flow.decide(DecisionDraft(Outcome.CANDIDATE, "A"))
    assert stage.flow.step is Step.DECISION
    assert "at least one" in stage.flow.notice


async def test_a_record_not_judged_the_same_cannot_be_named(stage: Stage) -> None:
    await play(stage, [*ANSWERED, (Step.COMPARE, judge_all(Judgement.DIFFERENT)), (Step.COMPARE, open_decision)])
    search = stage.flow.check.search
    assert search is not None
    draft = DecisionDraft(Outcome.CANDIDATE, search.labels[0], frozenset({Corroboration.DOCUMENT}))
    await stage.flow.decide(draft)
    assert stage.flow.trouble is not None
    assert stage.flow.trouble.slug == "decision-invalid"
    await stage.flow.resolve()
    assert stage.flow.step is Step.COMPARE


async def test_a_handheld_whose_clock_runs_ahead_stays_where_it_is(station: Station) -> None:
    """The server's clock counts: a handheld that believes the time is over asks first."""
    stage = set_stage(station, ahead=HOURS)
    await play(stage, [*JUDGED, (Step.DECISION, keep_time), (Step.DECISION, name_the_candidate), (Step.RECEIPT, stay)])


async def test_busy_then_success(small_server: FakeServer) -> None:
    stage = set_stage(small_server)
    await play(stage, ANSWERED[:2])
    small_server.busy = 2
    await play(
        stage,
        [
            (Step.CAPTURE, photograph("enrolled")),
            (Step.PROBLEM, resolve),
            (Step.PROBLEM, resolve),
            (Step.COMPARE, stay),
        ],
    )
    assert stage.flow.check.photograph is not None


async def test_busy_at_the_decision_then_success(small_server: FakeServer) -> None:
    stage = set_stage(small_server)
    await play(stage, JUDGED)
    small_server.busy = 1
    await play(stage, [(Step.DECISION, name_the_candidate), (Step.PROBLEM, resolve), (Step.RECEIPT, stay)])
    assert stage.flow.check.proof is not None


async def test_the_photograph_of_a_busy_server_can_be_given_up(small_server: FakeServer) -> None:
    stage = set_stage(small_server)
    await play(stage, ANSWERED[:2])
    small_server.busy = 1
    await play(stage, [(Step.CAPTURE, photograph("enrolled")), (Step.PROBLEM, go_back), (Step.CAPTURE, stay)])
    assert stage.flow.check.photograph is None


async def test_a_session_ended_by_the_server_resumes_after_sign_in(small_server: FakeServer) -> None:
    stage = set_stage(small_server)
    await play(stage, ANSWERED)
    small_server.sessions.clear()
    await play(stage, [(Step.COMPARE, judge_shown(Judgement.SAME)), (Step.SIGN_IN, sign_in), (Step.COMPARE, stay)])


async def test_a_face_is_fetched_when_it_is_looked_at(small_server: FakeServer) -> None:
    stage = set_stage(small_server)
    await play(stage, ANSWERED)
    assert small_server.viewed == ["A"]
    await stage.flow.look_at("C")
    assert small_server.viewed == ["A", "C"]


async def test_a_withdrawn_record_has_no_face_and_can_be_judged(small_server: FakeServer) -> None:
    small_server.withdrawn.add("B")
    stage = set_stage(small_server)
    await play(stage, ANSWERED)
    await stage.flow.look_at("B")
    assert stage.flow.check.faces["B"] is None
    await judge_shown(Judgement.CANNOT_TELL)(stage)
    assert stage.flow.step is Step.COMPARE


async def test_a_receipt_about_another_search_proves_nothing(small_server: FakeServer) -> None:
    stage = set_stage(small_server)
    await play(stage, JUDGED)
    small_server.forge_receipts = True
    await name_the_candidate(stage)
    assert stage.flow.step is Step.RECEIPT
    assert stage.flow.check.receipt is not None
    assert stage.flow.check.proof is None
