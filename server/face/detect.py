"""The faces of an upright photograph, however they are turned.

MTCNN finds faces that lean by up to about 60 degrees. Four quarter turns of the picture thus cover every angle, most
of them twice, and `looks` tells a face from what only seems one at a wrong turn. A face found at two turns comes
to rest at the same landmarks. Faces turned aside, which are harder, may be lost between two turns: when nobody
is certain, the turns between are tried too.

A fast pass looks for faces of a sixteenth of the picture and more. Only when it finds nobody is the picture
searched down to SMALLEST. When it finds somebody, others are looked for from half that person's size on: smaller
ones are background.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from server.domain.face import Box
from server.domain.image_errors import FaceNotFound, FaceNotNamed, SeveralFaces
from server.face.align import inverse, moved
from server.face.cascade import CascadeNets, faces_in
from server.face.decode import Photograph
from server.face.landmarks import Detection
from server.face.looks import PLAUSIBLE, Face, looked_at

DETECT_SIDE: Final = 640
"""Long side, in pixels, at which faces are looked for."""

FAST: Final = 16
"""The fast pass looks for faces from this part of the long side on."""

SMALLEST: Final = 20.0
"""Pixels at DETECT_SIDE from which on the thorough pass looks for faces."""

MOST_FACES: Final = 16
"""Faces that get further looks at each turn, largest first: bounds the work in a crowd. Others are not answered."""

BYSTANDER: Final = 0.5
"""Faces under this part of the largest face's width are background: twice as far away as the person
photographed, or more. A larger one could be the person meant, so it is never ignored."""

SAME_BOX: Final = 0.5
"""Jaccard index from which on a named box stands for a face: boxes are answered and sent back as they are."""

UPRIGHT: Final = (0,)
TURNED: Final = (1, 2, 3)
"""Quarter turns, counter-clockwise, that are given to the picture."""

BETWEEN: Final = 45
"""Degrees by which it is turned before them when no face is certain without."""

GREY: Final = (128, 128, 128)
"""What lies in the corners of a picture turned by half a quarter."""

Pixels = NDArray[np.uint8]
Transform = NDArray[np.float64]
"""(2, 3): a turn, a scale and a shift."""


def only_face(nets: CascadeNets, photograph: Photograph, named: Box | None = None, number: int = 0) -> Face:
    """The one face of photograph `number` of a probe, or of several the one that is named by its box.

    Raises FaceNotFound; SeveralFaces with their boxes in pixels of the upright original; FaceNotNamed when no
    face stands in the box.
    """
    faces = faces_of(nets, photograph.pixels)
    if not faces:
        raise FaceNotFound
    if named is not None:
        return _meant(faces, photograph, named)
    if len(faces) > 1:
        raise SeveralFaces([box_of(face, photograph) for face in faces], number)
    return faces[0]


def _meant(faces: Sequence[Face], photograph: Photograph, named: Box) -> Face:
    likeness, face = max(((box_of(face, photograph).likeness(named), face) for face in faces), key=lambda pair: pair[0])
    if likeness < SAME_BOX:
        raise FaceNotNamed
    return face


def faces_of(nets: CascadeNets, pixels: Pixels) -> list[Face]:
    """Every face of an upright picture that is not mere background, largest first.

    Steady ones, and what could be a person so much nearer that these would be background; where no face is steady,
    all that are plausible.
    """
    look = _Look(nets, pixels, _bounded(pixels))
    fast = max(SMALLEST, max(look.small.shape) / FAST)
    seen = look.at([], UPRIGHT, fast)
    if (beside := look.least_beside(seen)) is not None:
        return _foreground(look.at(seen, UPRIGHT + TURNED if beside < fast else TURNED, beside))
    return _foreground(look.at_every_angle(seen, fast))


def box_of(face: Face, photograph: Photograph) -> Box:
    """The face's bounds in pixels of the upright original."""
    left, top, right, bottom = (round(float(edge)) for edge in face.seen.bounds * photograph.shrink)
    return Box(left=left, top=top, width=right - left, height=bottom - top)


@dataclass(frozen=True, slots=True, eq=False)
class _Look:
    """small: the picture at the size at which faces are looked for."""

    nets: CascadeNets
    pixels: Pixels
    small: Pixels

    @property
    def scale(self) -> float:
        return float(max(self.small.shape) / max(self.pixels.shape))

    def at_every_angle(self, seen: Sequence[Face], fast: float) -> list[Face]:
        """When nobody stands upright for certain: other turns, what lies between them, and then smaller faces.

        Beside faces that are only plausible a smaller one must be certain.
        """
        faces = self.at(seen, TURNED, fast)
        if not _steady(faces):
            faces = self.at(faces, UPRIGHT + TURNED, fast, BETWEEN)
        if not _steady(faces):
            smaller = self.at(faces, UPRIGHT + TURNED, SMALLEST)
            smaller = self.at(smaller, UPRIGHT + TURNED, SMALLEST, BETWEEN)
            return faces + _steady(smaller) if faces else smaller
        beside = self.least_beside(faces)
        return faces if beside is None or beside >= fast else self.at(faces, UPRIGHT + TURNED, beside)

    def least_beside(self, faces: Sequence[Face]) -> float | None:
        """Width in the small picture from which on another face is no mere background; None without a steady face."""
        widest = float(max((face.seen.area for face in _steady(faces)), default=0.0)) ** 0.5
        return float(max(SMALLEST, BYSTANDER * widest * self.scale)) if widest else None

    def at(self, seen: Sequence[Face], turns: Sequence[int], least: float, degrees: int = 0) -> list[Face]:
        """Those seen before, and plausible faces from `least` pixels of the small picture on in some quarter turns.

        degrees: by how much the picture is turned before. What lies on a steady face is that face, or invented.
        """
        lean, size = _turned(self.small.shape, degrees)
        picture = cv2.warpAffine(self.small, lean, size, borderValue=GREY) if degrees else self.small
        backs = {turn: self._back(_after(lean, _turned(picture.shape, 90 * turn)[0])) for turn in turns}
        steady = [face.seen for face in _steady(seen)]
        taken = partial(_on_any, steady, backs) if steady else None
        found = faces_in(self.nets, np.asarray(picture, np.uint8), least, turns, taken)
        faces = list(seen)
        for back, ones in zip(backs.values(), found, strict=True):
            for detection in (face.carried(back) for face in _largest(ones)):
                if not any(face.steady and face.seen.holds(detection) for face in faces):
                    faces.append(looked_at(self.nets, self.pixels, detection))
        return [face for face in faces if face.doubt <= PLAUSIBLE]

    def _back(self, way: Transform) -> Transform:
        """From the turned small picture to the photograph; way: what turned it."""
        back = inverse(way)
        # Pixel centres stand at whole numbers, so a scale moves the origin by half a pixel.
        back[:, 2] = (back[:, 2] + 0.5) / self.scale - 0.5
        back[:, :2] /= self.scale
        return back


def _on_any(
    faces: Sequence[Detection], backs: Mapping[int, Transform], middles: NDArray[np.float64], turns: NDArray[np.intp]
) -> NDArray[np.bool_]:
    """Which of some middles, each of a turned picture, lie on one of the faces of the photograph."""
    lying = np.zeros(len(middles), np.bool_)
    for turn, back in backs.items():
        own = turns == turn
        lying[own] = np.any([face.covers(moved(middles[own], back)) for face in faces], axis=0)
    return lying


def _steady(faces: Sequence[Face]) -> list[Face]:
    return [face for face in faces if face.steady]


def _bounded(pixels: Pixels) -> Pixels:
    scale = DETECT_SIDE / max(pixels.shape)
    if scale >= 1:
        return pixels
    size = (round(pixels.shape[1] * scale), round(pixels.shape[0] * scale))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)


def _largest(faces: Sequence[Detection]) -> list[Detection]:
    return sorted(faces, key=lambda face: face.area, reverse=True)[:MOST_FACES]


def _foreground(faces: Sequence[Face]) -> list[Face]:
    """Without background faces, and each face once, as it was seen with the least doubt; largest first.

    Beside steady faces a doubtful one counts only where it would make background of them all: an officer is to
    choose then, for it may be the person meant.
    """
    widest = max((face.seen.area for face in _steady(faces)), default=0.0)
    near = [face for face in faces if face.steady or face.seen.area * BYSTANDER**2 > widest]
    least = BYSTANDER**2 * (widest or max((face.seen.area for face in near), default=0.0))
    kept: list[Face] = []
    for face in sorted(near, key=lambda face: face.doubt):
        if face.seen.area >= least and not any(other.seen.holds(face.seen) for other in kept):
            kept.append(face)
    return sorted(kept, key=lambda face: face.seen.area, reverse=True)


def _turned(shape: Sequence[int], degrees: int) -> tuple[Transform, tuple[int, int]]:
    """The (2, 3) transform that turns a picture counter-clockwise, and the (width, height) that then holds it whole."""
    cosine, sine = round(np.cos(np.radians(degrees)), 9), round(np.sin(np.radians(degrees)), 9)
    height, width = shape[:2]
    size = round(width * abs(cosine) + height * abs(sine)), round(width * abs(sine) + height * abs(cosine))
    turn = np.array([[cosine, sine], [-sine, cosine]])
    middle, there = np.array([width - 1, height - 1]) / 2, (np.array(size) - 1) / 2
    return np.column_stack([turn, there - turn @ middle]), size


def _after(first: Transform, then: Transform) -> Transform:
    """One (2, 3) transform after another."""
    return np.column_stack([then[:, :2] @ first[:, :2], then[:, :2] @ first[:, 2] + then[:, 2]])
