"""Clopper-Pearson against published values, and which interval is used when."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import binom

from server.evaluation.intervals import Intervals, Method, Rate, clopper_pearson, percentiles

SUBJECTS = 12


@pytest.fixture(scope="module")
def intervals() -> Intervals:
    return Intervals(SUBJECTS, seed=3)


def _events(*outcomes: int) -> NDArray[np.bool_]:
    return np.array(outcomes, np.bool_)


@pytest.mark.parametrize(
    ("events", "trials", "low", "high"),
    [
        (0, 10, 0.0, 0.3085),
        (1, 10, 0.0025, 0.4450),
        (5, 10, 0.1871, 0.8129),
        (10, 10, 0.6915, 1.0),
        (10, 100, 0.0490, 0.1762),
        (0, 300, 0.0, 0.0122),
    ],
)
def test_the_exact_interval_has_the_values_of_the_tables(events: int, trials: int, low: float, high: float) -> None:
    assert clopper_pearson(events, trials) == pytest.approx((low, high), abs=5e-5)


@settings(deadline=None)
@given(st.integers(1, 60), st.floats(0.001, 0.999))
def test_the_exact_interval_covers_the_truth_at_least_as_often_as_it_says(trials: int, truth: float) -> None:
    covered = sum(
        float(binom.pmf(events, trials, truth))
        for events in range(trials + 1)
        if clopper_pearson(events, trials)[0] <= truth <= clopper_pearson(events, trials)[1]
    )
    assert covered >= 0.95 - 1e-9


def test_nothing_tried_says_nothing(intervals: Intervals) -> None:
    rate = intervals.rate(_events(), np.array([], np.intp))
    assert np.isnan(rate.value)
    assert (rate.low, rate.high, rate.method) == (0.0, 1.0, Method.NONE)


def test_one_search_a_person_is_a_binomial(intervals: Intervals) -> None:
    rate = intervals.rate(_events(1, 0, 0, 0, 0, 0, 0, 0, 0, 0), np.arange(10))
    assert rate.method is Method.CLOPPER_PEARSON
    assert (rate.low, rate.high) == clopper_pearson(1, 10)


def test_many_searches_of_few_people_widen_the_interval(intervals: Intervals) -> None:
    """Ten people with twenty equal searches each know no more than ten people."""
    subject = np.repeat(np.arange(10), 20)
    rate = intervals.rate(subject < 3, subject)
    naive = clopper_pearson(60, 200)
    assert rate.method is Method.SUBJECT_BOOTSTRAP
    assert rate.value == 0.3
    assert rate.low < naive[0]
    assert rate.high > naive[1]
    assert rate.high == pytest.approx(0.6, abs=0.1)


def test_the_interval_of_replicates_leaves_out_a_fortieth_on_either_side() -> None:
    assert percentiles(np.append(np.arange(1001.0), np.nan)) == pytest.approx((25, 975))
    assert percentiles(np.array([np.nan, np.nan])) == (0.0, 1.0)


def test_no_event_among_repeated_searches_counts_each_person_once(intervals: Intervals) -> None:
    subject = np.repeat(np.arange(10), 20)
    none = intervals.rate(np.zeros(200, np.bool_), subject)
    every = intervals.rate(np.ones(200, np.bool_), subject)
    assert none.method is every.method is Method.ON_SUBJECTS
    assert (none.low, none.high) == clopper_pearson(0, 10)
    assert (every.low, every.high) == clopper_pearson(10, 10)


def test_one_event_leaves_no_narrower_interval_than_none(intervals: Intervals) -> None:
    subject = np.repeat(np.arange(10), 20)
    rate = intervals.rate(np.arange(200) == 7, subject)
    assert rate.low == 0
    assert rate.high >= clopper_pearson(0, 10)[1]


def test_one_person_alone_says_next_to_nothing_about_others(intervals: Intervals) -> None:
    rate = intervals.rate(_events(1, 0, 0), np.array([4, 4, 4]))
    assert (rate.low, rate.high) == pytest.approx((0.025, 0.975))


def test_the_complement_turns_everything_round() -> None:
    rate = Rate(3, 10, 10, 0.1, 0.6, Method.CLOPPER_PEARSON)
    assert rate.complement == Rate(7, 10, 10, 0.4, 0.9, Method.CLOPPER_PEARSON)
    assert rate.complement.value == pytest.approx(1 - rate.value)


def test_the_same_seed_gives_the_same_interval() -> None:
    subject = np.arange(60) % SUBJECTS % np.array([12, 5, 7, 3, 11] * 12)
    events = np.arange(60) % 7 == 0
    assert Intervals(SUBJECTS, 7).rate(events, subject) == Intervals(SUBJECTS, 7).rate(events, subject)
    assert Intervals(SUBJECTS, 7).rate(events, subject) != Intervals(SUBJECTS, 8).rate(events, subject)


@settings(deadline=None)
@given(st.data())
def test_every_interval_holds_its_rate(data: st.DataObject) -> None:
    subject = np.array(data.draw(st.lists(st.integers(0, SUBJECTS - 1), min_size=1, max_size=40)), np.intp)
    events = np.array(data.draw(st.lists(st.booleans(), min_size=subject.size, max_size=subject.size)), np.bool_)
    rate = Intervals(SUBJECTS, seed=1).rate(events, subject)
    assert 0 <= rate.low <= rate.value <= rate.high <= 1
    assert rate.subjects == len(set(subject.tolist()))
