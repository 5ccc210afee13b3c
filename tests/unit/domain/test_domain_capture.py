"""What is kept of a probe's photographs: faults and hints as advice, and the gate that a life at risk lifts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.capture import WEAK_ADVICE, Agreement, Capture, Sample
from server.domain.face import Template
from server.domain.image_errors import PoorImage
from server.domain.probe import Ground, Purpose
from server.domain.quality import RECAPTURE_ADVICE, Component, Grade
from server.domain.search_errors import LifeAtRiskUnfounded
from server.storage.search_json import capture_from_json, capture_to_json
from tests.fakes.face_engine import graded
from tests.fakes.samples import PURPOSE

HARM = "Breathes badly and may need a medicine we do not know."
AT_RISK = replace(PURPOSE, ground=Ground.UNABLE_TO_IDENTIFY, harm=HARM, life_at_risk=True)
GATES = [component for component in Component if component.may_gate]
LIGHT_AND_EYES = [Component.DARK, Component.BRIGHT, Component.EYES]

grades = st.fixed_dictionaries(
    {
        component: st.sampled_from(list(Grade) if component.may_gate else [Grade.GOOD, Grade.POOR])
        for component in Component
    }
)
captures = st.builds(
    Capture,
    st.lists(st.sampled_from(list(Component)), unique=True).map(tuple),
    st.booleans(),
    st.none() | st.sampled_from(list(Agreement)),
    st.booleans(),
)


def sample(grades: Mapping[Component, Grade], recapture: bool = False, agreement: Agreement | None = None) -> Sample:
    template = Template("drawn/1", np.array([1, 0], np.float32))
    return Sample(template, graded(grades), recapture, agreement)


@given(grades)
def test_only_an_unusable_size_sharpness_or_pose_stops_a_search(grades: Mapping[Component, Grade]) -> None:
    stopping = [component.advice for component in GATES if grades[component] is Grade.UNUSABLE]
    if not stopping:
        assert not sample(grades).capture(PURPOSE).overridden
        return
    with pytest.raises(PoorImage) as refused:
        sample(grades).capture(PURPOSE)
    assert list(refused.value.advice) == stopping


@given(grades)
def test_light_and_eyes_change_nothing_but_the_advice(grades: Mapping[Component, Grade]) -> None:
    clear = {**grades, **dict.fromkeys(GATES, Grade.GOOD)}
    lit = {**clear, **dict.fromkeys(LIGHT_AND_EYES, Grade.POOR)}
    faults = sample(lit).capture(PURPOSE).faults
    assert set(LIGHT_AND_EYES) <= set(faults)
    assert set(faults) - set(LIGHT_AND_EYES) == set(sample(clear).capture(PURPOSE).faults) - set(LIGHT_AND_EYES)


@given(grades)
def test_a_life_at_risk_lifts_every_gate_and_says_so(grades: Mapping[Component, Grade]) -> None:
    capture = sample(grades).capture(AT_RISK)
    assert capture.overridden == (Grade.UNUSABLE in grades.values())
    assert capture.faults == tuple(component for component in Component if grades[component] is not Grade.GOOD)


@pytest.mark.parametrize("ground", list(Ground))
@pytest.mark.parametrize("harm", ["", "risk", "." * 40, HARM])
def test_a_life_at_risk_needs_a_welfare_ground_and_a_stated_harm(ground: Ground, harm: str) -> None:
    purpose = replace(AT_RISK, ground=ground, harm=harm)
    if ground in {Ground.UNABLE_TO_IDENTIFY, Ground.MISSING_OR_AT_RISK} and harm == HARM:
        purpose.check()
        return
    with pytest.raises(LifeAtRiskUnfounded):
        purpose.check()
    replace(purpose, life_at_risk=False).check()


@pytest.mark.parametrize(("agreement", "advice"), [(None, ()), (Agreement.CLEAR, ()), (Agreement.WEAK, (WEAK_ADVICE,))])
def test_only_a_weak_agreement_is_spoken_of(agreement: Agreement | None, advice: tuple[str, ...]) -> None:
    capture = sample({}, agreement=agreement).capture(PURPOSE)
    assert (capture.agreement, capture.advice) == (agreement, advice)


@pytest.mark.parametrize("purpose", [PURPOSE, AT_RISK])
def test_a_recapture_is_a_hint_and_stops_nothing(purpose: Purpose) -> None:
    capture = sample({}, recapture=True).capture(purpose)
    assert capture == Capture(recapture=True)
    assert capture.advice == (RECAPTURE_ADVICE,)


def test_advice_is_given_fault_by_fault_then_on_the_photographs_as_a_whole() -> None:
    capture = Capture((Component.DARK, Component.EYES), True, Agreement.WEAK)
    assert capture.advice == (Component.DARK.advice, Component.EYES.advice, RECAPTURE_ADVICE, WEAK_ADVICE)


def test_nothing_found_is_no_advice() -> None:
    assert sample({}).capture(PURPOSE) == Capture()
    assert Capture().advice == ()


def test_what_is_kept_has_no_place_for_a_measured_value() -> None:
    assert {field.name for field in fields(Capture)} == {"faults", "recapture", "agreement", "overridden"}


@given(captures)
def test_a_capture_comes_back_from_json_as_it_went_in(capture: Capture) -> None:
    assert capture_from_json(capture_to_json(capture)) == capture


def test_a_row_without_a_capture_found_nothing() -> None:
    assert capture_from_json(None) == Capture()
