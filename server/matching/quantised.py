"""Templates in one byte a component, with a bound on what that costs, so that a scan reads a quarter of the memory.

A row x of float32 is kept as x' = step * codes (int8) beside an upper bound r of its residual |x - x'|. A probe p is
kept likewise as p' with the residual t. Then, by the Cauchy-Schwarz inequality,

    |x.p - x'.p'| = |x'.(p - p') + (x - x').p| <= |x'| t + r |p|,    |x'| <= |x| + r,

while x'.p' is a whole number, computed without error, times the two steps. So every score is known within
(LONGEST + r) t + r |p| + SLACK, and only rows whose upper bound matters need their float32 row read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Self

import numpy as np
from numpy.typing import NDArray

from server.domain.face import Vector
from server.matching.crew import parts, share, workers

LEVELS = 127  # codes run from -127 to 127: int8 has no +128
LONGEST = 1.01  # no row is longer: Template allows 1.001, and what is longer gets an unbounded residual
SLACK = 1e-9  # covers the rounding of bounds and exact scores in float64, each under 1e-12
SAMPLE = 8192  # rows that tell the step
BLOCK = 4096  # rows quantised at a time, so that what lies between stays in the processor's cache

Codes8 = NDArray[np.int8]
Residuals = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Quantised:
    """Rows of shape (n, dimension) as `codes`, each component worth `step`; `residuals` of shape (n,)."""

    step: float
    codes: Codes8
    residuals: Residuals

    @classmethod
    def room(cls, count: int, dimension: int, step: float) -> Self:
        """`count` rows to be written. Zeros, so that a template erased from here is nowhere else either."""
        return cls(step, np.zeros((count, dimension), dtype=np.int8), np.zeros(count, dtype=np.float32))

    @classmethod
    def of(cls, vectors: NDArray[np.float32], capacity: int) -> Self:
        """All of `vectors` with a step of their own, and room for `capacity` rows in all."""
        made = cls.room(capacity, vectors.shape[1], fitting_step(vectors))
        made.write(0, vectors)
        return made

    def write(self, start: int, vectors: NDArray[np.float32]) -> None:
        """Put `vectors` at `start`. A component beyond 127 steps is cut, and its row's residual tells by how much."""
        shares = parts(len(vectors), workers(vectors.nbytes), BLOCK)
        share([partial(self._write_part, start, vectors, part) for part in shares])

    def erase(self, chosen: slice | NDArray[np.intp]) -> None:
        self.codes[chosen] = 0
        self.residuals[chosen] = 0.0

    def part(self, chosen: slice | NDArray[np.intp]) -> Self:
        return type(self)(self.step, self.codes[chosen], self.residuals[chosen])

    @property
    def nbytes(self) -> int:
        return self.codes.nbytes + self.residuals.nbytes

    def _write_part(self, start: int, vectors: NDArray[np.float32], part: range) -> None:
        for begin in part[::BLOCK]:
            block = vectors[begin : min(begin + BLOCK, part.stop)]
            here = slice(start + begin, start + begin + len(block))
            with np.errstate(over="ignore", invalid="ignore"):
                scaled = np.rint(block * np.float32(1.0 / self.step))
            self.codes[here] = np.nan_to_num(np.clip(scaled, -LEVELS, LEVELS, out=scaled), copy=False)
            self.residuals[here] = _residuals(block, self.codes[here], self.step)

    def __repr__(self) -> str:
        return f"Quantised(count={len(self.codes)})"


@dataclass(frozen=True, eq=False)
class QuantisedProbes:
    """Probes of shape (m, dimension) as `codes`, each component worth `step`; `residuals` and `lengths` float64."""

    step: float
    codes: Codes8
    residuals: NDArray[np.float64]
    lengths: NDArray[np.float64]

    @classmethod
    def of(cls, vectors: Sequence[Vector]) -> Self:
        exact = np.stack(vectors).astype(np.float64)
        step = float(np.abs(exact).max()) / LEVELS
        codes = np.rint(exact / step).astype(np.int8)
        residuals = np.linalg.norm(exact - step * codes, axis=1) * (1 + SLACK) + SLACK
        return cls(step, codes, residuals, np.linalg.norm(exact, axis=1) * (1 + SLACK))

    def errors(self, numbers: NDArray[np.intp], residuals: Residuals) -> NDArray[np.float64]:
        """How far the scores of rows with these `residuals`, with the probes of these numbers, may be off."""
        rows = residuals.astype(np.float64)
        return (LONGEST + rows) * self.residuals[numbers] + rows * self.lengths[numbers] + SLACK

    def __repr__(self) -> str:
        return f"QuantisedProbes(count={len(self.codes)})"


def fitting_step(vectors: NDArray[np.float32]) -> float:
    """A step with which the codes span the components of a sample of the rows.

    A row with components far beyond the others', more than twice the median row's greatest, does not coarsen all:
    it is cut. The step is a float32, so that step * codes has no error in float64.
    """
    sample = vectors[:: max(1, len(vectors) // SAMPLE)]
    greatest = np.nan_to_num(np.abs(sample).max(axis=1, initial=0.0), posinf=1.0)
    if len(greatest) == 0 or greatest.max() <= 0.0:
        return 1.0 / 128
    span = min(1.1 * float(greatest.max()), 2 * float(np.median(greatest)) or 1.0)
    return float(np.float32(min(span, 1.0) / LEVELS))


def _residuals(vectors: NDArray[np.float32], codes: Codes8, step: float) -> Residuals:
    """Upper bounds of |x - step * codes|; infinite for a row that is longer than LONGEST or not finite.

    Computed in float32, whose rounding is covered: the components of step * codes and of the difference are off by
    2**-24 of themselves, together under 2**-21 in length; n squares and their sum by n 2**-23 of themselves.
    """
    with np.errstate(all="ignore"):
        differences = codes * np.float32(step)
        np.subtract(vectors, differences, out=differences)
        sums = np.einsum("ij,ij->i", differences, differences)
        lengths = np.einsum("ij,ij->i", vectors, vectors)
    bounds = np.sqrt(sums) * np.float32(1 + vectors.shape[1] * 2.0**-23) + np.float32(2.0**-20)
    return np.where(np.isfinite(sums) & (lengths <= 1.01), bounds, np.inf).astype(np.float32)
