"""Rows that make a search hard to get right, and the plain search that every answer is held against."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from server.domain.candidates import Scored, shortlist
from server.matching.rows import SOURCE_CODES, Rows
from server.matching.scan import Asked

Made = NDArray[np.float64]
Maker = Callable[[np.random.Generator, int, int], Made]


def spread(rng: np.random.Generator, count: int, dimension: int) -> Made:
    return rng.standard_normal((count, dimension))


def duplicated(rng: np.random.Generator, count: int, dimension: int) -> Made:
    return rng.standard_normal((3, dimension))[rng.integers(0, 3, count)]


def constant(rng: np.random.Generator, count: int, dimension: int) -> Made:
    return np.full((count, dimension), rng.choice([-1.0, 1.0]))


def nearly_tied(rng: np.random.Generator, count: int, dimension: int) -> Made:
    return rng.standard_normal(dimension) + 1e-7 * rng.standard_normal((count, dimension))


def cancelling(rng: np.random.Generator, count: int, dimension: int) -> Made:
    rows = rng.standard_normal((count, dimension))
    rows[:, 1::2] = -rows[:, : dimension - dimension % 2 : 2]
    return rows


def halfway(rng: np.random.Generator, count: int, dimension: int) -> Made:
    """Components halfway between two codes, where each is off by as much as it can be."""
    return rng.integers(-127, 128, (count, dimension)).astype(np.float64) + 0.5


def lopsided(rng: np.random.Generator, count: int, dimension: int) -> Made:
    """A huge component among tiny ones in some rows: far beyond the codes that fit the others."""
    rows = rng.standard_normal((count, dimension))
    rows[::3] *= 1e-6
    rows[::3, 0] = 1.0
    return rows


def denormal(rng: np.random.Generator, count: int, dimension: int) -> Made:
    """Components under the least normal float32."""
    rows = np.full((count, dimension), 1e-41)
    rows[np.arange(count), rng.integers(0, dimension, count)] = rng.choice([-1.0, 1.0], count)
    return rows


HARD: Mapping[str, Maker] = {
    make.__name__: make for make in (spread, duplicated, constant, nearly_tied, cancelling, halfway, lopsided, denormal)
}


def unit(rows: Made) -> NDArray[np.float32]:
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)


def rows_of(vectors: NDArray[np.float32], a_subject: int = 2) -> Rows:
    """Sources in turn; so many rows one after another are of one subject."""
    rows = Rows.room(len(vectors), vectors.shape[1])
    numbers = np.arange(len(vectors))
    rows.vectors[:] = vectors
    rows.references[:] = [f"{number:032x}".encode() for number in numbers]
    rows.subjects[:] = [f"{number:032x}".encode() for number in numbers // a_subject]
    rows.sources[:] = np.array(list(SOURCE_CODES.values()), dtype=np.uint8)[numbers % len(SOURCE_CODES)]
    return rows


def brute_force(rows: Rows, asked: Asked) -> tuple[Scored, ...]:
    """Every row compared by numpy in float64, without bounds, blocks or threads; then the rule of the short list."""
    scores = np.einsum("ij,j->i", rows.vectors.astype(np.float64), asked.vector.astype(np.float64))
    codes = {SOURCE_CODES[source] for source in asked.sources}
    return shortlist(
        (
            Scored(rows.references[row].decode(), rows.subjects[row].decode(), float(scores[row]))
            for row in range(len(rows))
            if rows.sources[row] in codes and scores[row] >= asked.threshold
        ),
        asked.threshold,
        asked.limit,
    )
