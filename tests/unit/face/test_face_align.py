"""The alignment is mathematics, so it is tested as mathematics."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.face.align import chip_of, distance, inverse, moved, roll_of, similarity

SIDE = 150
FIXED = np.array([(46.4, 44.6), (100.1, 44.7), (73.9, 77.4), (48.2, 98.0), (99.0, 97.9)])


def matrix(scale: float, degrees: float, shift: tuple[float, float]) -> np.ndarray:
    turn = math.radians(degrees)
    rotation = [[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]]
    return np.column_stack([scale * np.array(rotation), shift])


similarities = st.builds(
    matrix,
    st.floats(0.05, 20.0),
    st.floats(-180.0, 180.0),
    st.tuples(st.floats(-2000, 2000), st.floats(-2000, 2000)),
)


@given(similarities)
def test_a_known_similarity_is_recovered(known: np.ndarray) -> None:
    np.testing.assert_allclose(similarity(FIXED, moved(FIXED, known)), known, rtol=1e-6, atol=1e-5)


@given(similarities)
def test_the_inverse_undoes_a_transform(known: np.ndarray) -> None:
    np.testing.assert_allclose(moved(moved(FIXED, known), inverse(known)), FIXED, rtol=1e-6, atol=1e-4)


def test_a_mirrored_face_is_not_mirrored_back() -> None:
    mirrored = FIXED * [-1, 1]
    transform = similarity(mirrored, FIXED)
    assert np.linalg.det(transform[:, :2]) > 0
    assert distance(moved(mirrored, transform), FIXED) > 10


@given(st.floats(-179.0, 179.0))
def test_roll_is_the_clockwise_lean_of_the_head(degrees: float) -> None:
    # With y pointing down a positive turn is clockwise to the viewer.
    leaning = moved(FIXED, matrix(2.0, degrees, (300.0, 200.0)))
    assert roll_of(similarity(leaning, FIXED)) == pytest.approx(degrees, abs=1e-6)


def test_the_chip_shows_the_landmarks_at_the_fixed_points() -> None:
    landmarks = moved(FIXED, matrix(1.8, 30.0, (200.0, 60.0)))
    picture = np.zeros((500, 500, 3), np.uint8)
    for x, y in landmarks.round().astype(int):
        picture[y - 3 : y + 4, x - 3 : x + 4] = 255
    chip = chip_of(picture, landmarks, FIXED, SIDE)
    assert chip.shape == (SIDE, SIDE, 3)
    assert all(chip[round(y), round(x)].min() > 200 for x, y in FIXED)


def test_a_margin_widens_the_chip_on_every_side() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (400, 400, 3)).astype(np.uint8)
    landmarks = moved(FIXED, matrix(1.5, -10.0, (120.0, 90.0)))
    wide = chip_of(picture, landmarks, FIXED, SIDE, margin=20)
    assert wide.shape == (190, 190, 3)
    difference = wide[20:-20, 20:-20].astype(int) - chip_of(picture, landmarks, FIXED, SIDE)
    assert np.abs(difference).max() <= 4
