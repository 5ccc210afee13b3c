"""What stands behind a person: a plain wall, or soft shapes out of focus. Linear RGB."""

import cv2
import numpy as np

from server.demo.people.colour import to_linear
from server.demo.people.shaping import Field

WALL = (168.0, 174.0, 178.0)


def wall(rows: int, columns: int) -> Field:
    """The grey wall of a custody suite, a little darker towards the corners."""
    return _vignette(rows, columns) * to_linear(WALL).astype(np.float32)


def surroundings(rng: np.random.Generator, rows: int, columns: int) -> Field:
    """A wall or a blurred scene."""
    first, second = _colour(rng, 60, 200), _colour(rng, 30, 180)
    if rng.integers(4) == 0:
        return np.asarray(_vignette(rows, columns) * (0.4 * first + 0.6 * first.mean()))
    down = np.linspace(0, 1, rows, dtype=np.float32)[:, None, None]
    picture = np.ascontiguousarray(np.broadcast_to(first * (1 - down) + second * down, (rows, columns, 3)))
    for _ in range(int(rng.integers(5, 25))):
        x, y = int(rng.integers(-50, columns)), int(rng.integers(-50, rows))
        width, height = int(rng.integers(20, columns // 2)), int(rng.integers(30, rows))
        cv2.rectangle(picture, (x, y), (x + width, y + height), _colour(rng, 20, 230).tolist(), -1)
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), float(rng.uniform(6, 24)) * columns / 960))


def _vignette(rows: int, columns: int) -> Field:
    y, x = np.mgrid[0:rows, 0:columns].astype(np.float32)
    return np.asarray((1.1 - 0.5 * ((x / columns - 0.5) ** 2 + (y / rows - 0.4) ** 2))[..., None])


def _colour(rng: np.random.Generator, low: float, high: float) -> Field:
    level = rng.uniform(low, high) + rng.normal(0, 16, 3)
    return (0.7 * to_linear(np.clip(level, 8, 245))).astype(np.float32)
