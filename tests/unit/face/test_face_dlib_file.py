"""dlib's weight file, read without dlib: a file written here comes back, a damaged one is refused.

That the real file is read rightly shows in what the net makes of it: test_face_graphs.py.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from server.domain.model_errors import WeightsUnverified
from server.face.dlib_file import MOST_SETTINGS, read_residual_net

Stream = list[bytes]
"""Layer settings and tensors, alternating."""

SETTINGS = b"\x01\x05relu_"


def number(value: int) -> bytes:
    """dlib's serialize(unsigned): count of bytes, then the bytes."""
    digits = value.to_bytes(8, "little").rstrip(b"\0")
    return bytes([len(digits)]) + digits


def tensor(values: np.ndarray, samples: int, k: int = 1) -> bytes:
    return b"".join(map(number, (2, samples, k, 1, 1))) + values.astype("<f4").tobytes()


def layers() -> Iterator[tuple[int, int, int]]:
    """(channels out, channels in, side) as D. King's dnn_face_recognition_ex.cpp builds them."""
    yield 32, 3, 7
    for into, out in [(32, 32)] * 3 + [(32, 64)] + [(64, 64)] * 3 + [(64, 128)] + [(128, 128)] * 2:
        yield from ((out, into, 3), (out, out, 3))
    for into, out in [(128, 256), (256, 256), (256, 256), (256, 256)]:
        yield from ((out, into, 3), (out, out, 3))


def parameters() -> list[tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]]:
    """(filters, biases, gamma, beta) of every convolution."""
    random = np.random.default_rng(11)
    return [
        (random.standard_normal((out, into, side, side), np.float32), *random.standard_normal((3, out), np.float32))
        for out, into, side in layers()
    ]


PARAMETERS = parameters()
PROJECTION = np.random.default_rng(12).standard_normal((256, 128), np.float32)


def stream() -> Stream:
    parts = []
    for filters, biases, gamma, beta in PARAMETERS:
        convolution, affine = np.concatenate([filters.ravel(), biases]), np.concatenate([gamma, beta])
        parts += [SETTINGS, tensor(convolution, convolution.size), SETTINGS, tensor(affine, affine.size)]
    return [*parts, SETTINGS, tensor(PROJECTION.ravel(), 256, 128)]


def written(folder: Path, stream: Stream) -> Path:
    file = folder / "net.dat"
    file.write_bytes(b"".join(stream))
    return file


def test_every_layer_comes_back_with_its_affine_layer_folded_in(tmp_path: Path) -> None:
    net = read_residual_net(written(tmp_path, stream()))
    np.testing.assert_array_equal(net.projection, PROJECTION)
    for read, (filters, biases, gamma, beta) in zip(net.convolutions, PARAMETERS, strict=True):
        patch = np.random.default_rng(1).standard_normal(filters.shape[1:])
        plain = gamma * (np.einsum("oihw,ihw->o", filters, patch) + biases) + beta
        folded = np.einsum("hwio,ihw->o", read.filters, patch) + read.biases
        np.testing.assert_allclose(folded, plain, rtol=1e-4, atol=1e-4)


def test_settings_between_the_layers_may_be_long(tmp_path: Path) -> None:
    longest = MOST_SETTINGS - len(b"".join(map(number, (2, 256, 128, 1, 1))))
    long = [*stream()[:-2], bytes(longest), stream()[-1]]
    np.testing.assert_array_equal(read_residual_net(written(tmp_path, long)).projection, PROJECTION)


DAMAGED: dict[str, Callable[[Stream], Stream]] = {
    "empty": lambda _: [],
    "one byte short": lambda stream: [*stream[:-1], stream[-1][:-1]],
    "cut in the middle": lambda stream: stream[: len(stream) // 2],
    "without the first layer": lambda stream: stream[4:],
    "two layers exchanged": lambda stream: [*stream[4:8], *stream[:4], *stream[8:]],
    "backwards": lambda stream: stream[::-1],
    "another version": lambda stream: [part.replace(b"\x01\x02", b"\x01\x03", 1) for part in stream],
    "too much between two layers": lambda stream: [*stream[:-2], bytes(MOST_SETTINGS), stream[-1]],
}


@pytest.mark.parametrize("damage", DAMAGED)
def test_a_damaged_file_is_refused(tmp_path: Path, damage: str) -> None:
    with pytest.raises(WeightsUnverified, match="not of the known form"):
        read_residual_net(written(tmp_path, DAMAGED[damage](stream())))
