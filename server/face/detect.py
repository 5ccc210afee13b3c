"""The one face of an upright photograph, however it is turned.

MTCNN finds faces that stand upright. Shown a face that lies or hangs, it finds nothing, or worse, a face with
invented landmarks. Its own certainty does not tell these apart, and nor do proportions: landmarks invented
for an upside-down face fit a face as well as true ones. What does tell them apart is a second look: the
face is aligned by its landmarks, detected again on that chip, and true landmarks stay where they are while
invented ones drift.

So the upright pass is accepted when its face stays put and fills the picture; otherwise quarter turns are
tried, and the turn whose landmarks drift least is taken. A steady face at another turn is another person: the
one who lies beside the one who stands. The same second look corrects the landmarks of a leaning face.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from server.domain.errors import FaceNotFound, SeveralFaces
from server.domain.face import Box
from server.face.align import chip_of, distance, inverse, moved, roll_of, similarity
from server.face.decode import Photograph
from server.face.landmarks import Detection

DETECT_SIDE: Final = 640
"""Long side, in pixels, at which faces are looked for: half of it costs rank-1, twice of it only time."""

MARGIN: Final = 38
"""Pixels of surroundings on each side of the chip for the second look: the cascade needs them."""

MOST_FACES: Final = 8
"""Faces that get a second look, largest first: bounds the work in a crowd."""

STEADY: Final = 4.0
"""Drift, in chip pixels, up to which an upright face is accepted without trying turns."""

LOST: Final = 12.0
"""Drift, in chip pixels, from which landmarks are taken for invented after the third look."""

MOST_LEAN: Final = 60.0
"""Degrees of lean beyond which landmarks belong to another quarter turn."""

FILLING: Final = 0.1
"""Part of the picture that one face must cover to rule out a second one of its size at another turn."""

BYSTANDER_AREA: Final = 0.25
"""Faces under this part of the largest face's area are background: twice as far away as the person
photographed, or more. A larger one could be the person meant, so it is never ignored."""


class Detector(Protocol):
    """Finds upright faces; safe to call from several threads."""

    def detect(self, pictures: Sequence[NDArray[np.uint8]]) -> list[list[Detection]]:
        """Faces in each of several RGB pictures of one shape."""


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """A face in an upright photograph.

    seen: its bounds and its landmarks, corrected by the second look, in pixels of that photograph.
    turn: quarter turns, 0 to 3, counter-clockwise, after which the face stands upright.
    drift: root mean square distance, in chip pixels, that the landmarks moved when looked at again.
    """

    seen: Detection
    turn: int
    drift: float


def only_face(detector: Detector, photograph: Photograph, fixed_points: NDArray[np.float64]) -> Face:
    """The one face of a photograph.

    Raises FaceNotFound, or SeveralFaces with their boxes in pixels of the upright original.
    """
    faces = faces_of(detector, photograph.pixels, fixed_points)
    if not faces:
        raise FaceNotFound
    if len(faces) > 1:
        raise SeveralFaces([box_of(face.seen.bounds * photograph.shrink) for face in faces])
    return faces[0]


def faces_of(detector: Detector, pixels: NDArray[np.uint8], fixed_points: NDArray[np.float64]) -> list[Face]:
    """Every face of an upright picture that is not mere background, largest first; see the module."""
    look = _Look(detector, pixels, fixed_points)
    upright = look.at(0)
    by_turn = [upright] if _settled(upright, pixels) else [upright, look.at(1), look.at(2), look.at(3)]
    best, *others = sorted(map(look.steadied, by_turn), key=_least_drift)
    beside = [face for faces in others for face in faces if face.drift <= STEADY]
    return _foreground(best + beside)


def _settled(upright: list[Face], pixels: NDArray[np.uint8]) -> bool:
    """Whether the upright pass is enough: a steady face, and no room for a lying person beside it."""
    steady = [face.seen.area for face in upright if face.drift <= STEADY]
    return len(steady) > 1 or sum(steady) >= FILLING * pixels.shape[0] * pixels.shape[1]


def _least_drift(faces: list[Face]) -> float:
    return min((face.drift for face in faces), default=math.inf)


@dataclass(frozen=True, slots=True, eq=False)
class _Look:
    """Looking at one picture, again and again."""

    detector: Detector
    pixels: NDArray[np.uint8]
    fixed_points: NDArray[np.float64]

    def at(self, turn: int) -> list[Face]:
        """Faces of the picture given so many quarter turns, each looked at a second time."""
        return self.again([Face(seen, turn, math.inf) for seen in _first_look(self.detector, self.pixels, turn)])

    def steadied(self, faces: list[Face]) -> list[Face]:
        """A third look decides about faces that drifted at the second; the lost are left out.

        It changes no landmarks: on faces far from frontal a third correction made rank-1 worse.
        """
        unsteady = [face for face in faces if STEADY < face.drift < math.inf]
        looks = zip(unsteady, self.again(unsteady), strict=True)
        thirds = [replace(face, drift=min(face.drift, third.drift)) for face, third in looks]
        steady = [face for face in faces if face.drift <= STEADY]
        return [face for face in steady + thirds if face.drift < LOST]

    def again(self, faces: list[Face]) -> list[Face]:
        """Detect each face once more on its aligned chip, in one pass."""
        chips = [chip_of(self.pixels, face.seen.landmarks, self.fixed_points, MARGIN) for face in faces]
        seen_again = self.detector.detect(chips) if chips else []
        return [_judged(face, again, self.fixed_points) for face, again in zip(faces, seen_again, strict=True)]


def _first_look(detector: Detector, pixels: NDArray[np.uint8], turn: int) -> list[Detection]:
    """What the detector sees in the bounded, turned picture, in pixels of the picture given; largest first."""
    scale = min(1.0, DETECT_SIDE / max(pixels.shape))
    size = (round(pixels.shape[1] * scale), round(pixels.shape[0] * scale))
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA) if scale < 1 else pixels
    seen = detector.detect([np.rot90(small, turn)])[0]
    seen = sorted(seen, key=lambda face: face.area, reverse=True)[:MOST_FACES]
    return [face.carried(_turned_back(turn, size, scale)) for face in seen]


def _turned_back(turn: int, size: tuple[int, int], scale: float) -> NDArray[np.float64]:
    """The (2, 3) transform from a picture of `size` given quarter turns to the unturned, unscaled one."""
    right, bottom = size[0] - 1, size[1] - 1
    back = {
        0: [[1, 0, 0], [0, 1, 0]],
        1: [[0, -1, right], [1, 0, 0]],
        2: [[-1, 0, right], [0, -1, bottom]],
        3: [[0, 1, 0], [-1, 0, bottom]],
    }[turn]
    transform = np.array(back, np.float64)
    # Pixel centres stand at whole numbers, so a scale moves the origin by half a pixel.
    transform[:, 2] += 0.5
    transform /= scale
    transform[:, 2] -= 0.5
    return transform


def _judged(face: Face, again: list[Detection], fixed_points: NDArray[np.float64]) -> Face:
    """The face with the drift of its landmarks between two looks, and the landmarks of the later one."""
    transform = similarity(face.seen.landmarks, fixed_points)
    lean = (roll_of(transform) - 90 * face.turn + 180) % 360 - 180
    if not again or abs(lean) > MOST_LEAN:
        return replace(face, drift=math.inf)
    expected = moved(face.seen.landmarks, transform)
    steadiest = min((other.landmarks - MARGIN for other in again), key=lambda points: distance(points, expected))
    corrected = replace(face.seen, landmarks=moved(steadiest, inverse(transform)))
    return Face(corrected, face.turn, distance(steadiest, expected))


def _foreground(faces: list[Face]) -> list[Face]:
    """Without background faces, and without second detections of a face that came before; largest first."""
    least = BYSTANDER_AREA * max((face.seen.area for face in faces), default=0.0)
    kept: list[Face] = []
    for face in faces:
        if face.seen.area >= least and not any(other.seen.holds(face.seen) for other in kept):
            kept.append(face)
    return sorted(kept, key=lambda face: face.seen.area, reverse=True)


def box_of(bounds: NDArray[np.float64]) -> Box:
    """Bounds (left, top, right, bottom) in whole pixels."""
    left, top, right, bottom = (round(float(edge)) for edge in bounds)
    return Box(left=left, top=top, width=right - left, height=bottom - top)
