"""The engine's nets as ONNX models of the same arrays, built node by node; nothing of a converter.

Pictures come in as the engine's graphs take them, (n, rows, columns, channels); inside, ONNX puts channels second.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from server.face.dlib_file import WIDTHS, Convolution, ResidualNet
from server.face.graphs import CHIP, GREY, MEAN_COLOUR
from server.face.mtcnn_file import Layers

OPSET = 17

Floats = NDArray[np.float32]
Size = int | str
"""A length, or the name of one that is known at each call only."""


class Drawing:
    """A model in the making. Planes and answers are the names that ONNX gives them."""

    def __init__(self, sizes: Sequence[Size], kind: type[np.generic]) -> None:
        """sizes, kind: of the only input, named `seen`."""
        onnx: Any = import_module("onnx")
        self._onnx = onnx
        self._nodes: list[Any] = []
        self._constants: list[Any] = []
        self._input = onnx.helper.make_tensor_value_info("seen", _element(onnx, kind), sizes)

    def node(self, kind: str, *inputs: str | NDArray[Any], **settings: Any) -> str:
        """The name of the node's only output; arrays become constants."""
        output = f"plane{len(self._nodes)}"
        names = [given if isinstance(given, str) else self._constant(given) for given in inputs]
        self._nodes.append(self._onnx.helper.make_node(kind, names, [output], **settings))
        return output

    def model(self, rank: int, *answers: str) -> bytes:
        """The finished model, checked, with these outputs of `rank` axes."""
        helper = self._onnx.helper
        outputs = [helper.make_tensor_value_info(name, self._onnx.TensorProto.FLOAT, [None] * rank) for name in answers]
        graph = helper.make_graph(self._nodes, "net", [self._input], outputs, self._constants)
        opset = helper.make_opsetid("", OPSET)
        model = helper.make_model(graph, opset_imports=[opset], ir_version=helper.find_min_ir_version_for([opset]))
        self._onnx.checker.check_model(model)
        return bytes(model.SerializeToString())

    def _constant(self, array: NDArray[Any]) -> str:
        name = f"constant{len(self._constants)}"
        self._constants.append(self._onnx.numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def convolved(self, plane: str, kernel: Floats, biases: Floats, *, stride: int = 1, border: int = 0) -> str:
        """kernel: (rows, columns, in, out)."""
        filters = kernel.transpose(3, 2, 0, 1)
        return self.node("Conv", plane, filters, biases, strides=[stride] * 2, pads=[border] * 4)

    def pooled(self, plane: str, side: int, stride: int, reach: str) -> str:
        """The greatest of each square; reach: SAME_UPPER, which pools what there is at the far edge, or VALID."""
        return self.node("MaxPool", plane, kernel_shape=[side] * 2, strides=[stride] * 2, auto_pad=reach)

    def sloped(self, plane: str, slopes: Floats) -> str:
        """PReLU of planes (n, channels, rows, columns) or of rows (n, channels)."""
        return self.node("PRelu", plane, slopes.reshape(-1, 1, 1) if slopes.ndim == 3 else slopes)

    def dense(self, row: str, kernel: Floats, biases: Floats) -> str:
        return self.node("Gemm", row, kernel, biases)


def _element(onnx: Any, kind: type[np.generic]) -> int:
    return int(onnx.helper.np_dtype_to_tensor_dtype(np.dtype(kind)))


# --- the embedding net -----------------------------------------------------------------------------------------


def residual_model(net: ResidualNet) -> bytes:
    """(n, 150, 150, 3) uint8 chips -> (n, 128), as `graphs.embedding_graph`."""
    drawing, layers = Drawing(["n", CHIP, CHIP, 3], np.uint8), iter(net.convolutions)
    plane = drawing.node("Cast", "seen", to=1)
    plane = drawing.node(
        "Mul", drawing.node("Sub", plane, np.array(MEAN_COLOUR, np.float32)), np.array([1 / 256], np.float32)
    )
    plane = _relu_convolved(drawing, drawing.node("Transpose", plane, perm=[0, 3, 1, 2]), next(layers), 2, 0)
    plane = drawing.pooled(plane, 3, 2, "VALID")
    side = ((CHIP - 7) // 2 + 1 - 3) // 2 + 1
    before = 32
    for stage, (width, blocks) in enumerate(WIDTHS):
        for block in range(blocks):
            first, second = next(layers), next(layers)
            if stage and not block:
                plane, side = _halved(drawing, plane, first, second, (side, before, width))
            else:
                plane = _added(drawing, plane, _twice(drawing, plane, first, second, 1))
            before = width
    row = drawing.node("Flatten", drawing.node("GlobalAveragePool", plane))
    return drawing.model(2, drawing.node("MatMul", row, net.projection))


def _relu_convolved(drawing: Drawing, plane: str, layer: Convolution, stride: int, border: int) -> str:
    return drawing.node("Relu", drawing.convolved(plane, layer.filters, layer.biases, stride=stride, border=border))


def _twice(drawing: Drawing, plane: str, first: Convolution, second: Convolution, stride: int) -> str:
    inner = _relu_convolved(drawing, plane, first, stride, 2 - stride)
    return drawing.convolved(inner, second.filters, second.biases, border=1)


def _added(drawing: Drawing, one: str, other: str) -> str:
    return drawing.node("Relu", drawing.node("Add", one, other))


def _halved(
    drawing: Drawing, plane: str, first: Convolution, second: Convolution, sizes: tuple[int, int, int]
) -> tuple[str, int]:
    """The block and its side; sizes: side, channels in and channels out. Missing values are zero."""
    side, into, out = sizes
    inner, inside = _twice(drawing, plane, first, second, 2), (side - 3) // 2 + 1
    pooled, halved = drawing.node("AveragePool", plane, kernel_shape=[2, 2], strides=[2, 2]), side // 2
    whole = max(inside, halved)
    grown = [
        drawing.node("Pad", part, np.array([0, 0, 0, 0, 0, more, whole - own, whole - own]))
        for part, own, more in ((pooled, halved, out - into), (inner, inside, 0))
    ]
    return _added(drawing, *grown), whole


# --- the detector's cascade ------------------------------------------------------------------------------------


def proposal_model(weights: Layers) -> bytes:
    """(rows, columns, 3) canvas -> offsets (1, 4, rows, columns) and face probabilities (1, 2, rows, columns)."""
    drawing = Drawing(["rows", "columns", 3], np.float32)
    plane = _normal(drawing, drawing.node("Unsqueeze", "seen", np.array([0])))
    plane = drawing.sloped(drawing.convolved(plane, *weights[0:2]), weights[2])
    plane = drawing.pooled(plane, 2, 2, "SAME_UPPER")
    plane = drawing.sloped(drawing.convolved(plane, *weights[3:5]), weights[5])
    plane = drawing.sloped(drawing.convolved(plane, *weights[6:8]), weights[8])
    scores = drawing.node("Softmax", drawing.convolved(plane, *weights[11:13]), axis=1)
    return drawing.model(4, drawing.convolved(plane, *weights[9:11]), scores)


def refinement_model(weights: Layers) -> bytes:
    """(n, 24, 24, 3) patches, 0 to 255 -> offsets (n, 4) and face probabilities (n, 2)."""
    drawing = Drawing(["n", 24, 24, 3], np.float32)
    plane = _thrice(drawing, _normal(drawing, "seen"), weights)
    row = drawing.sloped(drawing.dense(_flat(drawing, plane), *weights[9:11]), weights[11])
    scores = drawing.node("Softmax", drawing.dense(row, *weights[14:16]), axis=1)
    return drawing.model(2, drawing.dense(row, *weights[12:14]), scores)


def output_model(weights: Layers) -> bytes:
    """(n, 48, 48, 3) patches, 0 to 255 -> offsets (n, 4), landmarks (n, 10) and face probabilities (n, 2)."""
    drawing = Drawing(["n", 48, 48, 3], np.float32)
    plane = drawing.pooled(_thrice(drawing, _normal(drawing, "seen"), weights), 2, 2, "SAME_UPPER")
    plane = drawing.sloped(drawing.convolved(plane, *weights[9:11]), weights[11])
    row = drawing.sloped(drawing.dense(_flat(drawing, plane), *weights[12:14]), weights[14])
    scores = drawing.node("Softmax", drawing.dense(row, *weights[19:21]), axis=1)
    return drawing.model(2, drawing.dense(row, *weights[15:17]), drawing.dense(row, *weights[17:19]), scores)


def _normal(drawing: Drawing, seen: str) -> str:
    grey, scale = np.array([GREY], np.float32), np.array([1 / 128], np.float32)
    normal = drawing.node("Mul", drawing.node("Sub", seen, grey), scale)
    return drawing.node("Transpose", normal, perm=[0, 3, 1, 2])


def _thrice(drawing: Drawing, plane: str, weights: Layers) -> str:
    """What the second and the third net have in common: three convolutions, pooled after the first and the second."""
    plane = drawing.sloped(drawing.convolved(plane, *weights[0:2]), weights[2])
    plane = drawing.pooled(plane, 3, 2, "SAME_UPPER")
    plane = drawing.sloped(drawing.convolved(plane, *weights[3:5]), weights[5])
    plane = drawing.pooled(plane, 3, 2, "VALID")
    return drawing.sloped(drawing.convolved(plane, *weights[6:8]), weights[8])


def _flat(drawing: Drawing, plane: str) -> str:
    """Columns before rows, channels last, the order in which the original net was trained."""
    return drawing.node("Flatten", drawing.node("Transpose", plane, perm=[0, 3, 2, 1]))
