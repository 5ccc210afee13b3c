"""Faces that are painted discs, and nets of the cascade that see nothing else.

A pixel's red says how far right on the face it lies, its green how far down, so that the nets measure where a face
stands and how it leans instead of being told. Its blue says what the disc is: a face, a face turned aside, which the
nets lose when it leans more than a little, or one of two false alarms.
To a false alarm the nets put landmarks at a fixed place of their box, as MTCNN does with faces upside down: at
each look these move on by so many pixels of the chip.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from server.face.boxes import Boxes
from server.face.looks import POINTS

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]
Turns = NDArray[np.intp]

FACE: Final = 255
ASIDE: Final = 245
UNCERTAIN: Final = 235
FALSE_ALARM: Final = 215
WANDERING: Final = {FACE: 0.0, ASIDE: 0.0, UNCERTAIN: 3.0, FALSE_ALARM: 12.0}
"""Pixels of the chip by which landmarks move at each look."""

DARKEST: Final = 195
"""Blue from which on a pixel is of a disc: neither black, nor the grey beside a turned picture."""

CHIP_DISC: Final = np.array([8.5, 7.0, 130.0])
"""Left, top and diameter of the disc on a look's chip: its landmarks stand at POINTS there."""

MOST_LEAN: Final = {FACE: 60.0, ASIDE: 30.0}
"""Degrees up to which these nets, like MTCNN, take a leaning face for one."""

PARTS: Final = (POINTS - CHIP_DISC[:2]) / CHIP_DISC[2]
"""The landmarks as parts of the disc's diameter, (5, 2)."""


def paint(picture: Pixels, middle: tuple[float, float], diameter: float, lean: float = 0.0, kind: int = FACE) -> Pixels:
    """Add a face that leans clockwise by so many degrees, and return the picture."""
    height, width = picture.shape[:2]
    rows, columns = np.mgrid[:height, :width].astype(np.float64)
    cosine, sine = np.cos(np.radians(lean)), np.sin(np.radians(lean))
    right, down = columns - middle[0], rows - middle[1]
    own = np.stack([cosine * right + sine * down, cosine * down - sine * right], axis=2) / diameter + 0.5
    inside = np.hypot(right, down) <= diameter / 2
    picture[inside, :2] = np.round(own[inside] * 255)
    picture[inside, 2] = kind
    return picture


def black(width: int, height: int) -> Pixels:
    return np.zeros((height, width, 3), np.uint8)


@dataclass(eq=False)
class PaintedNets:
    """`cascade.CascadeNets`. canvases: (height, width) of each one that was searched; looks: calls of the last net."""

    canvases: list[tuple[int, int]] = field(default_factory=list)
    looks: int = 0

    def propose(self, canvas: Floats) -> tuple[Floats, Floats]:
        self.canvases.append((canvas.shape[0], canvas.shape[1]))
        rows, columns = ((side - 12) // 2 + 1 for side in canvas.shape[:2])
        offsets, scores = np.zeros((rows, columns, 4), np.float32), np.zeros((rows, columns), np.float32)
        seen = np.asarray(canvas[..., 2] > DARKEST, np.uint8)
        _, _, discs, _ = cv2.connectedComponentsWithStats(seen)
        for left, top, width, height, _ in discs[1:]:
            if 9 <= max(width, height) <= 15:
                row, column = (min(start // 2, most - 1) for start, most in ((top, rows), (left, columns)))
                window = np.array([column * 2 + 1, row * 2 + 1, column * 2 + 12, row * 2 + 12])
                offsets[row, column] = (np.array([left, top, left + width, top + height]) - window) / 11
                scores[row, column] = 0.9
        return offsets, scores

    def refine(self, picture: Pixels, boxes: Floats, turns: Turns) -> tuple[Floats, Floats]:
        seen = [_disc(np.rot90(picture, turn), _grown(box)) for box, turn in zip(boxes * 1.0, turns, strict=True)]
        exact = np.array([box if disc is None else disc.bounds for box, disc in zip(boxes, seen, strict=True)])
        sides = boxes[:, 2:] - boxes[:, :2] + 1
        scores = np.array([disc is not None for disc in seen], np.float32)
        return ((exact - boxes) / np.tile(sides, 2)).astype(np.float32), scores

    def finish(self, picture: Pixels, boxes: Floats, turns: Turns) -> tuple[Floats, Floats, Floats]:
        self.looks += 1
        answers = [_answered(np.rot90(picture, turn), box) for box, turn in zip(boxes * 1.0, turns, strict=True)]
        parts = np.array([parts.T.reshape(10) for parts, _ in answers], np.float32)
        return np.zeros((len(boxes), 4), np.float32), parts, np.array([score for _, score in answers], np.float32)


@dataclass(frozen=True, eq=False)
class _Disc:
    """places: (n, 2), x and y of its pixels. colours: (n, 3)."""

    places: NDArray[np.float64]
    colours: NDArray[np.float64]

    @property
    def kind(self) -> int:
        blue = float(np.median(self.colours[:, 2]))
        return min(WANDERING, key=lambda kind: abs(kind - blue))

    @property
    def bounds(self) -> Boxes:
        return np.concatenate([self.places.min(axis=0), self.places.max(axis=0)])

    def landmarks(self) -> tuple[NDArray[np.float64], float]:
        """Their places (5, 2) and the lean in degrees, by least squares over the colours."""
        clear = np.abs(self.colours[:, 2] - self.kind) <= 3
        own = np.column_stack([self.colours[clear, :2] / 255, np.ones(clear.sum())])
        solved, *_ = np.linalg.lstsq(own, self.places[clear], rcond=None)
        lean = np.degrees(np.arctan2(solved[0, 1], solved[0, 0]))
        return np.column_stack([PARTS, np.ones(5)]) @ solved, float(lean)


def _grown(box: NDArray[np.float64]) -> NDArray[np.float64]:
    margin = 0.2 * (box[2] - box[0])
    return np.asarray(box + np.array([-margin, -margin, margin, margin]))


def _disc(picture: Pixels, box: NDArray[np.float64]) -> _Disc | None:
    left, top = np.maximum(np.round(box[:2]).astype(int), 0)
    right, bottom = np.maximum(np.round(box[2:]).astype(int), 0)
    part = picture[top : bottom + 1, left : right + 1]
    rows, columns = np.nonzero(part[..., 2] > DARKEST)
    if len(rows) < 30:
        return None
    return _Disc(np.column_stack([columns + left, rows + top]).astype(float), part[rows, columns].astype(float))


def _answered(picture: Pixels, box: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """Landmarks as parts of the box, (5, 2), and the face probability."""
    disc = _disc(picture, box)
    if disc is None:
        return np.zeros((5, 2)), 0.0
    side = box[2] - box[0] + 1
    if drift := WANDERING[disc.kind]:
        return (POINTS - [15.5, 8.0] + [drift + 1, 1]) / 117, 1.0
    points, lean = disc.landmarks()
    return (points - box[:2] + 1) / side, float(abs(lean) <= MOST_LEAN[disc.kind])
