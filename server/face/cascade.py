"""Upright faces in pictures: MTCNN's three nets, each asked only of what the one before let through.

The proposal net sees the picture at every scale of a pyramid. Here all scales of all its quarter turns lie side by
side on one canvas (`pyramid`), so that one call of the net answers for them: its windows are independent, and those
that reach from one level into another are not read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from server.face.boxes import Boxes, Scores, outstanding, shifted, squared, uncovered
from server.face.landmarks import Detection
from server.face.pyramid import STEP, WINDOW, Floats, Level, Pixels, batches, packed, pyramid

PROPOSED: Final = 0.6
REFINED: Final = 0.7
FOUND: Final = 0.8
"""Face probability that the nets must give, from the first to the last."""

MOST_PROPOSALS: Final = 1000
"""Windows of a level, and again of a turn, that are followed up, best first: bounds the work on a picture made
of noise."""

AT_ONCE: Final = 256
"""Boxes that the second and the third net are asked of in one call: bounds the memory."""

Points = NDArray[np.float64]
Turns = NDArray[np.intp]
"""(n,): by how many quarter turns, counter-clockwise, the picture was turned of which a box is (see np.rot90)."""


class CascadeNets(Protocol):
    """What `graphs.CascadeGraphs` gives; safe to call from several threads."""

    def propose(self, canvas: Floats) -> tuple[Floats, Floats]: ...

    def refine(self, picture: Pixels, boxes: Floats, turns: Turns) -> tuple[Floats, Floats]: ...

    def finish(self, picture: Pixels, boxes: Floats, turns: Turns) -> tuple[Floats, Floats, Floats]: ...


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
    proposals = _proposals(nets, list(pyramid(picture, least, turns))).thinned(_followed_up)
    if known is not None and len(proposals):
        proposals = proposals.part(~known(proposals.middles, proposals.turns))
    refined = _refined(nets, picture, proposals)
    return _finished(nets, picture, refined, turns)


def landmarks_in(nets: CascadeNets, picture: Pixels, boxes: Boxes) -> tuple[NDArray[np.float64], Scores]:
    """Landmarks (n, 5, 2) that the last net sees in square boxes (n, 4), n >= 1, and its face probabilities (n,)."""
    _, parts, scores = nets.finish(picture, boxes.astype(np.float32), np.zeros(len(boxes), np.intp))
    return _placed(parts, boxes), scores


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
    return _Found.together([part for batch in batches(levels) for part in _proposed(nets, batch)])


def _proposed(nets: CascadeNets, levels: Sequence[Level]) -> list[_Found]:
    """What the first net proposes on each of some levels."""
    canvas, corners = packed(levels)
    offsets, scores = nets.propose(canvas)
    return [_read(level, *corner, offsets, scores) for level, corner in zip(levels, corners, strict=True)]


def _read(level: Level, top: int, left: int, offsets: Floats, scores: Floats) -> _Found:
    """The level's faces in pixels of its picture, thinned out."""
    # At an odd side one more window is read, which reaches over the edge by a pixel.
    rows, columns = ((side - WINDOW + 1) // STEP + 1 for side in (level.height, level.width))
    part = np.s_[top // STEP : top // STEP + rows, left // STEP : left // STEP + columns]
    row, column = np.nonzero(scores[part] > PROPOSED)
    if not row.size:
        return _Found.together([])
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
