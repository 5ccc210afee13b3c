"""The weights of MTCNN's three nets, as the Python package `mtcnn` carries them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from server.domain.errors import WeightsUnverified

Layers = tuple[NDArray[np.float32], ...]

TENSORS: Final = (13, 16, 21)
"""Arrays of the proposal, refinement and output net: kernel, bias and PReLU slopes, layer after layer."""


@dataclass(frozen=True, slots=True, eq=False)
class CascadeWeights:
    """One sequence of arrays a net, in the order of its layers; kernels are (rows, columns, in, out)."""

    proposal: Layers
    refinement: Layers
    output: Layers


def read_cascade(files: Sequence[Path]) -> CascadeWeights:
    """The weights of three files in the order of the nets.

    The files are pickles inside LZ4, which may run code when they are opened: verify their digests first. Raises
    WeightsUnverified when they hold other arrays than the nets have.
    """
    load = import_module("joblib").load  # ships without types
    nets = [tuple(np.asarray(array, np.float32) for array in load(file)) for file in files]
    if tuple(map(len, nets)) != TENSORS:
        raise WeightsUnverified("The detector's weight files are not of the known form. Run the set-up again.")
    return CascadeWeights(*nets)
