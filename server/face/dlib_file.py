"""dlib's serialised face recognition net, read without dlib.

The file is a stream of layers from input to output. Each parameter tensor stands in it as a version number, four
sizes and raw little-endian float32 (dlib, `serialize(tensor)` in dlib/cuda/tensor.h); what stands between the
tensors is layer settings. The net is known, so its tensors are looked for in order.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from server.domain.model_errors import WeightsUnverified

WIDTHS: Final = ((32, 3), (64, 4), (128, 3), (256, 3), (256, 1))
"""Channels and number of residual blocks of each stage; from the second stage on the first block halves the side."""

TENSOR_VERSION: Final = 2
MOST_SETTINGS: Final = 4096
"""Bytes of layer settings that may stand between two tensors."""

Floats = NDArray[np.float32]
Shape = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True, eq=False)
class Convolution:
    """filters: (rows, columns, channels in, channels out). biases: (channels out,). The affine layer is folded in."""

    filters: Floats
    biases: Floats


@dataclass(frozen=True, slots=True, eq=False)
class ResidualNet:
    """convolutions: the first one, then two for each block, from input to output. projection: (256, 128)."""

    convolutions: tuple[Convolution, ...]
    projection: Floats


def read_residual_net(path: Path) -> ResidualNet:
    """The net of a file whose digest was verified; raises WeightsUnverified when a tensor is not where it must be."""
    sizes = list(_convolution_sizes())
    tensors = _tensors(path.read_bytes(), [*_shapes(sizes), (256, 128, 1, 1)])
    pairs = zip(sizes, tensors[:-1:2], tensors[1:-1:2], strict=True)
    return ResidualNet(
        tuple(_folded(size, conv, affine) for size, conv, affine in pairs), tensors[-1].reshape(256, 128)
    )


def _convolution_sizes() -> Iterator[tuple[int, int, int]]:
    """(channels out, channels in, side of the filter) of every convolution."""
    yield 32, 3, 7
    before = 32
    for width, blocks in WIDTHS:
        for _ in range(blocks):
            yield width, before, 3
            yield width, width, 3
            before = width


def _shapes(sizes: Sequence[tuple[int, int, int]]) -> Iterator[Shape]:
    """A convolution's tensor holds filters and biases in one row; the affine layer's, gamma and beta."""
    for out, into, side in sizes:
        yield out * into * side**2 + out, 1, 1, 1
        yield 2 * out, 1, 1, 1


def _tensors(data: bytes, shapes: Sequence[Shape]) -> list[Floats]:
    found, position = [], 0
    for shape in shapes:
        header = b"".join(map(_packed, (TENSOR_VERSION, *shape)))
        start = data.find(header, position, position + MOST_SETTINGS) + len(header)
        position = start + 4 * prod(shape)
        if start < len(header) or position > len(data):
            raise WeightsUnverified("The file of the embedding net is not of the known form. Run the set-up again.")
        found.append(np.frombuffer(data, "<f4", prod(shape), start))
    return found


def _packed(number: int) -> bytes:
    """dlib's portable integer: the count of its bytes, then those, least significant first."""
    length = (number.bit_length() + 7) // 8
    return bytes([length]) + number.to_bytes(length, "little")


def _folded(size: tuple[int, int, int], convolution: Floats, affine: Floats) -> Convolution:
    """Scale and shift of the affine layer moved into the filters before it: one multiplication less a value."""
    out, into, side = size
    filters, biases = convolution[:-out].reshape(out, into, side, side), convolution[-out:]
    gamma, beta = affine[:out], affine[out:]
    scaled = filters * gamma[:, None, None, None]
    return Convolution(np.ascontiguousarray(scaled.transpose(2, 3, 1, 0)), biases * gamma + beta)
