"""The cascade's geometry: many scales of several turns on one canvas, with nets that see painted faces."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.face.cascade import AT_ONCE, MOST_PROPOSALS, faces_in
from server.face.landmarks import Detection
from server.face.pyramid import GRAIN, OUTSIDE, STEP, Level, packed
from tests.fakes.painted_faces import PARTS, PaintedNets, black, paint

Corner = tuple[int, int]


def level(height: int, width: int, number: int = 0) -> Level:
    shades = np.random.default_rng(height * 1000 + width).uniform(0, 255, (height, width, 3))
    return Level(number, 1.0, shades.astype(np.float32))


levels = st.lists(st.builds(level, st.integers(12, 90), st.integers(12, 90)), min_size=1, max_size=14)


def area_of(level: Level, corner: Corner) -> tuple[slice, slice]:
    top, left = corner
    return slice(top, top + level.height), slice(left, left + level.width)


@given(levels)
def test_every_level_comes_back_from_the_canvas_whole(levels: list[Level]) -> None:
    canvas, corners = packed(levels)
    assert canvas.dtype == np.float32
    for one, corner in zip(levels, corners, strict=True):
        np.testing.assert_array_equal(canvas[area_of(one, corner)], one.pixels)


@given(levels)
def test_no_two_levels_overlap_and_nothing_else_is_drawn(levels: list[Level]) -> None:
    canvas, corners = packed(levels)
    layers = np.zeros(canvas.shape[:2], int)
    for one, corner in zip(levels, corners, strict=True):
        layers[area_of(one, corner)] += 1
    assert layers.max() == 1
    np.testing.assert_array_equal(layers == 0, (canvas == OUTSIDE).all(axis=2))


@given(levels)
def test_corners_and_sides_suit_the_net(levels: list[Level]) -> None:
    canvas, corners = packed(levels)
    assert all(edge % STEP == 0 for corner in corners for edge in corner)
    assert all(side % GRAIN == 0 for side in canvas.shape[:2])


def test_a_pyramid_wastes_little_of_the_canvas() -> None:
    pyramid = [level(round(384 * 0.709**step), round(288 * 0.709**step)) for step in range(10)]
    canvas, _ = packed(pyramid)
    assert sum(one.pixels.size for one in pyramid) / canvas.size > 0.6


def places(faces: Sequence[Detection]) -> list[tuple[float, ...]]:
    return sorted(tuple(np.concatenate([face.bounds, face.landmarks.ravel()])) for face in faces)


@pytest.mark.parametrize("diameter", [22, 31, 47, 80, 150, 240])
def test_a_face_of_any_size_is_found_where_it_stands(diameter: int) -> None:
    (faces,) = faces_in(PaintedNets(), paint(black(400, 320), (180, 150), diameter), 20)
    (face,) = faces
    half = diameter / 2
    np.testing.assert_allclose(face.bounds, [180 - half, 150 - half, 180 + half, 150 + half], atol=1.5)
    np.testing.assert_allclose(face.landmarks, [180, 150] + (PARTS - 0.5) * diameter, atol=0.5)


def test_faces_smaller_than_the_least_are_not_looked_for_which_saves_canvas() -> None:
    nets, picture = PaintedNets(), paint(paint(black(400, 320), (100, 150), 30), (280, 150), 120)
    (every,), (large,) = faces_in(nets, picture, 24), faces_in(nets, picture, 60)
    assert len(every) == 2
    assert [face.bounds[0] for face in large] == pytest.approx([220], abs=1.5)
    thorough, quick = (height * width for height, width in nets.canvases)
    assert quick < thorough / 4


@pytest.mark.parametrize("size", [(400, 320), (319, 401)])
def test_quarter_turns_in_one_call_give_what_the_turned_pictures_give_alone(size: tuple[int, int]) -> None:
    picture = paint(paint(paint(black(*size), (100, 150), 40), (220, 240), 90, 90), (230, 70), 70, 200)
    together = faces_in(PaintedNets(), picture, 20, (3, 0, 1, 2))
    alone = [faces_in(PaintedNets(), np.rot90(picture, turn), 20)[0] for turn in (3, 0, 1, 2)]
    assert [len(faces) for faces in together] == [0, 1, 1, 1]
    for several, single in zip(together, alone, strict=True):
        np.testing.assert_allclose(places(several), places(single), atol=0.3)


def test_no_canvas_of_a_large_picture_costs_the_net_more_than_80_megabytes() -> None:
    """At 200 bytes a pixel; all turns on one canvas would take more than twice that."""
    nets, noise = PaintedNets(), np.random.default_rng(7).integers(0, 256, (640, 640, 3)).astype(np.uint8)
    faces_in(nets, noise, 20, (0, 1, 2, 3))
    pixels = [height * width for height, width in nets.canvases]
    assert max(pixels) < 400_000
    assert sum(pixels) > 1_000_000


def test_pictures_too_small_for_the_least_face_are_not_shown_to_the_nets() -> None:
    nets = PaintedNets()
    assert faces_in(nets, black(400, 30), 40, (0, 1)) == [[], []]
    assert nets.canvases == []


class CertainNets:
    """They see a face in every window: what noise does to the real ones at its worst."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    def propose(self, canvas: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        rows, columns = ((side - 12) // 2 + 1 for side in canvas.shape[:2])
        scores = np.random.default_rng(2).uniform(0.7, 1.0, (rows, columns)).astype(np.float32)
        shrunk = np.tile(np.array([0.45, 0.45, -0.45, -0.45], np.float32), (rows, columns, 1))
        return shrunk, scores  # windows so small that none resembles another

    def refine(self, picture: np.ndarray, boxes: np.ndarray, turns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        self.asked.append(len(boxes))
        return np.zeros((len(boxes), 4), np.float32), np.ones(len(boxes), np.float32)

    def finish(
        self, picture: np.ndarray, boxes: np.ndarray, turns: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        self.asked.append(len(boxes))
        none = np.zeros(len(boxes), np.float32)
        return np.zeros((len(boxes), 4), np.float32), np.zeros((len(boxes), 10), np.float32), none


def test_the_work_on_a_picture_of_nothing_but_faces_is_bounded() -> None:
    nets = CertainNets()
    assert faces_in(nets, black(640, 480), 20, (0, 1)) == [[], []]
    assert sum(nets.asked) == 2 * 2 * MOST_PROPOSALS
    assert max(nets.asked) == AT_ONCE
