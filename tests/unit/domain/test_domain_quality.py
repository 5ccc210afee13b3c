"""Quality as advice: what gates, what counts, and how far a poor image shortens the list."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.quality import LEAST_WEIGHT, Component, Finding, Grade, Quality, Recapture, best, cap

GATES = {Component.SIZE, Component.SHARPNESS, Component.YAW, Component.PITCH}


def finding(component: Component, grade: Grade = Grade.GOOD, factor: float = 1.0) -> Finding:
    return Finding(component, 0.0, grade, factor)


def quality(*faults: Finding) -> Quality:
    """A quality that is good but for the faults."""
    by_component = {fault.component: fault for fault in faults}
    return Quality(tuple(by_component.get(component, finding(component)) for component in Component))


@st.composite
def qualities(draw: st.DrawFn) -> Quality:
    faults = []
    for component in Component:
        grades = list(Grade) if component.may_gate else [Grade.GOOD, Grade.POOR]
        grade = draw(st.sampled_from(grades))
        factor = 1.0 if grade is Grade.GOOD else draw(st.floats(0.01, 1.0))
        faults.append(finding(component, grade, factor))
    return quality(*faults)


@pytest.mark.parametrize("component", list(Component))
def test_every_component_has_a_sentence_that_says_what_to_do(component: Component) -> None:
    assert component.advice.endswith(".")
    assert ": " in component.advice
    assert quality(finding(component, Grade.POOR)).advice == (component.advice,)


def test_the_sentences_differ() -> None:
    assert len({component.advice for component in Component}) == len(Component)


@pytest.mark.parametrize("component", [Component.EYES, Component.LOWER_FACE, Component.UPPER_FACE])
def test_a_guess_is_worded_as_one(component: Component) -> None:
    assert " may be " in component.advice


def test_a_good_photograph_has_no_advice_and_full_weight() -> None:
    good = quality()
    assert (good.advice, good.gating, good.weight, good.poor) == ((), (), 1.0, False)


@pytest.mark.parametrize("component", sorted(GATES))
def test_an_unusable_size_sharpness_or_pose_gates(component: Component) -> None:
    unusable = finding(component, Grade.UNUSABLE, 0.3)
    assert quality(unusable).gating == (unusable,)
    assert quality(finding(component, Grade.POOR, 0.5)).gating == ()


@pytest.mark.parametrize("component", sorted(set(Component) - GATES))
def test_light_eyes_and_covers_never_gate(component: Component) -> None:
    with pytest.raises(ValueError, match="never stops a search"):
        finding(component, Grade.UNUSABLE, 0.3)


@pytest.mark.parametrize(
    ("value", "factor"), [(math.nan, 1.0), (math.inf, 1.0), (0.0, 0.0), (0.0, 1.5), (0.0, math.nan)]
)
def test_a_finding_is_finite_and_its_factor_in_range(value: float, factor: float) -> None:
    with pytest.raises(ValueError, match="out of range"):
        Finding(Component.SIZE, value, Grade.POOR, factor)


@pytest.mark.parametrize(
    "findings", [(), tuple(finding(c) for c in reversed(Component)), (finding(Component.SIZE),) * 9]
)
def test_a_quality_has_every_component_once(findings: tuple[Finding, ...]) -> None:
    with pytest.raises(ValueError, match="every component"):
        Quality(findings)


def test_a_component_is_found_by_its_name() -> None:
    poor = finding(Component.YAW, Grade.POOR)
    assert quality(poor)[Component.YAW] is poor


def test_two_faults_weigh_more_than_one() -> None:
    blur, mask = finding(Component.SHARPNESS, Grade.POOR, 0.6), finding(Component.LOWER_FACE, Grade.POOR, 0.5)
    assert quality(blur, mask).weight == pytest.approx(0.3)


def test_the_best_frame_rules_a_probe() -> None:
    poor, better = quality(finding(Component.YAW, Grade.POOR, 0.5)), quality(finding(Component.YAW, Grade.POOR, 0.7))
    assert best([poor, better, poor]) is better
    assert best([quality(), quality()]).weight == 1


@pytest.mark.parametrize(
    ("factor", "length"), [(1.0, 6), (0.9, 5), (0.85, 5), (0.7, 4), (0.5, 3), (0.35, 2), (0.1, 1), (0.01, 1)]
)
def test_a_poor_image_shortens_the_list(factor: float, length: int) -> None:
    assert cap(quality(finding(Component.SHARPNESS, Grade.POOR, factor)), 6) == length


@given(qualities(), st.integers(1, 50))
def test_a_list_is_never_emptied_nor_lengthened_by_quality(one: Quality, policy_cap: int) -> None:
    assert 1 <= cap(one, policy_cap) <= policy_cap
    assert LEAST_WEIGHT <= one.weight <= 1


@given(qualities())
def test_light_and_eyes_with_a_factor_of_one_change_neither_list_nor_weight(one: Quality) -> None:
    lit = [finding(c, Grade.POOR) for c in (Component.DARK, Component.BRIGHT, Component.EYES)]
    others = [found for found in one.findings if found.component not in {fault.component for fault in lit}]
    assert quality(*others, *lit).weight == quality(*others).weight


def test_a_list_without_room_is_no_list() -> None:
    with pytest.raises(ValueError, match="at least one"):
        cap(quality(), 0)


def test_a_recapture_hint_says_what_to_do_and_is_silent_otherwise() -> None:
    assert Recapture(9.0, 0, hinted=True).advice.startswith("This may be a photograph of a screen")
    assert Recapture(2.0, 1, hinted=False).advice == ""
