"""Templates in one byte a component, with a bound on what that costs, so that a scan reads a quarter of the memory.

Faces have much in common, so what is kept of a row x of float32 is its difference from a centre c, as
y = step * codes (int8), beside upper bounds of |y| and of the residual r = |x - c - y|. A probe p is kept as
q = step * codes with the residual t = |p - q|. Then, by the Cauchy-Schwarz inequality,

    |x.p - c.p - y.q| = |y.(p - q) + (x - c - y).p| <= |y| t + r |p|,

while y.q is a whole number, computed without error, times the two steps. So every score is known within
|y| t + r |p| + SLACK, and only rows whose upper bound matters need their float32 row read.
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
FARTHEST = 3.0  # from the centre; unit-length rows are within 2, and what is beyond gets an unbounded residual
SLACK = 1e-9  # covers the rounding of bounds and exact scores in float64, each under 1e-12
SAMPLE = 8192  # rows that tell centre and step
BLOCK = 4096  # rows quantised at a time, so that what lies between stays in the processor's cache

Codes8 = NDArray[np.int8]
Bounds = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Scale:
    """What codes stand for: `step` a unit, from `centre`, float32 of shape (dimension,)."""

    centre: Vector
    step: float

    @classmethod
    def fitting(cls, vectors: NDArray[np.float32]) -> Self:
        """A scale with which the codes span a sample of the rows.

        A row with components far beyond the others', more than twice the median row's greatest, does not coarsen
        all: it is cut. The step is a float32, so that step * codes has no error in float64.
        """
        sample = vectors[:: max(1, len(vectors) // SAMPLE)]
        with np.errstate(over="ignore"):
            sample = sample[np.einsum("ij,ij->i", sample, sample) < 1.1]  # not those that are not finite, either
        if len(sample) == 0:
            return cls(np.zeros(vectors.shape[1], dtype=np.float32), 1.0 / LEVELS)
        centre = sample.mean(axis=0, dtype=np.float64).astype(np.float32)
        greatest = np.abs(sample - centre).max(axis=1, initial=0.0)
        span = min(1.1 * float(greatest.max()), 2 * float(np.median(greatest)) or 1.0)
        return cls(centre, float(np.float32(max(span, 1e-6) / LEVELS)))


@dataclass(frozen=True, eq=False)
class Quantised:
    """Rows of shape (n, dimension) as `codes` on `scale`; `lengths` and `residuals` of shape (n,) bound |y| and r.

    fitted_to: the number of rows whose sample the scale was fitted to.
    """

    scale: Scale
    codes: Codes8
    lengths: Bounds
    residuals: Bounds
    fitted_to: int

    @classmethod
    def of(cls, vectors: NDArray[np.float32], capacity: int) -> Self:
        """All of `vectors` on a scale of their own, and room for `capacity` rows in all."""
        codes = np.zeros((capacity, vectors.shape[1]), dtype=np.int8)
        bounds = np.zeros((2, capacity), dtype=np.float32)
        made = cls(Scale.fitting(vectors), codes, bounds[0], bounds[1], len(vectors))
        made.write(0, vectors)
        return made

    def write(self, start: int, vectors: NDArray[np.float32]) -> None:
        """Put `vectors` at `start`. A component beyond 127 steps is cut, and its row's residual tells by how much."""
        shares = parts(len(vectors), workers(vectors.nbytes), BLOCK)
        share([partial(self._write_part, start, vectors, part) for part in shares])

    def erase(self, chosen: slice | NDArray[np.intp]) -> None:
        self.codes[chosen] = 0
        self.lengths[chosen] = 0.0
        self.residuals[chosen] = 0.0

    def part(self, chosen: slice | NDArray[np.intp]) -> Self:
        part = (self.codes[chosen], self.lengths[chosen], self.residuals[chosen])
        return type(self)(self.scale, *part, self.fitted_to)

    def moved(self, count: int, capacity: int) -> Self:
        """The first `count` in memory of their own, with room for `capacity` rows in all, on the same scale."""
        codes, bounds = np.zeros((capacity, self.codes.shape[1]), np.int8), np.zeros((2, capacity), np.float32)
        codes[:count], bounds[0, :count], bounds[1, :count] = (
            self.codes[:count],
            self.lengths[:count],
            self.residuals[:count],
        )
        return type(self)(self.scale, codes, bounds[0], bounds[1], self.fitted_to)

    @property
    def nbytes(self) -> int:
        return self.codes.nbytes + self.lengths.nbytes + self.residuals.nbytes

    def _write_part(self, start: int, vectors: NDArray[np.float32], part: range) -> None:
        for begin in part[::BLOCK]:
            block = vectors[begin : min(begin + BLOCK, part.stop)]
            self._write_block(slice(start + begin, start + begin + len(block)), block)

    def _write_block(self, here: slice, block: NDArray[np.float32]) -> None:
        step = np.float32(self.scale.step)
        with np.errstate(all="ignore"):  # rows that are no templates; they get no bound
            apart = block - self.scale.centre
            codes = np.clip(np.rint(apart / step), -LEVELS, LEVELS)
        self.codes[here] = np.nan_to_num(codes, copy=False)
        codes *= step
        self.lengths[here], self.residuals[here] = _bounds(apart, codes)

    def __repr__(self) -> str:
        return f"Quantised(count={len(self.codes)})"


@dataclass(frozen=True, eq=False)
class QuantisedProbes:
    """Probes of shape (m, dimension) as `codes`, `unit` a step of theirs times one of the rows they are held against.

    offsets: the probes' products with the centre, which codes leave out; residuals, lengths: t and |p|; all of
    float64 and shape (m,).
    """

    unit: float
    codes: Codes8
    offsets: NDArray[np.float64]
    residuals: NDArray[np.float64]
    lengths: NDArray[np.float64]

    @classmethod
    def of(cls, vectors: Sequence[Vector], scale: Scale) -> Self:
        exact = np.stack(vectors).astype(np.float64)
        step = float(np.abs(exact).max()) / LEVELS
        codes = np.rint(exact / step).astype(np.int8)
        return cls(
            unit=step * scale.step,
            codes=codes,
            offsets=exact @ scale.centre.astype(np.float64),
            residuals=np.linalg.norm(exact - step * codes, axis=1) * (1 + SLACK) + SLACK,
            lengths=np.linalg.norm(exact, axis=1) * (1 + SLACK),
        )

    def errors(self, numbers: NDArray[np.intp], lengths: Bounds, residuals: Bounds) -> NDArray[np.float64]:
        """How far the scores of rows with these bounds, with the probes of these numbers, may be off."""
        return lengths * self.residuals[numbers] + residuals * self.lengths[numbers] + SLACK

    def scores(self, numbers: NDArray[np.intp], products: NDArray[np.float64]) -> NDArray[np.float64]:
        """What the products of codes stand for."""
        return products * self.unit + self.offsets[numbers]

    def least_products(self, scores: NDArray[np.float64], lengths: Bounds, residuals: Bounds) -> NDArray[np.float64]:
        """For rows with these bounds, of shape (n,), and each probe: no product is under it that may stand for a
        score of as much as the probe's in `scores`. Of shape (n, m); minus infinity for rows without a bound.
        """
        products = residuals[:, None] * (self.lengths / -self.unit)
        products -= lengths[:, None] * (self.residuals / self.unit)
        products += (scores - self.offsets - SLACK) / self.unit
        return products

    def __repr__(self) -> str:
        return f"QuantisedProbes(count={len(self.codes)})"


def _bounds(apart: NDArray[np.float32], kept: NDArray[np.float32]) -> tuple[Bounds, Bounds]:
    """Upper bounds of |y| and |x - c - y|; the latter infinite for a row that is too far or not finite.

    Computed in float32, whose rounding is covered: the components of x - c, of y and of their difference are off by
    2**-24 of themselves, together under 2**-20 in length; n squares and their sum by n 2**-23 of themselves.
    """
    rounding, rounded = np.float32(1 + apart.shape[1] * 2.0**-23), np.float32(2.0**-20)
    lengths = np.sqrt(np.einsum("ij,ij->i", kept, kept)) * rounding + rounded
    with np.errstate(all="ignore"):
        near = np.einsum("ij,ij->i", apart, apart) <= FARTHEST**2
        apart -= kept
        residuals = np.sqrt(np.einsum("ij,ij->i", apart, apart)) * rounding + rounded
    return lengths, np.where(near, residuals, np.inf).astype(np.float32)
