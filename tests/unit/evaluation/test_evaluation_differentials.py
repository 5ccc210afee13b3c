"""Gini and MXOG against values worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.evaluation.differentials import Outcomes, differential, floored, gini, mxog
from server.evaluation.intervals import Intervals

rates = st.lists(st.floats(1e-6, 1), min_size=2, max_size=8).map(np.array)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0.1, 0.1, 0.1], 0.0),
        ([0.0, 0.0, 0.0], 0.0),
        ([0.0, 1.0], 1.0),
        ([0.0, 0.0, 0.3], 1.0),
        ([0.1, 0.3], 0.5),  # 2/1 * (0.2 + 0.2) / (2 * 4 * 0.2)
        ([0.1, 0.2, 0.3], 1 / 3),  # 3/2 * 0.8 / (2 * 9 * 0.2)
    ],
)
def test_gini(values: list[float], expected: float) -> None:
    assert float(gini(np.array(values))) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("values", "expected"),
    [([0.2, 0.2], 1.0), ([0.1, 0.4], 2.0), ([0.01, 0.01, 0.08], 4.0)],
)
def test_mxog(values: list[float], expected: float) -> None:
    assert float(mxog(np.array(values))) == pytest.approx(expected)


@settings(deadline=None)
@given(rates, st.floats(0.01, 1))
def test_both_depend_on_proportions_only(values: np.ndarray[tuple[int], np.dtype[np.float64]], scale: float) -> None:
    assert float(gini(values * scale)) == pytest.approx(float(gini(values)), abs=1e-6)
    assert float(mxog(values * scale)) == pytest.approx(float(mxog(values)), rel=1e-6)
    assert -1e-12 <= float(gini(values)) <= 1 + 1e-9
    assert float(mxog(values)) >= 1 - 1e-9


def test_a_zero_becomes_half_an_error_but_never_the_greater_rate() -> None:
    assert floored(np.array([0.0, 0.5]), np.array([50.0, 10.0])).tolist() == [0.01, 0.5]
    assert floored(np.array([0.0, 0.02]), np.array([5.0, 100.0])).tolist() == [0.02, 0.02]


def _group(errors: int, trials: int, first: int) -> Outcomes:
    return Outcomes(np.arange(trials) < errors, np.arange(first, first + trials), np.arange(first, first + trials))


def _repeated(outcomes: Outcomes, times: int) -> Outcomes:
    return Outcomes(np.tile(outcomes.errors, times), np.tile(outcomes.subject, times), np.tile(outcomes.probe, times))


@pytest.mark.parametrize("times", [2, 20])
def test_searching_the_same_probes_again_makes_nothing_more_unequal(times: int) -> None:
    groups = {"a": _group(0, 20, 0), "b": _group(4, 20, 20)}
    again = {label: _repeated(outcomes, times) for label, outcomes in groups.items()}
    once, more = (differential(each, Intervals(40, seed=1)) for each in (groups, again))
    assert once == more
    assert once is not None
    assert once.mxog is not None
    assert once.mxog.value == pytest.approx(0.2 / (0.025 * 0.2) ** 0.5)
    assert once.mxog.low >= 1


def test_a_differential_over_three_groups_of_which_one_made_no_error() -> None:
    intervals = Intervals(150, seed=1)
    groups = {"a": _group(0, 50, 0), "b": _group(5, 50, 50), "c": _group(10, 50, 100)}
    found = differential(groups, intervals)
    assert found is not None
    assert found.mxog is not None
    assert found.floored
    assert found.gini.value == pytest.approx(2 / 3)  # 3/2 * 0.8 / (2 * 9 * 0.1)
    assert found.mxog.value == pytest.approx(0.2 / (0.01 * 0.1 * 0.2) ** (1 / 3))
    assert found.gini.low < found.gini.value < found.gini.high
    assert found.mxog.low < found.mxog.value < found.mxog.high


def test_without_an_error_nothing_differs_and_without_two_groups_nothing_is_compared() -> None:
    intervals = Intervals(100, seed=1)
    none = differential({"a": _group(0, 50, 0), "b": _group(0, 50, 50)}, intervals)
    assert none is not None
    assert (none.gini.value, none.gini.low, none.gini.high, none.mxog) == (0.0, 0.0, 1.0, None)
    assert differential({"a": _group(3, 50, 0), "b": _group(0, 0, 50)}, intervals) is None


@pytest.mark.parametrize("errors", [1, 4, 9])
def test_the_intervals_hold_their_values_also_where_groups_are_equal(errors: int) -> None:
    found = differential({"a": _group(errors, 20, 0), "b": _group(errors, 20, 20)}, Intervals(40, 1))
    assert found is not None
    assert found.mxog is not None
    assert found.gini.low == found.gini.value == 0
    assert found.mxog.low == found.mxog.value == pytest.approx(1.0)
    assert found.gini.high > 0
