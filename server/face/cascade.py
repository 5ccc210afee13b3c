"""Upright faces in pictures: MTCNN's three nets, each asked only of what the one before let through.

The proposal net sees the picture at every scale of a pyramid. Here all scales of all its quarter turns lie side by
side on one canvas, so that one call of the net answers for them: its windows are independent, and those that reach
from one level into another are not read. The least face looked for decides the size of the largest level, and with
it the time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
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
"""Windows of a level, and again of a turn, that are followed up, best first: bounds the work on a picture made
of noise."""

AT_ONCE: Final = 256
"""Boxes that the second and the third net are asked of in one call: bounds the memory."""

MOST_CANVAS: Final = 300_000
"""Pixels of levels that lie on one canvas: the first net keeps some 200 bytes for each while it works."""

GRAIN: Final = 32
"""Sides of the canvas are multiples of this, for TensorFlow prepares its convolutions anew for each size."""

OUTSIDE: Final = -1.0
"""Colour of the canvas where no level lies."""

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]
Size = tuple[int, int]
"""Height and width."""

Corner = tuple[int, int]
"""Top and left."""

Points = NDArray[np.float64]
Turns = NDArray[np.intp]
"""(n,): by how many quarter turns, counter-clockwise, the picture was turned of which a box is (see np.rot90)."""


class CascadeNets(Protocol):
    """What `graphs.CascadeGraphs` gives; safe to call from several threads."""

    def propose(self, canvas: Floats) -> tuple[Floats, Floats]: ...

    def refine(self, picture: Pixels, boxes: Floats, turns: Turns) -> tuple[Floats, Floats]: ...

    def finish(self, picture: Pixels, boxes: Floats, turns: Turns) -> tuple[Floats, Floats, Floats]: ...


@dataclass(frozen=True, slots=True, eq=False)
class Level:
    """The picture, turned by so many quarters, at one scale. scale: its pixels for one of the picture."""

    turn: int
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


def faces_in(
    nets: CascadeNets,
    picture: Pixels,
    least: float,
    turns: Sequence[int] = (0,),
    known: Callable[[Points, Turns], NDArray[np.bool_]] | None = None,
) -> list[list[Detection]]:
    """Upright faces in each of some quarter turns of an RGB picture, from `least` pixels wide on (>= 12), best first.

    Places are pixels of the turned picture, np.rot90(picture, turn). known: tells of middles, (n, 2), which lie where
    nobody is looked for any more.
    """
    proposals = _proposals(nets, list(_pyramid(picture, least, turns))).thinned(_followed_up)
    if known is not None and len(proposals):
        proposals = proposals.part(~known(proposals.middles, proposals.turns))
    refined = _refined(nets, picture, proposals)
    return _finished(nets, picture, refined, turns)


def landmarks_in(nets: CascadeNets, picture: Pixels, boxes: Boxes) -> tuple[NDArray[np.float64], Scores]:
    """Landmarks (n, 5, 2) that the last net sees in square boxes (n, 4), n >= 1, and its face probabilities (n,)."""
    _, parts, scores = nets.finish(picture, boxes.astype(np.float32), np.zeros(len(boxes), np.intp))
    return _placed(parts, boxes), scores


def _pyramid(picture: Pixels, least: float, turns: Sequence[int]) -> Iterator[Level]:
    """Each level in every turn."""
    # Not in whole grey values, and each from the picture itself: what rounding or a second averaging adds, a fraction
    # of a grey value, moves a landmark by some pixels now and then.
    precise = picture.astype(np.float32)
    height, width = picture.shape[:2]
    scale = WINDOW / least
    while min(height, width) * scale >= WINDOW:
        size = (int(width * scale), int(height * scale))
        level = np.asarray(cv2.resize(precise, size, interpolation=cv2.INTER_AREA), np.float32)
        yield from (Level(turn, scale, np.rot90(level, turn)) for turn in turns)
        scale *= SHRINK


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    """Boxes with their turns and scores."""

    turns: Turns
    boxes: Boxes
    scores: Scores

    @classmethod
    def together(cls, parts: Sequence[_Found]) -> _Found:
        none = cls(np.empty(0, np.intp), np.empty((0, 4)), np.empty(0, np.float32))
        columns = zip(*((part.turns, part.boxes, part.scores) for part in (none, *parts)), strict=True)
        return cls(*(np.concatenate(column) for column in columns))

    @property
    def middles(self) -> Points:
        return np.asarray((self.boxes[:, :2] + self.boxes[:, 2:]) / 2, np.float64)

    def part(self, chosen: NDArray[np.intp] | NDArray[np.bool_]) -> _Found:
        return _Found(self.turns[chosen], self.boxes[chosen], self.scores[chosen])

    def thinned(self, kept: Callable[[Boxes, Scores], NDArray[np.intp]]) -> _Found:
        """What is kept of each turn by itself, as squares."""
        parts = [self.part(self.turns == turn) for turn in np.unique(self.turns)]
        found = _Found.together([part.part(kept(part.boxes, part.scores)) for part in parts])
        return _Found(found.turns, squared(found.boxes), found.scores)

    def __len__(self) -> int:
        return len(self.turns)


def _proposals(nets: CascadeNets, levels: Sequence[Level]) -> _Found:
    return _Found.together([part for batch in _batches(levels) for part in _proposed(nets, batch)])


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


def _proposed(nets: CascadeNets, levels: Sequence[Level]) -> list[_Found]:
    """What the first net proposes on each of some levels."""
    canvas, corners = packed(levels)
    offsets, scores = nets.propose(canvas)
    return [_read(level, *corner, offsets, scores) for level, corner in zip(levels, corners, strict=True)]


def packed(levels: Sequence[Level]) -> tuple[Floats, Sequence[Corner]]:
    """A canvas with every level on it, and the (top, left) corner of each: even, as the net's steps are."""
    size, corners = _laid_out(tuple((level.height, level.width) for level in levels))
    canvas = np.full((*size, 3), OUTSIDE, np.float32)
    for level, (top, left) in zip(levels, corners, strict=True):
        canvas[top : top + level.height, left : left + level.width] = level.pixels
    return canvas, corners


@lru_cache(maxsize=64)
def _laid_out(sizes: Sequence[Size]) -> tuple[Size, Sequence[Corner]]:
    """Size of the canvas, and corners of the levels, on shelves of the width that makes the least canvas.

    Kept, because photographs of one camera are of one size.
    """
    widest, square = max(width for _, width in sizes), sum(height * width for height, width in sizes) ** 0.5
    rooms = range(_grained(widest), max(_grained(widest), _grained(2 * square)) + 1, GRAIN)
    return min((_shelved(sizes, room) for room in rooms), key=lambda laid: laid[0][0] * laid[0][1])


def _shelved(sizes: Sequence[Size], room: int) -> tuple[Size, Sequence[Corner]]:
    """As _laid_out, the highest level first, on shelves `room` wide."""
    corners = [(0, 0)] * len(sizes)
    top = left = bottom = right = 0
    for number in sorted(range(len(sizes)), key=lambda number: sizes[number], reverse=True):
        height, width = sizes[number]
        if left + width > room:
            top, left = bottom, 0
        corners[number] = (top, left)
        bottom = max(bottom, _even(top + height))
        left = _even(left + width)
        right = max(right, left)
    return (_grained(bottom), _grained(right)), corners


def _even(number: int) -> int:
    return number + number % STEP


def _grained(length: float) -> int:
    return -int(-length // GRAIN) * GRAIN


def _read(level: Level, top: int, left: int, offsets: Floats, scores: Floats) -> _Found:
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
    return _Found(np.full(len(boxes), level.turn), boxes, chances).part(outstanding(boxes, chances, 0.5))


def _followed_up(boxes: Boxes, scores: Scores) -> NDArray[np.intp]:
    best = _best(scores)
    return best[outstanding(boxes[best], scores[best], 0.7)]


def _best(scores: Scores) -> NDArray[np.intp]:
    """Indices of the MOST_PROPOSALS best: every box is compared with every other one."""
    if len(scores) <= MOST_PROPOSALS:
        return np.arange(len(scores))
    return np.argsort(scores)[-MOST_PROPOSALS:]


def _refined(nets: CascadeNets, picture: Pixels, found: _Found) -> _Found:
    if not len(found):
        return found
    offsets, scores = _asked(nets.refine, picture, found)
    moved = _Found(found.turns, shifted(found.boxes, offsets), scores)
    return moved.part(scores > REFINED).thinned(lambda boxes, chances: outstanding(boxes, chances, 0.7))


def _finished(nets: CascadeNets, picture: Pixels, found: _Found, turns: Sequence[int]) -> list[list[Detection]]:
    if not len(found):
        return [[] for _ in turns]
    offsets, parts, scores = _asked(nets.finish, picture, found)
    points, boxes = _placed(parts, found.boxes), shifted(found.boxes, offsets)
    own = [np.flatnonzero((found.turns == turn) & (scores > FOUND)) for turn in turns]
    best = [of[uncovered(boxes[of], scores[of], 0.7)] for of in own]
    return [[Detection(boxes[one], points[one]) for one in ones] for ones in best]


def _asked(net: Callable[[Pixels, Floats, Turns], tuple[Floats, ...]], picture: Pixels, found: _Found) -> list[Floats]:
    """What a net answers of all boxes, AT_ONCE at a time."""
    boxes, starts = found.boxes.astype(np.float32), range(0, len(found), AT_ONCE)
    parts = [net(picture, boxes[at : at + AT_ONCE], found.turns[at : at + AT_ONCE]) for at in starts]
    return [np.concatenate(column) for column in zip(*parts, strict=True)]


def _placed(parts: Floats, boxes: Boxes) -> NDArray[np.float64]:
    """Landmarks given as parts of the boxes' sides, in pixels."""
    sides = boxes[:, 2:] - boxes[:, :2] + 1
    points = parts.reshape(-1, 2, 5).transpose(0, 2, 1)
    return np.asarray(boxes[:, None, :2] + points * sides[:, None] - 1, np.float64)
