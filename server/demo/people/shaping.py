"""Smooth steps, bumps, distances and noise: the vocabulary every feature is written in."""

from itertools import pairwise
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

Field = NDArray[Any]
Point = tuple[float, float]


def smoothstep(start: float, end: float, value: Field | float) -> Field:
    """Cubic ramp in [0, 1]; `start` may lie above `end`, the ramp then falls."""
    t = np.clip((np.asarray(value) - start) / (end - start), 0, 1)
    return np.asarray(t * t * (3 - 2 * t))


def edge(value: Field, softness: float) -> Field:
    """A soft step through zero: 0 below -softness, 1 above +softness."""
    return smoothstep(-softness, softness, value)


def bump(value: Field, centre: Field | float, sigma: float) -> Field:
    """One-dimensional Gaussian of height 1."""
    return np.asarray(np.exp(-0.5 * ((value - centre) / sigma) ** 2))


def blob(x: Field, y: Field, centre: Point, sigma: Point, turn: float = 0.0) -> Field:
    """Two-dimensional Gaussian of height 1; `turn` in radians."""
    dx, dy = x - centre[0], y - centre[1]
    if turn:
        cos, sin = np.cos(turn), np.sin(turn)
        dx, dy = cos * dx + sin * dy, cos * dy - sin * dx
    return np.asarray(np.exp(-0.5 * ((dx / sigma[0]) ** 2 + (dy / sigma[1]) ** 2)))


def smooth_max(a: Field, b: Field, width: float) -> Field:
    """Maximum of two height fields, rounded where they differ by less than `width`."""
    h = np.clip(0.5 + 0.5 * (a - b) / width, 0, 1)
    return np.asarray(b + (a - b) * h + width * h * (1 - h))


def mix(a: Field, b: Field, share: Field) -> Field:
    """`a` where `share` is 0, `b` where it is 1."""
    return np.asarray(a * (1 - share) + b * share)


def unit(vectors: Field) -> Field:
    """Vectors along the last axis scaled to length 1."""
    return np.asarray(vectors / (np.linalg.norm(vectors, axis=-1, keepdims=True) + 1e-9))


class Trace(NamedTuple):
    """Relation of every texel to a polyline: distance, position along it in [0, 1], side of it (+-1)."""

    distance: Field
    along: Field
    side: Field


def trace(x: Field, y: Field, points: list[Point]) -> Trace:
    """Measure every texel against the polyline through `points`."""
    distance = np.full(x.shape, 1e9, np.float32)
    along, side = np.zeros_like(distance), np.zeros_like(distance)
    for i, ((ax, ay), (bx, by)) in enumerate(pairwise(points)):
        vx, vy = bx - ax, by - ay
        t = np.clip(((x - ax) * vx + (y - ay) * vy) / (vx * vx + vy * vy), 0, 1)
        ex, ey = x - ax - t * vx, y - ay - t * vy
        here = np.hypot(ex, ey)
        nearer = here < distance
        distance[nearer] = here[nearer]
        along[nearer] = ((i + t) / (len(points) - 1))[nearer]
        side[nearer] = (vx * ey - vy * ex)[nearer]
    return Trace(distance, along, np.sign(side))


def value_noise(
    rng: np.random.Generator, shape: tuple[int, int], cell: float, octaves: int = 1, gain: float = 0.5
) -> Field:
    """Smooth noise of about unit variance; `cell` is its coarsest grain in texels."""
    rows, columns = shape
    total = np.zeros(shape, np.float32)
    amplitude, power = 1.0, 0.0
    for _ in range(octaves):
        grid = (max(2, int(rows / cell)) + 3, max(2, int(columns / cell)) + 3)
        coarse = rng.standard_normal(grid).astype(np.float32)
        total += amplitude * cv2.resize(coarse, (columns, rows), interpolation=cv2.INTER_CUBIC)
        power += amplitude * amplitude
        amplitude *= gain
        cell = max(1.0, cell / 2)
    return np.asarray(total / np.sqrt(power))


def normals(points: Field) -> Field:
    """Unit surface normals of a (rows, columns, 3) grid of points."""
    across = cv2.Sobel(points, cv2.CV_32F, 1, 0, ksize=3, scale=0.125)
    down = cv2.Sobel(points, cv2.CV_32F, 0, 1, ksize=3, scale=0.125)
    return unit(np.cross(down, across))
