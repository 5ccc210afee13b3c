"""Searches and rates against cases counted by hand, and what must hold of all."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from server.domain.candidates import Scored, shortlist
from server.evaluation.intervals import Intervals
from server.evaluation.protocols import Trial, leave_out, whole
from server.evaluation.rates import (
    STEP,
    OpenSet,
    above,
    at_fpir,
    curve,
    detection_error_tradeoff,
    least_threshold,
    rank_rates,
)
from server.evaluation.searches import NEVER, Mated, NonMated, Side, searched

INTERVALS = Intervals(6, seed=1)
scores = st.lists(st.floats(-1, 1, width=32), min_size=1, max_size=30)


def _side(vectors: NDArray[np.float32], subject: list[int], taken: list[bool] | None = None) -> Side:
    return Side(vectors, np.array(subject, np.intp), np.array(taken or [True] * len(subject), np.bool_))


def _plane(*degrees: float) -> NDArray[np.float32]:
    """Unit vectors in the plane: their score is the cosine of the angle between them."""
    angles = np.radians(degrees)
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


GALLERY = _side(_plane(0, 90, 80, 180), [0, 1, 1, 2])
"""Subject 1 has two references; subject 3 has none."""

PROBES = _side(_plane(10, 75, 100, 10, 0), [0, 1, 2, 3, 0], [True, True, True, True, False])
"""The third one looks like somebody else; the fourth is a stranger; the last one gave no template."""


FULL = np.full(5, 6)
"""Room for everybody on each list."""


def _cos(degrees: float) -> float:
    return float(np.cos(np.radians(degrees)))


@pytest.fixture
def leaving_out() -> tuple[Mated, NonMated]:
    return searched(leave_out(np.array([True, True, True, False]), np.ones(4, np.bool_)), GALLERY, PROBES, FULL)


def test_the_own_record_is_scored_by_its_best_reference_and_ranked_among_people(
    leaving_out: tuple[Mated, NonMated],
) -> None:
    mated, _ = leaving_out
    assert mated.probe.tolist() == [0, 1, 2, 4]
    assert mated.score[:3] == pytest.approx([_cos(10), _cos(5), _cos(80)], abs=1e-6)
    assert mated.rank.tolist() == [1, 1, 2, NEVER]


def test_a_search_without_the_own_record_shows_the_best_of_the_others(leaving_out: tuple[Mated, NonMated]) -> None:
    _, non_mated = leaving_out
    assert non_mated.probe.tolist() == [0, 1, 2, 3, 4]
    assert non_mated.top[:4] == pytest.approx([_cos(70), _cos(75), _cos(10), _cos(10)], abs=1e-6)
    assert non_mated.top[4] == -np.inf


def test_rates_count_a_probe_without_a_template_as_a_miss_and_as_a_search_that_showed_nobody(
    leaving_out: tuple[Mated, NonMated],
) -> None:
    point = OpenSet(*leaving_out, INTERVALS).at(0.9)
    assert (point.tpir.events, point.tpir.trials) == (2, 4)
    assert (point.fnir.events, point.fnir.trials) == (2, 4)
    assert (point.fpir.events, point.fpir.trials) == (2, 5)


@pytest.mark.parametrize(("lengths", "found"), [([2, 2, 2, 2, 0], 3), ([1, 1, 2, 1, 0], 3), ([2, 2, 1, 2, 0], 2)])
def test_each_list_is_as_long_as_its_own_probe_allows(lengths: list[int], found: int) -> None:
    """The own record of the third probe stands second, those of the first two stand first."""
    trial = whole(np.array([True, True, True, False]))
    mated, non_mated = searched([trial], GALLERY, PROBES, np.array(lengths))
    assert not non_mated.probe.size
    searches = OpenSet(mated, non_mated, INTERVALS)
    assert searches.at(0.1).tpir.events == found
    assert OpenSet(mated.of(np.arange(5) == 2), non_mated, INTERVALS).at(0.1).tpir.events == found - 2


def test_the_length_of_the_list_moves_neither_rank_nor_the_rate_of_strangers_who_are_shown_anyone() -> None:
    trials = leave_out(np.array([True, True, True, False]), np.ones(4, np.bool_))
    (long, shown), (short, shown_shorter) = (
        searched(trials, GALLERY, PROBES, lengths) for lengths in (FULL, np.ones(5, np.intp))
    )
    assert rank_rates(long, 3, INTERVALS) == rank_rates(short, 3, INTERVALS)
    assert OpenSet(long, shown, INTERVALS).at(0.9).fpir == OpenSet(short, shown_shorter, INTERVALS).at(0.9).fpir


def test_the_cumulative_match_characteristic_counted_by_hand() -> None:
    closed, _ = searched([whole(np.array([True, True, True, False]))], GALLERY, PROBES, FULL)
    assert [(rate.events, rate.trials) for rate in rank_rates(closed, 3, INTERVALS)] == [(2, 4), (3, 4), (3, 4)]


def test_a_subject_whose_references_all_failed_is_missed_by_all_its_probes() -> None:
    gallery = _side(GALLERY.vectors, [0, 1, 1, 2], [False, True, True, True])
    mated, _ = searched([whole(np.array([True, True, True, False]))], gallery, PROBES, FULL)
    assert mated.rank[mated.subject == 0].tolist() == [NEVER, NEVER]
    assert not mated.found(-1.0)[mated.subject == 0].any()


def test_equal_scores_of_others_count_as_ahead() -> None:
    gallery = _side(_plane(0, 0), [0, 1])
    mated, _ = searched([whole(np.array([True, True]))], gallery, _side(_plane(0), [0]), FULL[:1])
    assert mated.rank.tolist() == [2]


@settings(deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(-0.5, 0.9), st.lists(st.integers(1, 4), min_size=8, max_size=8))
def test_found_is_what_the_candidate_list_of_the_server_holds(seed: int, threshold: float, lengths: list[int]) -> None:
    """The evaluation counts exactly what `domain.candidates.shortlist` would show."""
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(20, 8)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    gallery, probes = _side(vectors[:12], [n % 6 for n in range(12)]), _side(vectors[12:], [n % 6 for n in range(8)])
    trial = Trial(
        np.array([True] * 4 + [False] * 2), np.array([True] * 4 + [False] * 2), np.array([False] * 4 + [True] * 2)
    )
    mated, non_mated = searched([trial], gallery, probes, np.array(lengths))
    listed = [
        _listed(gallery, vector, threshold, length) for vector, length in zip(probes.vectors, lengths, strict=True)
    ]
    expected = [int(subject) in shown for subject, shown in zip(probes.subject, listed, strict=True)]
    assert mated.found(threshold).tolist() == [expected[probe] for probe in mated.probe]
    assert non_mated.showed(threshold).tolist() == [bool(listed[probe]) for probe in non_mated.probe]


def _listed(gallery: Side, probe: NDArray[np.float32], threshold: float, cap: int) -> set[int]:
    compared = zip(gallery.subject, gallery.vectors @ probe, strict=True)
    scored = [Scored("", str(subject), float(score)) for subject, score in compared if subject < 4]
    return {int(one.subject_id) for one in shortlist(scored, threshold, cap)}


def test_the_least_threshold_lets_through_as_many_as_allowed() -> None:
    tops = np.array([0.9, 0.8, 0.8, 0.5, -np.inf])
    assert least_threshold(tops, 0) == pytest.approx(0.9001, abs=1e-9)
    assert least_threshold(tops, 1) == pytest.approx(0.8001, abs=1e-9)
    assert least_threshold(tops, 2) == pytest.approx(0.8001, abs=1e-9)
    assert least_threshold(tops, 3) == pytest.approx(0.5001, abs=1e-9)
    assert least_threshold(tops, 4) == -1.0


@settings(deadline=None)
@given(scores, st.integers(0, 30))
def test_no_lower_threshold_would_do(values: list[float], allowed: int) -> None:
    tops = np.array(values)
    threshold = least_threshold(tops, allowed)
    assert (tops >= threshold).sum() <= allowed or threshold == -1.0
    assert threshold <= 1 + STEP
    if threshold > -1.0:
        assert (tops >= threshold - STEP).sum() > allowed


@settings(deadline=None)
@given(st.floats(-1, 1))
def test_above_is_the_next_step(score: float) -> None:
    assert score < above(score) <= score + STEP + 1e-9


def _searches(mated_scores: list[float], tops: list[float]) -> OpenSet:
    own, others = np.arange(len(mated_scores)) % 6, np.arange(len(tops)) % 6
    ranks = np.array([1 + number % 8 for number in own], np.int32)
    return OpenSet(
        Mated(np.arange(own.size), own, np.array(mated_scores), ranks, 6 - own),
        NonMated(np.arange(others.size), others, np.array(tops)),
        INTERVALS,
    )


@settings(deadline=None)
@given(scores, scores)
def test_raising_the_threshold_never_raises_a_rate(mated_scores: list[float], tops: list[float]) -> None:
    points = curve(_searches(mated_scores, tops))
    for rates in ([point.tpir.value for point in points], [point.fpir.value for point in points]):
        assert rates == sorted(rates, reverse=True)


@settings(deadline=None)
@given(scores, scores)
def test_fewer_false_positives_never_cost_fewer_misses(mated_scores: list[float], tops: list[float]) -> None:
    points = sorted(detection_error_tradeoff(_searches(mated_scores, tops)), key=lambda point: point.fpir)
    assert [point.fnir for point in points] == sorted((point.fnir for point in points), reverse=True)


@settings(deadline=None)
@given(st.lists(st.integers(1, 40), min_size=1, max_size=30))
def test_the_cumulative_match_characteristic_only_rises(ranks: list[int]) -> None:
    subject = np.arange(len(ranks)) % 6
    one_each = np.ones(len(ranks), np.intp)
    closed = Mated(np.arange(len(ranks)), subject, np.zeros(len(ranks)), np.array(ranks, np.int32), one_each)
    rates = [rate.value for rate in rank_rates(closed, 40, INTERVALS)]
    assert rates == sorted(rates)
    assert rates[0] == ranks.count(1) / len(ranks)


def test_round_rates_are_reported_only_where_the_sample_can_resolve_them() -> None:
    searches = _searches([0.9] * 10, [number / 100 for number in range(40)])
    points = at_fpir((0.1, 0.01), searches)
    assert [round(point.fpir.value, 3) for point in points] == [0.1]


def test_searching_the_same_probes_again_resolves_no_smaller_rate() -> None:
    searches = _searches([0.9] * 10, [number / 100 for number in range(40)] * 10)
    repeated = replace(searches.non_mated, probe=np.arange(400) % 40)
    points = at_fpir((0.1, 0.01), replace(searches, non_mated=repeated))
    assert [round(point.fpir.value, 3) for point in points] == [0.1]
