"""Many boxes at a time against the same rules written out one box at a time."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from server.face.boxes import likeness, outstanding, overlap, shifted, squared, uncovered

Box = tuple[float, float, float, float]


@st.composite
def crowds(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    """Boxes of whole pixels, close enough to overlap often, and scores of which no two are equal."""
    count = draw(st.integers(0, 12))
    numbers = st.integers(0, 40)
    corners = draw(arrays.arrays(np.float64, (count, 2), elements=numbers))
    sides = draw(arrays.arrays(np.float64, (count, 2), elements=st.integers(1, 40)))
    scores = draw(st.permutations(range(count)))
    return np.concatenate([corners, corners + sides], axis=1), np.array(scores, np.float32) / 16


def shared(one: Box, other: Box) -> float:
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    return max(0.0, width) * max(0.0, height)


def area(box: Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])


def jaccard(one: Box, other: Box) -> float:
    return shared(one, other) / (area(one) + area(other) - shared(one, other))


def part_of_smaller(one: Box, other: Box) -> float:
    return shared(one, other) / min(area(one), area(other))


def thinned(boxes: np.ndarray, scores: np.ndarray, most: float, alike: Callable[[Box, Box], float]) -> list[int]:
    """A box goes when any better-scored one resembles it, be that one kept or not: the package's rule."""
    order = sorted(range(len(boxes)), key=lambda index: -scores[index])
    ranked = [tuple(boxes[index]) for index in order]
    return [
        index
        for rank, index in enumerate(order)
        if not any(alike(better, ranked[rank]) > most for better in ranked[:rank])
    ]


@given(crowds())
def test_overlap_and_likeness_are_those_of_single_boxes(crowd: tuple[np.ndarray, np.ndarray]) -> None:
    boxes, _ = crowd
    pairs = [(tuple(one), tuple(other)) for one in boxes for other in boxes]
    expected = np.array([shared(*pair) for pair in pairs]).reshape(len(boxes), len(boxes))
    np.testing.assert_allclose(overlap(boxes, boxes), expected)
    expected = np.array([jaccard(*pair) for pair in pairs]).reshape(len(boxes), len(boxes))
    np.testing.assert_allclose(likeness(boxes, boxes), expected)


@given(crowds())
def test_likeness_is_symmetric_between_0_and_1_and_1_with_oneself(crowd: tuple[np.ndarray, np.ndarray]) -> None:
    boxes, _ = crowd
    alike = likeness(boxes, boxes)
    np.testing.assert_array_equal(alike, alike.T)
    assert ((alike >= 0) & (alike <= 1)).all()
    np.testing.assert_array_equal(np.diag(alike), 1.0)


@given(crowds(), st.sampled_from([0.0, 0.3, 0.5, 0.7]))
def test_outstanding_boxes_are_those_without_a_better_likeness(
    crowd: tuple[np.ndarray, np.ndarray], most: float
) -> None:
    kept = outstanding(*crowd, most)
    assert list(kept) == thinned(*crowd, most, jaccard)
    assert not len(crowd[1]) or kept[0] == np.argmax(crowd[1])


@given(crowds(), st.sampled_from([0.3, 0.7]))
def test_uncovered_boxes_are_those_that_no_better_one_covers(crowd: tuple[np.ndarray, np.ndarray], most: float) -> None:
    kept = uncovered(*crowd, most)
    assert list(kept) == thinned(*crowd, most, part_of_smaller)
    assert not len(crowd[1]) or kept[0] == np.argmax(crowd[1])


def test_a_small_box_inside_a_large_one_is_covered_but_not_alike() -> None:
    boxes, scores = np.array([[0.0, 0, 100, 100], [40, 40, 60, 60]]), np.array([0.9, 0.8], np.float32)
    assert list(outstanding(boxes, scores, 0.7)) == [0, 1]
    assert list(uncovered(boxes, scores, 0.7)) == [0]


@given(crowds())
def test_squares_hold_their_boxes_about_the_same_middles_and_are_no_larger(
    crowd: tuple[np.ndarray, np.ndarray],
) -> None:
    boxes, _ = crowd
    squares = squared(boxes)
    sides, square_sides = boxes[:, 2:] - boxes[:, :2], squares[:, 2:] - squares[:, :2]
    np.testing.assert_allclose(square_sides, np.repeat(sides.max(axis=1, keepdims=True), 2, axis=1))
    np.testing.assert_allclose(squares[:, :2] + squares[:, 2:], boxes[:, :2] + boxes[:, 2:])
    assert (squares[:, :2] <= boxes[:, :2]).all()
    assert (squares[:, 2:] >= boxes[:, 2:]).all()


def test_edges_move_by_parts_of_a_side_that_counts_both_end_pixels() -> None:
    offsets = np.array([[0.0, 0.5, -1.0, 0.25]], np.float32)
    assert shifted(np.array([[10.0, 20, 19, 39]]), offsets) == pytest.approx(np.array([[10.0, 30, 9, 44]]))
