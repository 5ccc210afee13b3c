"""True landmarks come to rest, invented ones do not: with written nets, and with the real ones on drawn people."""

import numpy as np
import pytest

from server.face.align import moved, similarity
from server.face.cascade import faces_in
from server.face.decode import decode
from server.face.graphs import CascadeGraphs
from server.face.landmarks import Detection
from server.face.looks import LOOK_SIDE, MOST_LOOKS, PLAUSIBLE, POINTS, STEADY, UNLIKE_A_FACE, looked_at
from tests.fakes.painted_faces import FALSE_ALARM, PARTS, UNCERTAIN, WANDERING, PaintedNets, black, paint
from tests.unit.face.pictures import Pixels, drawn_people, turned


class WrittenNets(PaintedNets):
    """They say the same at every look: landmarks that lie `drift` pixels right of POINTS, and a face probability."""

    def __init__(self, drifts: list[float], chance: float) -> None:
        super().__init__()
        self._drifts = drifts
        self._chance = chance

    def finish(
        self, picture: Pixels, boxes: np.ndarray, turns: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        margin = (picture.shape[0] - LOOK_SIDE) / 2
        points = POINTS + margin + [self._drifts[min(self.looks, len(self._drifts) - 1)], 0]
        self.looks += 1
        sides = boxes[:, 2:] - boxes[:, :2] + 1
        parts = (points - boxes[:, None, :2] + 1) / sides[:, None]
        return np.zeros((len(boxes), 4)), parts.transpose(0, 2, 1).reshape(-1, 10), np.full(len(boxes), self._chance)


PICTURE = black(400, 300)
DETECTED = Detection(np.array([100.0, 50, 250, 200]), POINTS + np.array([100, 50]))


def test_a_face_at_rest_needs_one_look() -> None:
    nets = WrittenNets([0.5], 1.0)
    face = looked_at(nets, PICTURE, DETECTED)
    assert nets.looks == 1
    assert face.steady
    assert face.doubt == pytest.approx(0.5, abs=1e-4)
    np.testing.assert_allclose(face.seen.landmarks, DETECTED.landmarks + np.array([0.5, 0]), atol=1e-4)
    np.testing.assert_array_equal(face.seen.bounds, DETECTED.bounds)


def test_landmarks_that_move_once_and_then_rest_are_true() -> None:
    nets = WrittenNets([9.0, 4.0, 0.2], 1.0)
    face = looked_at(nets, PICTURE, DETECTED)
    assert nets.looks == 3
    assert face.steady
    np.testing.assert_allclose(face.seen.landmarks, DETECTED.landmarks + np.array([13.2, 0]), atol=1e-4)


def test_landmarks_that_keep_wandering_are_never_steady_and_looking_ends() -> None:
    nets = WrittenNets([7.0, 9.0, 5.0, 8.0, 0.0], 1.0)
    face = looked_at(nets, PICTURE, DETECTED)
    assert nets.looks == MOST_LOOKS
    assert face.doubt == pytest.approx(5.0, abs=1e-4)
    np.testing.assert_allclose(face.seen.landmarks, DETECTED.landmarks + np.array([21.0, 0]), atol=1e-4)


@pytest.mark.parametrize("chance", [0.0, 0.5, 0.95])
def test_what_does_not_look_like_a_face_is_doubted_though_it_rests(chance: float) -> None:
    face = looked_at(WrittenNets([0.0], chance), PICTURE, DETECTED)
    assert face.doubt == pytest.approx(UNLIKE_A_FACE * (1 - chance), abs=1e-4)


@pytest.mark.parametrize(("diameter", "lean"), [(60, 0), (90, 25), (130, -40), (250, 10), (380, 50)])
def test_landmarks_and_roll_are_those_of_the_face(diameter: int, lean: int) -> None:
    picture = paint(black(900, 800), (450, 380), diameter, lean)
    upright = (PARTS - 0.5) * diameter
    turn = np.radians(lean)
    rotation = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    true = upright @ rotation + [450, 380]
    half = diameter / 2
    rough = Detection(
        np.array([450 - half, 380 - half, 450 + half, 380 + half]), upright + np.array([450, 380 + diameter / 12])
    )
    face = looked_at(PaintedNets(), picture, rough)
    assert face.steady
    assert face.roll == pytest.approx(lean, abs=1)
    np.testing.assert_allclose(face.seen.landmarks, true, atol=1 + diameter / 200)


@pytest.mark.parametrize("kind", [UNCERTAIN, FALSE_ALARM])
def test_false_alarms_wander_by_what_they_are_worth(kind: int) -> None:
    nets = PaintedNets()
    picture = paint(black(400, 300), (200, 150), 120, kind=kind)
    ((detection,),) = faces_in(nets, picture, 40)
    face = looked_at(nets, picture, detection)
    assert face.doubt == pytest.approx(WANDERING[kind], rel=0.05)
    assert not face.steady
    assert (face.doubt <= PLAUSIBLE) == (kind == UNCERTAIN)


def frontals(count: int) -> list[Pixels]:
    return [decode(frontal.read_bytes()).pixels for frontal, _ in drawn_people()[:count]]


def test_a_drawn_persons_landmarks_come_to_rest(nets: CascadeGraphs) -> None:
    for picture in frontals(10):
        ((detection,),) = faces_in(nets, picture, 40)
        face = looked_at(nets, picture, detection)
        assert face.doubt <= STEADY
        assert abs(face.roll) < 10


def test_landmarks_rest_at_the_same_places_from_wherever_the_looks_begin(nets: CascadeGraphs) -> None:
    (picture,) = frontals(1)
    ((detection,),) = faces_in(nets, picture, 40)
    rests = []
    for shift in ([0, 0], [12, 0], [0, -12], [-8, 8]):
        rough = Detection(detection.bounds, detection.landmarks + shift)
        rests.append(looked_at(nets, picture, rough).seen.landmarks)
    on_the_chip = [moved(rest, similarity(rests[0], POINTS)) for rest in rests]
    assert max(np.abs(rest - on_the_chip[0]).max() for rest in on_the_chip) < 2.5


def test_landmarks_invented_upside_down_do_not_come_to_rest(nets: CascadeGraphs) -> None:
    looks = []
    for picture in frontals(24):
        hanging = turned(picture, 180)
        (found,) = faces_in(nets, hanging, 20)
        looks += [looked_at(nets, hanging, detection) for detection in found]
    assert len(looks) >= 5, "nothing was invented: the test shows nothing"
    assert not [face.doubt for face in looks if face.steady and abs(face.roll) < 90]
