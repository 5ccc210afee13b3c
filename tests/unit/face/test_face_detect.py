"""Whose face is meant, with nets that see painted faces: at any angle, beside others, near and far."""

from collections.abc import Sequence

import numpy as np
import pytest

from server.domain.face import Box
from server.domain.image_errors import FaceNotFound, FaceNotNamed, SeveralFaces
from server.face.decode import Photograph
from server.face.detect import BYSTANDER, MOST_FACES, box_of, faces_of, only_face
from server.face.looks import Face
from tests.fakes.painted_faces import ASIDE, FALSE_ALARM, PARTS, UNCERTAIN, PaintedNets, Pixels, black, paint

EVERY_ANGLE = range(0, 360, 15)
LARGE, MIDDLE, SMALL = 230, 60, 27
"""Diameters: found in one pass; found by the fast passes; found by the thorough pass alone."""


def photograph(pixels: Pixels, shrink: float = 1.0) -> Photograph:
    return Photograph(pixels, shrink)


def truth(middle: tuple[float, float], diameter: float, lean: float) -> np.ndarray:
    turn = np.radians(lean)
    rotation = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    return np.asarray((PARTS - 0.5) * diameter @ rotation + middle)


def searched(nets: PaintedNets) -> int:
    """Pixels of all canvases: the work that was done."""
    return sum(height * width for height, width in nets.canvases)


def widths(faces: list[Face]) -> list[int]:
    return [round(face.seen.area**0.5) for face in faces]


@pytest.mark.parametrize(
    ("diameter", "leans"), [(LARGE, EVERY_ANGLE), (MIDDLE, EVERY_ANGLE), (SMALL, (0, 75, 165, 240))]
)
def test_a_face_is_found_once_at_every_angle(diameter: int, leans: Sequence[int]) -> None:
    for lean in leans:
        face = only_face(PaintedNets(), photograph(paint(black(640, 480), (300, 220), diameter, lean)))
        assert (face.roll - lean + 180) % 360 - 180 == pytest.approx(0, abs=2)
        np.testing.assert_allclose(face.seen.landmarks, truth((300, 220), diameter, lean), atol=1)
        half = diameter / 2
        np.testing.assert_allclose(face.seen.bounds, [300 - half, 220 - half, 300 + half, 220 + half], atol=2)


@pytest.mark.parametrize("lean", [0, 45, 90, 180, 225, 315])
@pytest.mark.parametrize("diameter", [LARGE, MIDDLE, SMALL])
def test_a_face_turned_aside_is_found_at_the_quarter_turns_and_between_them(diameter: int, lean: int) -> None:
    """The nets see none that leans by more than 30 degrees, so that only a look at its own turn finds each."""
    face = only_face(PaintedNets(), photograph(paint(black(640, 480), (300, 220), diameter, lean, ASIDE)))
    assert face.steady
    np.testing.assert_allclose(face.seen.landmarks, truth((300, 220), diameter, lean), atol=1)


def test_smaller_faces_are_looked_for_only_after_the_turns_between() -> None:
    work = {}
    for diameter in (MIDDLE, SMALL):
        nets = PaintedNets()
        assert len(faces_of(nets, paint(black(640, 480), (300, 220), diameter, 45, ASIDE))) == 1
        work[diameter] = searched(nets)
    assert work[MIDDLE] < work[SMALL] / 2


@pytest.mark.parametrize("lean", [0, 90, 150, 180, 270, 330])
@pytest.mark.parametrize("size", [(1280, 960), (960, 1280), (1280, 300), (333, 257)])
def test_places_are_those_of_the_photograph_whatever_its_size(size: tuple[int, int], lean: int) -> None:
    middle, diameter = (size[0] * 0.6, size[1] * 0.45), min(size) * 0.5
    face = only_face(PaintedNets(), photograph(paint(black(*size), middle, diameter, lean)))
    np.testing.assert_allclose(face.seen.landmarks, truth(middle, diameter, lean), atol=diameter / 100)


@pytest.mark.parametrize("pixels", [black(640, 480), black(80, 80), black(900, 80), np.full_like(black(90, 90), 120)])
def test_nobody_is_said_to_be_nobody(pixels: Pixels) -> None:
    with pytest.raises(FaceNotFound):
        only_face(PaintedNets(), photograph(pixels))


def test_more_is_searched_only_where_less_did_not_answer() -> None:
    work = {}
    for diameter in (LARGE, MIDDLE, SMALL):
        nets = PaintedNets()
        assert len(faces_of(nets, paint(black(640, 480), (300, 220), diameter))) == 1
        work[diameter] = nets
    assert searched(work[LARGE]) < searched(work[MIDDLE]) / 2
    assert searched(work[MIDDLE]) < searched(work[SMALL]) / 2
    nobody = PaintedNets()
    assert faces_of(nobody, black(640, 480)) == []
    assert max(map(np.prod, nobody.canvases)) == max(map(np.prod, work[SMALL].canvases))


def test_two_people_are_both_reported_in_pixels_of_the_original_the_larger_first() -> None:
    picture = paint(paint(black(640, 480), (480, 240), 100), (180, 240), 130)
    with pytest.raises(SeveralFaces) as refused:
        only_face(PaintedNets(), photograph(picture, shrink=2.5), number=3)
    assert refused.value.image == 3
    expected = [Box(288, 438, 325, 325), Box(1075, 475, 250, 250)]
    assert len(refused.value.boxes) == len(expected)
    assert all(box.likeness(other) > 0.95 for box, other in zip(refused.value.boxes, expected, strict=True))


@pytest.mark.parametrize("leans", [(0, 0), (0, 90), (90, 0), (180, 180), (180, 0), (270, 90), (45, 225), (135, 30)])
@pytest.mark.parametrize("part", [0.6, 1.0])
def test_two_people_are_reported_however_each_lies(leans: tuple[int, int], part: float) -> None:
    picture = paint(paint(black(640, 480), (170, 240), 120, leans[0]), (470, 200), 120 * part, leans[1])
    with pytest.raises(SeveralFaces) as refused:
        only_face(PaintedNets(), photograph(picture))
    assert len(refused.value.boxes) == 2


@pytest.mark.parametrize("lean", [90, 180, 270])
def test_beside_a_face_that_fills_the_picture_a_lying_one_is_reported_too(lean: int) -> None:
    picture = paint(paint(black(640, 480), (160, 240), LARGE), (480, 240), 150, lean)
    assert widths(faces_of(PaintedNets(), picture)) == pytest.approx([LARGE, 150], abs=3)


@pytest.mark.parametrize("lean", [0, 90, 180, 330])
@pytest.mark.parametrize("diameter", [LARGE, 110, MIDDLE])
def test_only_who_is_under_half_as_wide_is_background(diameter: int, lean: int) -> None:
    alone = paint(black(640, 480), (160, 240), diameter, lean)
    behind = paint(alone.copy(), (480, 120), diameter * BYSTANDER * 0.9, lean)
    assert widths(faces_of(PaintedNets(), behind)) == pytest.approx([diameter], abs=2)
    beside = paint(alone.copy(), (480, 120), diameter * BYSTANDER * 1.15, lean)
    assert len(faces_of(PaintedNets(), beside)) == 2


@pytest.mark.parametrize("lean", [0, 90, 180, 330])
def test_who_is_too_small_for_the_fast_passes_and_more_than_half_as_wide_is_no_background(lean: int) -> None:
    picture = paint(paint(black(640, 480), (160, 240), 50, lean), (480, 120), SMALL, lean)
    assert widths(faces_of(PaintedNets(), picture)) == pytest.approx([50, SMALL], abs=2)


def test_of_two_a_named_one_is_taken() -> None:
    picture = photograph(paint(paint(black(640, 480), (480, 240), 100), (180, 240), 130), shrink=2.0)
    with pytest.raises(SeveralFaces) as refused:
        only_face(PaintedNets(), picture)
    for box, middle in zip(refused.value.boxes, ((180, 240), (480, 240)), strict=True):
        face = only_face(PaintedNets(), picture, named=box)
        assert box_of(face, picture) == box
        assert (face.seen.bounds[:2] + face.seen.bounds[2:]) / 2 == pytest.approx(middle, abs=2)


@pytest.mark.parametrize(
    "named", [Box(0, 0, 90, 90), Box(115, 175, 30, 30), Box(180, 240, 130, 130), Box(0, 0, 640, 480)]
)
def test_a_box_in_which_no_face_stands_names_nobody(named: Box) -> None:
    two = paint(paint(black(640, 480), (480, 240), 100), (180, 240), 130)
    one = paint(black(640, 480), (180, 240), 130)
    for picture in (two, one):
        with pytest.raises(FaceNotNamed):
            only_face(PaintedNets(), photograph(picture), named=named)


def test_naming_a_face_where_there_is_none_is_still_no_face() -> None:
    with pytest.raises(FaceNotFound):
        only_face(PaintedNets(), photograph(black(640, 480)), named=Box(0, 0, 90, 90))


def test_a_false_alarm_is_no_face() -> None:
    assert faces_of(PaintedNets(), paint(black(640, 480), (300, 220), 120, kind=FALSE_ALARM)) == []


def test_an_uncertain_face_is_taken_when_there_is_no_better_one() -> None:
    face = only_face(PaintedNets(), photograph(paint(black(640, 480), (300, 220), 120, kind=UNCERTAIN)))
    assert not face.steady
    assert widths([face]) == pytest.approx([120], abs=2)


@pytest.mark.parametrize(("kind", "diameter"), [(UNCERTAIN, 130), (FALSE_ALARM, 200)])
@pytest.mark.parametrize("lean", [0, 90, 180])
def test_what_is_uncertain_neither_joins_nor_hides_a_certain_face(kind: int, diameter: int, lean: int) -> None:
    picture = paint(paint(black(640, 480), (160, 240), diameter, kind=kind), (480, 240), 70, lean)
    assert widths(faces_of(PaintedNets(), picture)) == pytest.approx([70], abs=2)


@pytest.mark.parametrize("lean", [0, 90, 165])
@pytest.mark.parametrize("diameter", [70, SMALL])
def test_an_uncertain_face_so_near_that_the_certain_one_is_background_is_to_be_chosen_from(
    diameter: int, lean: int
) -> None:
    picture = paint(paint(black(640, 480), (160, 240), 200, kind=UNCERTAIN), (480, 240), diameter, lean)
    assert widths(faces_of(PaintedNets(), picture)) == pytest.approx([200, diameter], abs=2)


def test_a_crowd_costs_a_bounded_number_of_looks() -> None:
    crowd = black(640, 480)
    for column in range(8):
        for row in range(6):
            paint(crowd, (45 + 78 * column, 42 + 78 * row), 56)
    nets = PaintedNets()
    assert len(faces_of(nets, crowd)) >= MOST_FACES
    pictures = 8 * 3
    assert nets.looks <= pictures * (1 + 4 * MOST_FACES)
