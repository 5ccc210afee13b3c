"""What is kept of a probe's photographs: faults and hints in words, and the gate that only a life at risk lifts."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest

from server.domain.capture import WEAK_ADVICE, Agreement, Capture, Sample
from server.domain.errors import PoorImage
from server.domain.face import Template
from server.domain.probe import Ground
from server.domain.quality import RECAPTURE_ADVICE, Component, Grade
from tests.fakes.face_engine import graded
from tests.fakes.samples import PURPOSE

TEMPLATE = Template("model/1", np.array([1, 0], np.float32))
AT_RISK = replace(
    PURPOSE, ground=Ground.UNABLE_TO_IDENTIFY, harm="She may have swallowed poison an hour ago.", life_at_risk=True
)
GATES = [component for component in Component if component.may_gate]
ADVICE_ONLY = [component for component in Component if not component.may_gate]


def sample(grades: dict[Component, Grade], recapture: bool = False, agreement: Agreement | None = None) -> Sample:
    return Sample(TEMPLATE, graded(grades), recapture, agreement)


@pytest.mark.parametrize("component", GATES)
def test_an_unusable_photograph_stops_the_search_with_what_to_do(component: Component) -> None:
    with pytest.raises(PoorImage) as refused:
        sample({component: Grade.UNUSABLE}).capture(PURPOSE)
    assert refused.value.advice == (component.advice,)


def test_only_the_faults_that_stop_it_are_told_with_a_refusal() -> None:
    grades = {Component.SIZE: Grade.UNUSABLE, Component.DARK: Grade.POOR, Component.YAW: Grade.UNUSABLE}
    with pytest.raises(PoorImage) as refused:
        sample(grades).capture(PURPOSE)
    assert refused.value.advice == (Component.SIZE.advice, Component.YAW.advice)


@pytest.mark.parametrize("component", GATES)
def test_a_life_at_risk_lifts_the_gate_and_the_capture_says_so(component: Component) -> None:
    capture = sample({component: Grade.UNUSABLE}).capture(AT_RISK)
    assert capture == Capture((component,), overridden=True)


def test_a_life_at_risk_overrides_nothing_where_nothing_stops() -> None:
    assert not sample({Component.SHARPNESS: Grade.POOR}).capture(AT_RISK).overridden


@pytest.mark.parametrize("component", ADVICE_ONLY)
def test_light_eyes_and_covers_are_advice_and_stop_nothing(component: Component) -> None:
    assert sample({component: Grade.POOR}).capture(PURPOSE) == Capture((component,))


def test_faults_keep_the_order_of_the_components() -> None:
    grades = dict.fromkeys(reversed(Component), Grade.POOR)
    assert sample(grades).capture(PURPOSE).faults == tuple(Component)


def test_a_good_photograph_leaves_nothing_to_say() -> None:
    capture = sample({}, agreement=Agreement.CLEAR).capture(PURPOSE)
    assert (capture.faults, capture.advice) == ((), ())


def test_a_hint_of_a_recapture_and_a_weak_agreement_are_told_after_the_faults() -> None:
    capture = sample({Component.DARK: Grade.POOR}, recapture=True, agreement=Agreement.WEAK).capture(PURPOSE)
    assert capture.advice == (Component.DARK.advice, RECAPTURE_ADVICE, WEAK_ADVICE)


@pytest.mark.parametrize(("agreement", "advice"), [(None, ()), (Agreement.CLEAR, ()), (Agreement.WEAK, (WEAK_ADVICE,))])
def test_only_a_weak_agreement_is_worth_a_sentence(agreement: Agreement | None, advice: tuple[str, ...]) -> None:
    capture = sample({}, agreement=agreement).capture(PURPOSE)
    assert (capture.agreement, capture.advice) == (agreement, advice)


def test_a_capture_has_no_place_for_a_number() -> None:
    assert {field.name: field.type for field in fields(Capture)} == {
        "faults": "tuple[Component, ...]",
        "recapture": "bool",
        "agreement": "Agreement | None",
        "overridden": "bool",
    }
