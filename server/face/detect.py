"""The faces of an upright photograph, however they are turned.

MTCNN finds faces that lean by up to about 60 degrees. Four quarter turns of the picture thus cover every angle, most
of them twice, and `looks` tells a face from what only seems one at a wrong turn. A face found at two turns comes
to rest at the same landmarks.

A fast pass looks for faces of a sixteenth of the picture and more. Only when it finds nobody is the picture
searched down to SMALLEST. When it finds somebody, others are looked for from half that person's size on: smaller
ones are background.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from server.domain.errors import FaceNotFound, FaceNotNamed, SeveralFaces
from server.domain.face import Box
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

MOST_FACES: Final = 8
"""Faces that get further looks at each turn, largest first: bounds the work in a crowd."""

FILLING: Final = 0.1
"""Part of the picture that one face must cover to rule out a second one of its size at another turn."""

BYSTANDER: Final = 0.5
"""Faces under this part of the largest face's width are background: twice as far away as the person
photographed, or more. A larger one could be the person meant, so it is never ignored."""

SAME_BOX: Final = 0.5
"""Jaccard index from which on a named box stands for a face: boxes are answered and sent back as they are."""

UPRIGHT: Final = (0,)
TURNED: Final = (1, 2, 3)

Pixels = NDArray[np.uint8]


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

    Only steady ones; where there are none, those that are plausible.
    """
    look = _Look(nets, pixels, _bounded(pixels))
    fast = max(SMALLEST, max(look.small.shape) / FAST)
    seen = look.at(UPRIGHT, fast)
    if not _alone(seen, pixels):
        seen += look.at(TURNED, look.least_beside(seen) or fast)
        if (least := look.least_beside(seen) or SMALLEST) < fast:
            seen += look.at(UPRIGHT + TURNED, least)
    return _foreground(_steady(seen) or seen)


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
        return max(self.small.shape) / max(self.pixels.shape)

    def least_beside(self, faces: Sequence[Face]) -> float | None:
        """Width in the small picture from which on another face is no mere background; None without a steady face."""
        widest = max((face.seen.area for face in _steady(faces)), default=0.0) ** 0.5
        return max(SMALLEST, BYSTANDER * widest * self.scale) if widest else None

    def at(self, turns: Sequence[int], least: float) -> list[Face]:
        """Plausible faces at several quarter turns, from `least` pixels of the small picture on."""
        pictures = [np.ascontiguousarray(np.rot90(self.small, turn)) for turn in turns]
        seen = zip(turns, faces_in(self.nets, pictures, least), strict=True)
        faces = [self._looked_at(face, turn) for turn, found in seen for face in _largest(found)]
        return [face for face in faces if face.doubt <= PLAUSIBLE]

    def _looked_at(self, face: Detection, turn: int) -> Face:
        size = (self.small.shape[1], self.small.shape[0])
        return looked_at(self.nets, self.pixels, face.carried(_turned_back(turn, size, self.scale)))


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


def _alone(faces: Sequence[Face], pixels: Pixels) -> bool:
    """Whether the upright pass is enough: there is no room for a lying person beside this one."""
    return sum(face.seen.area for face in _steady(faces)) >= FILLING * pixels.shape[0] * pixels.shape[1]


def _foreground(faces: Sequence[Face]) -> list[Face]:
    """Without background faces, and each face once, as it was seen with the least doubt; largest first."""
    least = BYSTANDER**2 * max((face.seen.area for face in faces), default=0.0)
    kept: list[Face] = []
    for face in sorted(faces, key=lambda face: face.doubt):
        if face.seen.area >= least and not any(other.seen.holds(face.seen) for other in kept):
            kept.append(face)
    return sorted(kept, key=lambda face: face.seen.area, reverse=True)


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
