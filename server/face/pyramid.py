"""A picture at every scale of a pyramid and in several quarter turns, laid side by side on canvases.

The least face looked for decides the size of the largest level, and with it the time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

WINDOW: Final = 12
"""Side in pixels of the proposal net's window."""

STEP: Final = 2
"""Pixels from one window to the next."""

SHRINK: Final = 0.709
"""Ratio of one level of the pyramid to the one before; area halves (the published nets were trained for it)."""

SHRUNK_AT_ONCE: Final = 2
"""Levels of a picture that are made side by side, by threads of their own: OpenCV shrinks such pictures on one core."""

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


def pyramid(picture: Pixels, least: float, turns: Sequence[int]) -> Iterator[Level]:
    """Each level in every turn."""
    # Not in whole grey values, and each from the picture itself: what rounding or a second averaging adds, a fraction
    # of a grey value, moves a landmark by some pixels now and then.
    precise = picture.astype(np.float32)
    scales = list(_scales(picture, least))

    def shrunk(scale: float) -> Floats:
        size = (int(picture.shape[1] * scale), int(picture.shape[0] * scale))
        return np.asarray(cv2.resize(precise, size, interpolation=cv2.INTER_AREA), np.float32)

    with ThreadPoolExecutor(SHRUNK_AT_ONCE) as shrinkers:
        for scale, level in zip(scales, shrinkers.map(shrunk, scales), strict=True):
            yield from (Level(turn, scale, np.rot90(level, turn)) for turn in turns)


def _scales(picture: Pixels, least: float) -> Iterator[float]:
    scale = WINDOW / least
    while min(picture.shape[:2]) * scale >= WINDOW:
        yield scale
        scale *= SHRINK


def batches(levels: Sequence[Level]) -> Iterator[list[Level]]:
    """Levels in their order, as many at a time as MOST_CANVAS allows; one that is larger goes alone."""
    batch: list[Level] = []
    for level in levels:
        if batch and sum(other.area for other in batch) + level.area > MOST_CANVAS:
            yield batch
            batch = []
        batch.append(level)
    if batch:
        yield batch


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
