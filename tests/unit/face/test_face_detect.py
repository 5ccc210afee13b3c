"""How hypotheses are judged, with a detector whose answers are written down."""

from collections.abc import Sequence

import numpy as np
import pytest

from server.domain.errors import FaceNotFound, SeveralFaces
from server.domain.face import Box
from server.face.decode import Photograph
from server.face.detect import LOST, MARGIN, faces_of, only_face
from server.face.landmarks import Detection

FIXED = np.array([(46.4, 44.6), (100.1, 44.7), (73.9, 77.4), (48.2, 98.0), (99.0, 97.9)])
PHOTOGRAPH = Photograph(np.zeros((300, 400, 3), np.uint8), shrink=1.0)


def face_at(left: float, top: float, size: float = 1.0) -> Detection:
    """A well-formed upright face whose bounds are about the chip."""
    bounds = np.array([left + 20 * size, top + 10 * size, left + 130 * size, top + 140 * size])
    return Detection(bounds, FIXED * size + [left, top])


class WrittenDetector:
    """Answers pictures of the photograph's shape by turn, and chips by their drift."""

    def __init__(self, by_turn: Sequence[Sequence[Detection]], drifts: Sequence[float | None]) -> None:
        self._by_turn = list(by_turn)
        self._drifts = list(drifts)

    def detect(self, pictures: Sequence[np.ndarray]) -> list[list[Detection]]:
        if pictures[0].shape[0] != pictures[0].shape[1]:
            return [list(self._by_turn.pop(0))]
        return [self._again(self._drifts.pop(0)) for _ in pictures]

    @staticmethod
    def _again(drift: float | None) -> list[Detection]:
        if drift is None:
            return []
        return [Detection(np.zeros(4), FIXED + MARGIN + [drift, 0.0])]


def test_a_steady_upright_face_ends_the_search() -> None:
    detector = WrittenDetector([[face_at(100, 50)]], [1.0])
    face = only_face(detector, PHOTOGRAPH, FIXED)
    assert face.turn == 0
    assert face.drift == pytest.approx(1.0)


def test_a_lying_person_beside_a_standing_one_is_reported() -> None:
    wide = Photograph(np.zeros((600, 1000, 3), np.uint8), shrink=1.0)
    standing, lying = face_at(20, 20), face_at(20, 20)
    with pytest.raises(SeveralFaces) as refused:
        only_face(WrittenDetector([[standing], [lying], [], []], [1.0, 2.0]), wide, FIXED)
    assert len(refused.value.boxes) == 2


def test_invented_landmarks_of_the_same_face_at_another_turn_are_not_a_second_person() -> None:
    small = Photograph(np.zeros((300, 400, 3), np.uint8), shrink=1.0)
    by_turn = [[face_at(125, 75, 0.9)], [], [face_at(125, 75, 0.9)], []]
    assert len(faces_of(WrittenDetector(by_turn, [1.0, 3.9]), small.pixels, FIXED)) == 1


def test_the_second_look_corrects_the_landmarks() -> None:
    face = only_face(WrittenDetector([[face_at(100, 50, 2.0)]], [3.0]), PHOTOGRAPH, FIXED)
    np.testing.assert_allclose(face.seen.landmarks, FIXED * 2.0 + [106, 50], atol=1e-6)


@pytest.mark.parametrize(
    ("turn", "bounds"), [(1, (209, 120, 339, 230)), (2, (169, 109, 279, 239)), (3, (60, 69, 190, 179))]
)
def test_the_least_drifting_turn_wins_and_stands_in_the_upright_photograph(turn: int, bounds: tuple[int, ...]) -> None:
    by_turn = [[face_at(100, 50)], [], [], []]
    by_turn[turn] = [face_at(100, 50)]
    face = only_face(WrittenDetector(by_turn, [7.0, 2.0, 5.0]), PHOTOGRAPH, FIXED)
    assert face.turn == turn
    np.testing.assert_allclose(face.seen.bounds, bounds)


@pytest.mark.parametrize("drifts", [[None], [20.0, None], [20.0, LOST + 1]])
def test_invented_landmarks_are_no_face(drifts: list[float | None]) -> None:
    detector = WrittenDetector([[face_at(100, 50)], [], [], []], drifts)
    with pytest.raises(FaceNotFound):
        only_face(detector, PHOTOGRAPH, FIXED)


def test_a_third_look_saves_a_face_that_drifted_once() -> None:
    detector = WrittenDetector([[face_at(100, 50)], [], [], []], [20.0, 2.0])
    face = only_face(detector, PHOTOGRAPH, FIXED)
    np.testing.assert_allclose(face.seen.landmarks, FIXED + np.array([120, 50]), atol=1e-6)


def test_landmarks_that_lean_too_far_belong_to_another_turn() -> None:
    lying = face_at(0, 0).carried(np.array([[0.0, -1.0, 250.0], [1.0, 0.0, 50.0]]))
    assert faces_of(WrittenDetector([[lying], [], [], []], [0.5]), PHOTOGRAPH.pixels, FIXED) == []


def test_a_bystander_of_similar_size_is_reported_in_original_pixels() -> None:
    photograph = Photograph(PHOTOGRAPH.pixels, shrink=2.0)
    detector = WrittenDetector([[face_at(200, 50, 0.6), face_at(10, 50)]], [1.0, 1.0])
    with pytest.raises(SeveralFaces) as refused:
        only_face(detector, photograph, FIXED)
    assert refused.value.boxes == (Box(60, 120, 220, 260), Box(424, 112, 132, 156))


def test_background_faces_and_double_detections_are_left_out() -> None:
    far, double = face_at(300, 50, 0.4), face_at(20, 60, 0.8)
    detector = WrittenDetector([[face_at(10, 50), far, double]], [1.0, 1.0, 1.0])
    assert len(faces_of(detector, PHOTOGRAPH.pixels, FIXED)) == 1


def test_a_large_false_alarm_does_not_make_a_face_background() -> None:
    detector = WrittenDetector([[face_at(0, 0, 2.0), face_at(300, 50, 0.5)], [], [], []], [None, 1.0])
    assert only_face(detector, PHOTOGRAPH, FIXED).seen.area < 10_000
