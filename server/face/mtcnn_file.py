"""The weights of MTCNN's three nets, as the Python package `mtcnn` carries them."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from server.domain.model_errors import WeightsUnverified

Layers = tuple[NDArray[np.float32], ...]

SHAPES: Final = (
    (
        *((3, 3, 3, 10), (10,), (1, 1, 10)),
        *((3, 3, 10, 16), (16,), (1, 1, 16)),
        *((3, 3, 16, 32), (32,), (1, 1, 32)),
        *((1, 1, 32, 4), (4,), (1, 1, 32, 2), (2,)),
    ),
    (
        *((3, 3, 3, 28), (28,), (1, 1, 28)),
        *((3, 3, 28, 48), (48,), (1, 1, 48)),
        *((2, 2, 48, 64), (64,), (1, 1, 64)),
        *((576, 128), (128,), (128,)),
        *((128, 4), (4,), (128, 2), (2,)),
    ),
    (
        *((3, 3, 3, 32), (32,), (1, 1, 32)),
        *((3, 3, 32, 64), (64,), (1, 1, 64)),
        *((3, 3, 64, 64), (64,), (1, 1, 64)),
        *((2, 2, 64, 128), (128,), (1, 1, 128)),
        *((1152, 256), (256,), (256,)),
        *((256, 4), (4,), (256, 10), (10,), (256, 2), (2,)),
    ),
)
"""Of the proposal, refinement and output net: kernel, biases and PReLU slopes, layer after layer, then kernel and
biases of each answer."""


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
    nets = [tuple(np.asarray(array, np.float32) for array in _unpacked(file)) for file in files]
    if tuple(tuple(array.shape for array in net) for net in nets) != SHAPES:
        raise WeightsUnverified("The detector's weight files are not of the known form. Run the set-up again.")
    return CascadeWeights(*nets)


def _unpacked(file: Path) -> Iterable[Any]:
    """What joblib packed. Not by joblib's own reading of LZ4 files, which leaves one half closed on Python 3.13."""
    packed = import_module("lz4.frame").decompress(file.read_bytes())
    unpacked: Iterable[Any] = import_module("joblib").load(io.BytesIO(packed))
    return unpacked
