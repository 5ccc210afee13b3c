"""Unit vectors, and several frames of one person to one template."""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from server.domain.errors import FramesDisagree


def unit(vector: NDArray[np.floating]) -> NDArray[np.float64]:
    """The vector at length 1, in float64."""
    precise = np.asarray(vector, np.float64)
    return np.asarray(precise / np.linalg.norm(precise), np.float64)


def fused(vectors: Sequence[NDArray[np.float64]], agreement: float) -> NDArray[np.float32]:
    """The unit-length mean of 1-5 unit vectors of shape (dimension,), float32.

    Raises FramesDisagree when any two score under `agreement` (inner product, -1 to 1): two people's
    frames would otherwise average into a third person who does not exist.
    """
    if any(float(one @ other) < agreement for one, other in combinations(vectors, 2)):
        raise FramesDisagree
    return unit(np.mean(vectors, axis=0)).astype(np.float32)
