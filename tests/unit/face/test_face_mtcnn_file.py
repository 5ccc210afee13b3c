"""The detector's weight files hold the arrays of its nets, or no net is built."""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from server.domain.model_errors import WeightsUnverified
from server.face.mtcnn_file import SHAPES, read_cascade

Nets = list[list[np.ndarray]]


def nets() -> Nets:
    random = np.random.default_rng(3)
    return [[random.standard_normal(shape).astype(np.float32) for shape in net] for net in SHAPES]


def written(folder: Path, nets: Nets) -> list[Path]:
    files = [folder / f"{number}.lz4" for number in range(len(nets))]
    for file, net in zip(files, nets, strict=True):
        import_module("joblib").dump(net, file)
    return files


def test_what_was_written_is_read(tmp_path: Path) -> None:
    kept = nets()
    read = read_cascade(written(tmp_path, kept))
    for net, arrays in zip((read.proposal, read.refinement, read.output), kept, strict=True):
        for array, original in zip(net, arrays, strict=True):
            assert array.dtype == np.float32
            np.testing.assert_array_equal(array, original)


def _without_the_last(nets: Nets) -> Nets:
    return [nets[0], nets[1], nets[2][:-1]]


def _of_another_shape(nets: Nets) -> Nets:
    return [nets[0], [array[..., :-1] if array.shape == (576, 128) else array for array in nets[1]], nets[2]]


def _with_two_layers_exchanged(nets: Nets) -> Nets:
    return [[*nets[0][3:6], *nets[0][:3], *nets[0][6:]], nets[1], nets[2]]


@pytest.mark.parametrize(
    "altered",
    [
        _without_the_last,
        _of_another_shape,
        _with_two_layers_exchanged,
        lambda nets: nets[::-1],
        lambda nets: nets[:2],
        lambda _: [[], [], []],
    ],
)
def test_other_arrays_are_refused(tmp_path: Path, altered: Callable[[Nets], Nets]) -> None:
    with pytest.raises(WeightsUnverified, match="not of the known form"):
        read_cascade(written(tmp_path, altered(nets())))
