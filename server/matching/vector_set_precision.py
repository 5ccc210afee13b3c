"""What a vector set keeps of a template, and how far its scores can therefore be off.

A Redis vector set divides each vector by its length and keeps it as 8-bit integers (or as float32). The probe is
treated alike. So its score is the inner product of two rounded vectors, and by Cauchy-Schwarz it differs from that
of the templates themselves by at most

    |v - v'| |p'| + |v| |p - p'|

for a template v, a probe p, and v', p' as kept. The losses |v - v'| are worked out here, vector by vector, from the
rounding that Redis documents (modules/vector-sets/hnsw.c, quantize_to_q8): 127 steps from 0 to the largest component.
"""

from __future__ import annotations

from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from server.domain.face import UNIT_TOLERANCE, Vector

STEPS = 127


class Precision(StrEnum):
    """How a vector set keeps a component: as an 8-bit integer, or as float32."""

    Q8 = "q8"
    FLOAT32 = "float32"

    @property
    def word(self) -> str:
        """VADD's word for it."""
        return "Q8" if self is Precision.Q8 else "NOQUANT"


def loss(vectors: NDArray[np.float32], precision: Precision) -> NDArray[np.float64]:
    """A bound on |v - v'| of each row of `vectors`, shape (n, dimension).

    The last term covers Redis's own float32 arithmetic: it moves a component by a relative error of at most half the
    dimension times 2**-24 and some, and one that is about to be rounded to the other side by twice that.
    """
    exact = vectors.astype(np.float64)
    apart = np.linalg.norm(exact - _kept(exact, precision), axis=1)
    return np.asarray(apart + float_error(vectors.shape[1]), dtype=np.float64)


def slack(probe: Vector, worst_loss: float, precision: Precision) -> float:
    """How far a vector set's score with `probe` can be below or above the true one, if no row lost more than that."""
    own_loss = float(loss(probe[None], precision)[0])
    length = float(np.linalg.norm(probe.astype(np.float64)))
    rounded = worst_loss * (length + own_loss) + (1 + UNIT_TOLERANCE) * own_loss
    return rounded + float_error(probe.size)


def _kept(vectors: NDArray[np.float64], precision: Precision) -> NDArray[np.float64]:
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    if precision is Precision.FLOAT32:
        return np.asarray(unit, dtype=np.float64)
    step = np.abs(unit).max(axis=1, keepdims=True) / STEPS
    return np.asarray(np.rint(unit / step) * step, dtype=np.float64)


def float_error(dimension: int) -> float:
    """A bound on the error of a float32 inner product of two unit-length vectors, in any order of summation.

    n u / (1 - n u) times the sum of |a_i b_i|, which Cauchy-Schwarz bounds by the product of the lengths (Higham,
    Accuracy and Stability of Numerical Algorithms, 3.1); u is 2**-24. Doubled, for the conversion of the result.
    """
    unit = dimension * 2.0**-24
    return 2 * unit / (1 - unit) * (1 + UNIT_TOLERANCE) ** 2 + 2.0**-23
