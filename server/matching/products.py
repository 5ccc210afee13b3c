"""Inner products of int8 rows with a few int8 probes: the one door to numkong.

numkong's kernels use the widest instructions of the processor they run on, and let other threads run meanwhile.
"""

from __future__ import annotations

from typing import Any

import numkong
import numpy as np
from numpy.typing import NDArray

from server.matching.quantised import Codes8

FEW = 2  # probes up to which comparing one at a time is faster than numkong's packed product,
LONG = 400  # if rows have this dimension or more: there the packed product falls back from 22 to 9 GB/s a core

Products = NDArray[np.int32] | NDArray[np.float64]


class Multiplier:
    """Multiplies blocks of rows with the same probes. For one thread: the next block's products replace the last's.

    rows: the most that a block may have; probes: int8 of shape (m, dimension).
    """

    def __init__(self, rows: int, probes: Codes8) -> None:
        count, dimension = probes.shape
        self._probes = np.ascontiguousarray(probes)
        self._packed = None
        if dimension < LONG or count > FEW:
            self._packed = numkong.dots_pack(self._probes, dtype="int8")
        # Any: numkong's types ask for an ndarray where its functions take only a Tensor.
        self._room: Any = numkong.zeros((rows, count), dtype="float64" if self._packed is None else "int32")
        self._products: Products = np.asarray(self._room)

    def of(self, codes: Codes8) -> Products:
        """The products of `codes`, whole numbers of shape (rows, m) where m is the number of probes.

        What stands behind the rows of this block is of no meaning, but a number.
        """
        room = self._room[: len(codes)]
        if self._packed is None:
            numkong.cdist(codes, self._probes, "dot", out=room)
        else:
            numkong.dots_packed(codes, self._packed, out=room)
        return self._products
