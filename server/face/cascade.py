"""Upright faces in pictures: MTCNN's three nets, each asked only of what the one before let through.

The proposal net sees the picture at every scale of a pyramid. Here all scales of all pictures lie side by side on
one canvas, so that one call of the net answers for them: its windows are independent, and of what lies between the
levels it sees nothing. The least face looked for decides the size of the largest level, and with it the time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from server.face.boxes import Boxes, Scores, outstanding, shifted, squared, uncovered
from server.face.landmarks import Detection

WINDOW: Final = 12
"""Side in pixels of the proposal net's window."""

STEP: Final = 2
"""Pixels from one window to the next."""

SHRINK: Final = 0.709
"""Ratio of one level of the pyramid to the one before; area halves (the published nets were trained for it)."""

PROPOSED: Final = 0.6
REFINED: Final = 0.7
FOUND: Final = 0.8
"""Face probability that the nets must give, from the first to the last."""

MOST_PROPOSALS: Final = 1000
"""Windows of a level, and again of a picture, that are followed up, best first: bounds the work on a picture made
of noise."""

MOST_CANVAS: Final = 300_000
"""Pixels of levels that lie on one canvas: the first net keeps some 200 bytes for each while it works."""

GRAIN: Final = 32
"""Sides of the canvas are multiples of this, for TensorFlow prepares its convolutions anew for each size."""

OUTSIDE: Final = -1.0
"""Colour of the canvas where no level lies."""

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]


class CascadeNets(Protocol):
    """What `graphs.CascadeGraphs` gives; safe to call from several threads."""

    def propose(self, canvas: Floats) -> tuple[Floats, Floats]: ...

    def refine(self, picture: Pixels, boxes: Floats) -> tuple[Floats, Floats]: ...

    def finish(self, picture: Pixels, boxes: Floats) -> tuple[Floats, Floats, Floats]: ...


@dataclass(frozen=True, slots=True, eq=False)
class Level:
    """One picture at one scale. scale: its pixels for one of the picture."""

    picture: int
    scale: float
    pixels: Floats

    @property
    def area(self) -> int:
        return self.height * self.width

    @property
    def height(self) -> int:
        return int(self.pixels.shape[0])

    @property
    def width(self) -> int:
        return int(self.pixels.shape[1])


def faces_in(nets: CascadeNets, pictures: Sequence[Pixels], least: float) -> list[list[Detection]]:
    """Upright faces in each of several RGB pictures, from `least` pixels wide on (>= 12), best score first."""
    proposals = _proposals(nets, [level for n, picture in enumerate(pictures) for level in _pyramid(n, picture, least)])
    return [
        _finished(nets, picture, _refined(nets, picture, *_thinned(proposals, number)))
        for number, picture in enumerate(pictures)
    ]


def landmarks_in(nets: CascadeNets, picture: Pixels, boxes: Boxes) -> tuple[NDArray[np.float64], Scores]:
    """Landmarks (n, 5, 2) that the last net sees in square boxes (n, 4), n >= 1, and its face probabilities (n,)."""
    _, parts, scores = nets.finish(picture, boxes.astype(np.float32))
    return _placed(parts, boxes), scores


def _pyramid(picture: int, pixels: Pixels, least: float) -> Iterator[Level]:
    # Not in whole grey values: rounding alone moves a landmark by a pixel now and then.
    precise = pixels.astype(np.float32)
    height, width = pixels.shape[:2]
    scale = WINDOW / least
    while min(height, width) * scale >= WINDOW:
        size = (int(width * scale), int(height * scale))
        yield Level(picture, scale, np.asarray(cv2.resize(precise, size, interpolation=cv2.INTER_AREA), np.float32))
        scale *= SHRINK


@dataclass(frozen=True, slots=True, eq=False)
class _Proposals:
    """pictures: the number of each box's picture."""

    pictures: NDArray[np.intp]
    boxes: Boxes
    scores: Scores


def _proposals(nets: CascadeNets, levels: Sequence[Level]) -> _Proposals:
    found = [_proposed(nets, batch) for batch in _batches(levels)]
    if not found:
        return _Proposals(np.empty(0, np.intp), np.empty((0, 4)), np.empty(0, np.float32))
    return _Proposals(*(np.concatenate(column) for column in zip(*found, strict=True)))


def _batches(levels: Sequence[Level]) -> Iterator[list[Level]]:
    """Levels in their order, as many at a time as MOST_CANVAS allows; one that is larger goes alone."""
    batch: list[Level] = []
    for level in levels:
        if batch and sum(other.area for other in batch) + level.area > MOST_CANVAS:
            yield batch
            batch = []
        batch.append(level)
    if batch:
        yield batch


def _proposed(nets: CascadeNets, levels: Sequence[Level]) -> tuple[NDArray[np.intp], Boxes, Scores]:
    """Numbers of the pictures, boxes and scores of what the first net proposes on some levels."""
    canvas, corners = packed(levels)
    offsets, scores = nets.propose(canvas)
    found = [_read(level, *corner, offsets, scores) for level, corner in zip(levels, corners, strict=True)]
    pictures = [np.full(len(boxes), level.picture) for level, (boxes, _) in zip(levels, found, strict=True)]
    boxes, chances = (np.concatenate(column) for column in zip(*found, strict=True))
    return np.concatenate(pictures), boxes, chances


def packed(levels: Sequence[Level]) -> tuple[Floats, list[tuple[int, int]]]:
    """A canvas with every level on it, and the (top, left) corner of each: even, as the net's steps are.

    Levels are laid on shelves, the highest first.
    """
    order = sorted(range(len(levels)), key=lambda number: levels[number].height, reverse=True)
    room = max(levels[order[0]].width, round(1.2 * sum(level.area for level in levels) ** 0.5))
    corners = [(0, 0)] * len(levels)
    top = left = bottom = 0
    for number in order:
        if left + levels[number].width > room:
            top, left = bottom, 0
        corners[number] = (top, left)
        bottom = max(bottom, _even(top + levels[number].height))
        left = _even(left + levels[number].width)
    return _drawn(levels, corners), corners


def _even(number: int) -> int:
    return number + number % STEP


def _drawn(levels: Sequence[Level], corners: Sequence[tuple[int, int]]) -> Floats:
    ends = [(top + level.height, left + level.width) for level, (top, left) in zip(levels, corners, strict=True)]
    height, width = (-(-max(side) // GRAIN) * GRAIN for side in zip(*ends, strict=True))
    canvas = np.full((height, width, 3), OUTSIDE, np.float32)
    for level, (top, left), (bottom, right) in zip(levels, corners, ends, strict=True):
        canvas[top:bottom, left:right] = level.pixels
    return canvas


def _read(level: Level, top: int, left: int, offsets: Floats, scores: Floats) -> tuple[Boxes, Scores]:
    """The level's faces in pixels of its picture, thinned out."""
    # At an odd side one more window is read, which reaches over the edge by a pixel.
    rows, columns = ((side - WINDOW + 1) // STEP + 1 for side in (level.height, level.width))
    part = np.s_[top // STEP : top // STEP + rows, left // STEP : left // STEP + columns]
    row, column = np.nonzero(scores[part] > PROPOSED)
    chances, moves = scores[part][row, column], offsets[part][row, column]
    best = _best(chances)
    row, column, chances, moves = row[best], column[best], chances[best], moves[best]
    corner = np.column_stack([column, row]) * STEP
    windows = np.concatenate([corner + 1, corner + WINDOW], axis=1)
    boxes = (windows + moves.astype(np.float64) * (WINDOW - 1)) / level.scale
    kept = outstanding(boxes, chances, 0.5)
    return boxes[kept], chances[kept]


def _thinned(proposals: _Proposals, picture: int) -> tuple[Boxes, Scores]:
    own = np.flatnonzero(proposals.pictures == picture)
    own = own[_best(proposals.scores[own])]
    boxes, scores = proposals.boxes[own], proposals.scores[own]
    kept = outstanding(boxes, scores, 0.7)
    return squared(boxes[kept]), scores[kept]


def _best(scores: Scores) -> NDArray[np.intp]:
    """Indices of the MOST_PROPOSALS best: every box is compared with every other one."""
    if len(scores) <= MOST_PROPOSALS:
        return np.arange(len(scores))
    return np.argsort(scores)[-MOST_PROPOSALS:]


def _refined(nets: CascadeNets, picture: Pixels, boxes: Boxes, scores: Scores) -> Boxes:
    if not len(boxes):
        return boxes
    offsets, scores = nets.refine(picture, boxes.astype(np.float32))
    passed = scores > REFINED
    boxes = shifted(boxes, offsets)[passed]
    return squared(boxes[outstanding(boxes, scores[passed], 0.7)])


def _finished(nets: CascadeNets, picture: Pixels, boxes: Boxes) -> list[Detection]:
    if not len(boxes):
        return []
    offsets, parts, scores = nets.finish(picture, boxes.astype(np.float32))
    passed = scores > FOUND
    points, boxes, scores = _placed(parts, boxes)[passed], shifted(boxes, offsets)[passed], scores[passed]
    return [Detection(boxes[best], points[best]) for best in uncovered(boxes, scores, 0.7)]


def _placed(parts: Floats, boxes: Boxes) -> NDArray[np.float64]:
    """Landmarks given as parts of the boxes' sides, in pixels."""
    sides = boxes[:, 2:] - boxes[:, :2] + 1
    points = parts.reshape(-1, 2, 5).transpose(0, 2, 1)
    return np.asarray(boxes[:, None, :2] + points * sides[:, None] - 1, np.float64)
