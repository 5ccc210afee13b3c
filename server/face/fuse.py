"""Unit vectors, and several frames of one person to one template."""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray


def unit(vector: NDArray[np.floating]) -> NDArray[np.float64]:
    """The vector at length 1, in float64; not finite for a vector of length 0, which Template refuses."""
    precise = np.asarray(vector, np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(precise / np.linalg.norm(precise), np.float64)


def agreement(vectors: Sequence[NDArray[np.float64]]) -> float:
    """The least score of any two unit vectors, in [-1, 1]; 1 for a single one."""
    return min((float(one @ other) for one, other in combinations(vectors, 2)), default=1.0)


def fused(vectors: Sequence[NDArray[np.float64]], weights: Sequence[float]) -> NDArray[np.float32]:
    """The weighted mean of 1-5 unit vectors of shape (dimension,), at length 1, float32. Weights are positive."""
    return unit(np.average(vectors, axis=0, weights=weights)).astype(np.float32)
