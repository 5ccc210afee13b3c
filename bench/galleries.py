"""Drawn galleries as the matcher holds them, probes for them, and times of what is done with them."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from bench.population import FACES, Vectors
from server.domain.gallery import Source
from server.matching.rows import SOURCE_CODES, Rows

PHOTOGRAPHS = 4  # of each person
PROBES = 32
SEED = 20240501


@dataclass(frozen=True)
class Line:
    what: str
    value: float
    unit: str


def drawn(count: int, dimension: int) -> tuple[Rows, Vectors]:
    """`count` rows, four a subject, and probes of people who are not among them."""
    people = -(-count // PHOTOGRAPHS)
    vectors = FACES.templates(people + PROBES, PHOTOGRAPHS, dimension, SEED)
    numbers = np.arange(count)
    rows = Rows(
        vectors[:count],
        np.char.zfill(numbers.astype("S"), 32).astype("S32"),
        np.char.zfill((numbers // PHOTOGRAPHS).astype("S"), 32).astype("S32"),
        np.full(count, SOURCE_CODES[Source.CUSTODY], dtype=np.uint8),
    )
    return rows, vectors[people * PHOTOGRAPHS :: PHOTOGRAPHS].copy()


def seconds(act: Callable[[], object]) -> float:
    begun = time.perf_counter()
    act()
    return time.perf_counter() - begun


def median_ms(search: Callable[[Vectors], object], probes: Vectors) -> float:
    search(probes[0])
    return 1000 * statistics.median(seconds(partial(search, probe)) for probe in probes)


def numpy_scores(vectors: Vectors, probe: Vectors) -> NDArray[np.float64]:
    """In float64, a part of the rows at a time."""
    parts = np.array_split(vectors, max(1, len(vectors) // 100_000))
    return np.concatenate([part.astype(np.float64) @ probe.astype(np.float64) for part in parts])


def print_table(title: str, lines: Sequence[Line]) -> None:
    print(f"\n{title}")
    for line in lines:
        print(f"  {line.what:<62}{line.value:>12,.2f} {line.unit}", flush=True)
