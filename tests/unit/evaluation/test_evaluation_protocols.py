"""Divided by subject, seeded, and never the same person on both sides."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.evaluation.errors import NothingToEvaluate
from server.evaluation.protocols import leave_out, splits, whole

masks = st.integers(3, 40).flatmap(
    lambda size: st.tuples(
        st.lists(st.booleans(), min_size=size, max_size=size), st.lists(st.booleans(), min_size=size, max_size=size)
    )
)


@settings(deadline=None)
@given(masks, st.floats(0.05, 0.9), st.integers(0, 1000))
def test_nobody_is_enrolled_and_held_out_at_once(
    drawn: tuple[list[bool], list[bool]], held_out: float, seed: int
) -> None:
    in_gallery, in_probes = (np.array([*mask, True, True]) for mask in drawn)
    for trial in splits(in_gallery, in_probes, held_out, 4, seed):
        assert not (trial.gallery & trial.non_mated).any()
        assert not (trial.mated & trial.non_mated).any()
        assert not (trial.gallery & ~in_gallery).any()
        assert (trial.mated | trial.non_mated).all()


def test_a_split_holds_out_the_share_asked_for_and_its_seed_decides_whom() -> None:
    everybody = np.ones(20, np.bool_)
    first, second = splits(everybody, everybody, 0.3, 2, seed=5)
    assert first.non_mated.sum() == second.non_mated.sum() == 6
    assert (first.non_mated != second.non_mated).any()
    again, _ = splits(everybody, everybody, 0.3, 2, seed=5)
    assert (again.gallery == first.gallery).all()
    other, _ = splits(everybody, everybody, 0.3, 2, seed=6)
    assert (other.gallery != first.gallery).any()


def test_only_people_with_probes_are_held_out() -> None:
    in_gallery, in_probes = np.ones(10, np.bool_), np.arange(10) < 4
    for trial in splits(in_gallery, in_probes, 0.5, 8, seed=1):
        assert trial.gallery[4:].all()
        assert trial.non_mated.sum() == 2


def test_with_nobody_held_out_only_strangers_search_as_non_mated() -> None:
    in_gallery, in_probes = np.array([True, True, False]), np.array([True, False, True])
    (trial,) = splits(in_gallery, in_probes, 0.0, 20, seed=1)
    assert trial.gallery.tolist() == [True, True, False]
    assert trial.non_mated.tolist() == [False, False, True]


@pytest.mark.parametrize("held_out", [0.0, 0.3])
def test_one_person_alone_is_no_open_set(held_out: float) -> None:
    with pytest.raises(NothingToEvaluate, match="at least two subjects"):
        splits(np.array([True]), np.array([True]), held_out, 3, seed=1)


def test_leave_out_searches_everybody_both_ways_and_the_whole_gallery_only_mated() -> None:
    in_gallery = np.array([True, True, False])
    (trial,) = leave_out(in_gallery, np.array([True, False, True]))
    assert trial.mated.tolist() == [True, True, False]
    assert trial.non_mated.all()
    assert not whole(in_gallery).non_mated.any()


@pytest.mark.parametrize(
    ("gallery", "probes"), [([True, False], [True, True]), ([True, True, False], [False, False, True])]
)
def test_leave_out_needs_somebody_to_find_and_somebody_else(gallery: list[bool], probes: list[bool]) -> None:
    with pytest.raises(NothingToEvaluate, match="at least two subjects"):
        leave_out(np.array(gallery), np.array(probes))
