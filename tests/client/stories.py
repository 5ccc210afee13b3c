"""The ways a check can go: at each step that must be reached, the act the officer does there."""

from __future__ import annotations

from datetime import timedelta

from mobile_client.core.flow import Step
from mobile_client.core.wire import Judgement, Outcome
from tests.client.acts import (
    after,
    choose,
    decide,
    go_and_state_risk,
    go_back,
    judge_all,
    judge_shown,
    keep_time,
    losing_the_answer,
    losing_the_network,
    name_the_candidate,
    open_decision,
    photograph,
    resolve,
    sign_in,
    sign_in_wrongly,
    sign_out,
    start_anew,
    state_a_life_at_risk,
    state_purpose,
    stay,
)
from tests.client.stage import Story

ANSWERED: Story = [
    (Step.SIGN_IN, sign_in),
    (Step.PURPOSE, state_purpose),
    (Step.CAPTURE, photograph("enrolled")),
]
JUDGED: Story = [*ANSWERED, (Step.COMPARE, judge_all(Judgement.SAME)), (Step.COMPARE, open_decision)]
NOBODY: Story = [
    (Step.SIGN_IN, sign_in),
    (Step.PURPOSE, state_purpose),
    (Step.CAPTURE, photograph("stranger")),
]
CROWD: Story = [
    (Step.SIGN_IN, sign_in),
    (Step.PURPOSE, state_purpose),
    (Step.CAPTURE, photograph("several-faces")),
]
HOURS = timedelta(hours=9)
TOO_LATE = timedelta(minutes=31)

STORIES: dict[str, Story] = {
    "a candidate is named": [*JUDGED, (Step.DECISION, name_the_candidate), (Step.RECEIPT, stay)],
    "none of the faces": [
        *ANSWERED,
        (Step.COMPARE, judge_all(Judgement.DIFFERENT)),
        (Step.COMPARE, open_decision),
        (Step.DECISION, decide(Outcome.NONE_OF_THESE)),
        (Step.RECEIPT, start_anew),
        (Step.PURPOSE, sign_out),
        (Step.SIGN_IN, stay),
    ],
    "cannot tell": [
        *ANSWERED,
        (Step.COMPARE, judge_all(Judgement.CANNOT_TELL, Judgement.CANNOT_TELL)),
        (Step.COMPARE, open_decision),
        (Step.DECISION, decide(Outcome.CANNOT_TELL)),
        (Step.RECEIPT, sign_out),
        (Step.SIGN_IN, stay),
    ],
    "an empty list is decided too": [
        *NOBODY,
        (Step.NO_CANDIDATES, open_decision),
        (Step.DECISION, decide(Outcome.NONE_OF_THESE)),
        (Step.RECEIPT, stay),
    ],
    "an empty list and cannot tell": [
        *NOBODY,
        (Step.NO_CANDIDATES, open_decision),
        (Step.DECISION, decide(Outcome.CANNOT_TELL)),
        (Step.RECEIPT, stay),
    ],
    "another look before deciding": [
        *JUDGED,
        (Step.DECISION, go_back),
        (Step.COMPARE, open_decision),
        (Step.DECISION, stay),
    ],
    "the purpose is corrected": [
        *ANSWERED[:2],
        (Step.CAPTURE, go_back),
        (Step.PURPOSE, state_purpose),
        (Step.CAPTURE, stay),
    ],
    "a wrong password": [(Step.SIGN_IN, sign_in_wrongly), (Step.SIGN_IN, sign_in), (Step.PURPOSE, stay)],
    "no face, then a better photograph": [
        *ANSWERED[:2],
        (Step.CAPTURE, photograph("no-face")),
        (Step.PROBLEM, resolve),
        (Step.CAPTURE, photograph("enrolled")),
        (Step.COMPARE, stay),
    ],
    "a photograph too poor, then a better one": [
        *ANSWERED[:2],
        (Step.CAPTURE, photograph("blurred")),
        (Step.PROBLEM, resolve),
        (Step.CAPTURE, photograph("enrolled")),
        (Step.COMPARE, stay),
    ],
    "a photograph too poor of a person whose life is at risk": [
        *ANSWERED[:2],
        (Step.CAPTURE, photograph("blurred")),
        (Step.PROBLEM, go_and_state_risk),
        (Step.PURPOSE, state_a_life_at_risk),
        (Step.CAPTURE, photograph("blurred")),
        (Step.COMPARE, stay),
    ],
    "several faces, and the one who is meant": [*CROWD, (Step.CHOICE, choose("A")), (Step.COMPARE, stay)],
    "several faces, then another photograph": [
        *CROWD,
        (Step.CHOICE, go_back),
        (Step.CAPTURE, photograph("enrolled")),
        (Step.COMPARE, stay),
    ],
    "several faces on the other photograph too": [
        *CROWD,
        (Step.CHOICE, go_back),
        (Step.CAPTURE, photograph("several-other-faces")),
        (Step.CHOICE, choose("A")),
        (Step.COMPARE, stay),
    ],
    "a face where nobody stands": [
        *CROWD,
        (Step.CHOICE, choose("B")),
        (Step.CHOICE, choose("A")),
        (Step.COMPARE, stay),
    ],
    "a face where nobody stands, then several faces again": [
        *CROWD,
        (Step.CHOICE, choose("B")),
        (Step.CHOICE, go_back),
        (Step.CAPTURE, photograph("several-other-faces")),
        (Step.CHOICE, choose("A")),
        (Step.COMPARE, stay),
    ],
    "the one who is meant is too blurred": [
        *ANSWERED[:2],
        (Step.CAPTURE, photograph("several-faces-blurred")),
        (Step.CHOICE, choose("A")),
        (Step.PROBLEM, resolve),
        (Step.CAPTURE, photograph("several-faces")),
        (Step.CHOICE, choose("A")),
        (Step.COMPARE, stay),
    ],
    "offline while a face is named": [
        *CROWD,
        (Step.CHOICE, losing_the_network(choose("A"))),
        (Step.OFFLINE, resolve),
        (Step.CAPTURE, photograph("several-faces")),
        (Step.CHOICE, choose("A")),
        (Step.COMPARE, stay),
    ],
    "the answer to a named face is lost": [
        *CROWD,
        (Step.CHOICE, losing_the_answer(choose("A"))),
        (Step.OFFLINE, resolve),
        (Step.COMPARE, stay),
    ],
    "the session expires before a face is named": [
        *CROWD,
        (Step.CHOICE, after(HOURS, choose("A"))),
        (Step.SIGN_IN, sign_in),
        (Step.PURPOSE, stay),
    ],
    "offline at sign-in": [(Step.SIGN_IN, losing_the_network(sign_in)), (Step.SIGN_IN, sign_in), (Step.PURPOSE, stay)],
    "offline during sending": [
        *ANSWERED[:2],
        (Step.CAPTURE, losing_the_network(photograph("enrolled"))),
        (Step.OFFLINE, losing_the_network(resolve)),
        (Step.OFFLINE, resolve),
        (Step.CAPTURE, photograph("enrolled")),
        (Step.COMPARE, stay),
    ],
    "the answer to a search is lost": [
        *ANSWERED[:2],
        (Step.CAPTURE, losing_the_answer(photograph("enrolled"))),
        (Step.OFFLINE, resolve),
        (Step.COMPARE, stay),
    ],
    "offline during comparing": [
        *ANSWERED,
        (Step.COMPARE, losing_the_network(judge_shown(Judgement.SAME))),
        (Step.OFFLINE, resolve),
        (Step.COMPARE, judge_all(Judgement.SAME)),
        (Step.COMPARE, open_decision),
        (Step.DECISION, stay),
    ],
    "an unsent decision waits": [
        *JUDGED,
        (Step.DECISION, losing_the_network(name_the_candidate)),
        (Step.OFFLINE, losing_the_network(resolve)),
        (Step.OFFLINE, resolve),
        (Step.RECEIPT, stay),
    ],
    "the answer to a decision is lost": [
        *JUDGED,
        (Step.DECISION, losing_the_answer(name_the_candidate)),
        (Step.OFFLINE, resolve),
        (Step.PROBLEM, resolve),
        (Step.RECEIPT, stay),
    ],
    "the session expires before the photograph": [
        *ANSWERED[:2],
        (Step.CAPTURE, after(HOURS, photograph("enrolled"))),
        (Step.SIGN_IN, sign_in),
        (Step.PURPOSE, stay),
    ],
    "the search expires before the decision": [
        *JUDGED,
        (Step.DECISION, after(TOO_LATE, name_the_candidate)),
        (Step.LOCKED, start_anew),
        (Step.PURPOSE, stay),
    ],
    "the search expires while the officer looks": [
        *ANSWERED,
        (Step.COMPARE, after(TOO_LATE, keep_time)),
        (Step.LOCKED, start_anew),
        (Step.PURPOSE, stay),
    ],
}
