"""What an officer does at one step; each act takes the stage and leaves the flow at the step it led to."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from mobile_client.core.drafts import DecisionDraft, PurposeDraft
from mobile_client.core.wire import Alternative, Corroboration, Ground, Judgement, Outcome
from tests.client.stage import Act, Stage

PURPOSE = PurposeDraft(
    ground=Ground.UNABLE_TO_IDENTIFY,
    necessity="Unresponsive after a fall; the hospital needs a name.",
    alternatives=frozenset({Alternative.DOCUMENTS, Alternative.ASKED_OTHERS}),
    power="Care of a person in danger",
    no_force=True,
)
AT_RISK = replace(PURPOSE, harm="May bleed within; allergies are not known.", life_at_risk=True)


async def sign_in(stage: Stage) -> None:
    await stage.flow.sign_in(stage.station.name, stage.station.password)


async def sign_in_wrongly(stage: Stage) -> None:
    await stage.flow.sign_in(stage.station.name, "not the password")


async def sign_out(stage: Stage) -> None:
    await stage.flow.sign_out()


async def state_purpose(stage: Stage) -> None:
    stage.flow.state_purpose(PURPOSE)


async def state_a_life_at_risk(stage: Stage) -> None:
    stage.flow.state_purpose(AT_RISK)


async def go_and_state_risk(stage: Stage) -> None:
    stage.flow.state_risk()


def photograph(name: str) -> Act:
    async def act(stage: Stage) -> None:
        await stage.flow.photograph(bytearray(stage.station.photographs[name]))

    return act


def choose(letter: str) -> Act:
    async def act(stage: Stage) -> None:
        await stage.flow.choose(letter)

    return act


def judge_all(first: Judgement, others: Judgement = Judgement.DIFFERENT) -> Act:
    async def act(stage: Stage) -> None:
        search = stage.flow.check.search
        assert search is not None
        for label in search.labels:
            await stage.flow.look_at(label)
            await stage.flow.judge(first if label == search.labels[0] else others)

    return act


def judge_rest(judgement: Judgement) -> Act:
    """Judge every face that still waits for it."""

    async def act(stage: Stage) -> None:
        search = stage.flow.check.search
        assert search is not None
        for label in search.unjudged:
            await stage.flow.look_at(label)
            await stage.flow.judge(judgement)

    return act


def judge_shown(judgement: Judgement) -> Act:
    async def act(stage: Stage) -> None:
        await stage.flow.judge(judgement)

    return act


async def open_decision(stage: Stage) -> None:
    stage.flow.open_decision()


async def name_the_candidate(stage: Stage) -> None:
    search = stage.flow.check.search
    assert search is not None
    chosen = search.judged_same[0].label
    await stage.flow.decide(DecisionDraft(Outcome.CANDIDATE, chosen, frozenset({Corroboration.SCAR_MARK_TATTOO})))


def decide(outcome: Outcome) -> Act:
    async def act(stage: Stage) -> None:
        await stage.flow.decide(DecisionDraft(outcome))

    return act


async def resolve(stage: Stage) -> None:
    await stage.flow.resolve()


async def go_back(stage: Stage) -> None:
    stage.flow.back()


async def start_anew(stage: Stage) -> None:
    stage.flow.start_anew()


def losing_the_network(act: Act) -> Act:
    """The act while no request gets through."""

    async def cut(stage: Stage) -> None:
        stage.line.cut = True
        await act(stage)
        stage.line.cut = False

    return cut


def losing_the_answer(act: Act) -> Act:
    """The act takes effect at the server; its answer never comes back."""

    async def lost(stage: Stage) -> None:
        stage.line.lose_answers = True
        await act(stage)
        stage.line.lose_answers = False

    return lost


def after(span: timedelta, act: Act) -> Act:
    async def late(stage: Stage) -> None:
        stage.station.pass_time(span)
        await act(stage)

    return late


async def keep_time(stage: Stage) -> None:
    await stage.flow.keep_time()


async def stay(_stage: Stage) -> None:
    """The end of a story."""
