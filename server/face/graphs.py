"""The nets as traced TensorFlow graphs. The door to TensorFlow: nothing else of the server calls it.

Weights enter the graphs as constants, so that TensorFlow brings them to the processor's layout once. They are traced
without AutoGraph, which would write their source to temporary files and is of no use where nothing branches. A traced
graph may be called from many threads at a time, and a call holds Python's lock only while arrays go in and out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from server.face.dlib_file import WIDTHS, Convolution, ResidualNet
from server.face.mtcnn_file import CascadeWeights, Layers
from server.face.tensorflow_import import tensorflow

Floats = NDArray[np.float32]
Pixels = NDArray[np.uint8]
Turns = NDArray[np.intp]

CHIP: Final = 150
MEAN_COLOUR: Final = (122.782, 117.001, 104.298)
"""Subtracted from the chip; with the divisor 256 the normalisation dlib trained with (dlib/dnn/input.h)."""

BARRED: Final = 1e6
"""Taken from values that must not win where the greatest is picked; they are a few units large."""

ROUND: Final = 8
"""Numbers of boxes are rounded up to a multiple of this, and below it to a power of two."""

GREY: Final = 127.5
"""What the cascade sees outside the picture; (pixel - 127.5) / 128 is its normalisation."""


# --- the embedding net -----------------------------------------------------------------------------------------


def embedding_graph(net: ResidualNet) -> Callable[[Pixels], Floats]:
    """(n, 150, 150, 3) uint8 RGB chips -> (n, 128) float32, as dlib's face_recognition_model_v1 gives them.

    dlib's net after D. King: 7x7 convolution, max-pooling, residual blocks (He et al., CVPR 2016), mean over the
    plane, projection.
    """
    tf = tensorflow()

    def embed(chips: Any) -> Any:
        layers = iter(net.convolutions)
        plane = (tf.cast(chips, tf.float32) - MEAN_COLOUR) / 256.0
        plane = tf.nn.relu(_convolved(plane, next(layers), 2, "VALID"))
        plane = tf.nn.max_pool2d(plane, 3, 2, "VALID")
        for stage, (_, blocks) in enumerate(WIDTHS):
            for block in range(blocks):
                convolve = _halved if stage and not block else _kept
                plane = tf.nn.relu(convolve(plane, next(layers), next(layers)))
        return tf.reduce_mean(plane, [1, 2]) @ net.projection

    traced = tf.function(embed, input_signature=[tf.TensorSpec([None, CHIP, CHIP, 3], tf.uint8)], autograph=False)
    graph = traced.get_concrete_function()
    return lambda chips: np.asarray(graph(tf.constant(chips)))


def _convolved(plane: Any, layer: Convolution, stride: int, padding: str) -> Any:
    nn = tensorflow().nn
    return nn.bias_add(nn.conv2d(plane, layer.filters, stride, padding), layer.biases)


def _kept(plane: Any, first: Convolution, second: Convolution) -> Any:
    """A residual block that keeps the size: the sum of its input and of two convolutions of it."""
    inner = tensorflow().nn.relu(_convolved(plane, first, 1, "SAME"))
    return plane + _convolved(inner, second, 1, "SAME")


def _halved(plane: Any, first: Convolution, second: Convolution) -> Any:
    """A residual block that halves the side; of both summands the missing values are zero, as in dlib's add_prev."""
    tf = tensorflow()
    inner = _convolved(tf.nn.relu(_convolved(plane, first, 2, "VALID")), second, 1, "SAME")
    pooled = tf.nn.avg_pool2d(plane, 2, 2, "VALID")
    side, channels = (max(pooled.shape[axis], inner.shape[axis]) for axis in (1, 3))
    return _grown(pooled, side, channels) + _grown(inner, side, channels)


def _grown(plane: Any, side: int, channels: int) -> Any:
    rows, columns, depth = (wanted - plane.shape[axis + 1] for axis, wanted in enumerate((side, side, channels)))
    return tensorflow().pad(plane, [[0, 0], [0, rows], [0, columns], [0, depth]])


# --- the detector's cascade ------------------------------------------------------------------------------------


class CascadeGraphs:
    """MTCNN's nets (Zhang et al., IEEE Signal Processing Letters 23(10), 2016), one traced graph each.

    Offsets are parts of the box's sides, for (left, top, right, bottom); landmarks are parts of them too, five x
    then five y. Boxes are (n, 4) float32, pixels of the picture; what a box covers outside of it is grey.
    """

    def __init__(self, weights: CascadeWeights) -> None:
        tf = tensorflow()
        canvas, picture = (tf.TensorSpec([None, None, 3], kind) for kind in (tf.float32, tf.uint8))
        asked = picture, tf.TensorSpec([None, 4], tf.float32), tf.TensorSpec([None], tf.bool)
        self._propose = _traced(lambda levels: _proposal(levels, weights.proposal), canvas)
        self._refine = _traced(lambda *of: _refinement(_patches(24, *of), weights.refinement), *asked)
        self._finish = _traced(lambda *of: _output(_patches(48, *of), weights.output), *asked)

    def propose(self, canvas: Floats) -> tuple[Floats, Floats]:
        """Offsets (rows, columns, 4) and face probability (rows, columns) of each 12 px window at steps of 2 px.

        canvas: (height, width, 3), both even, RGB from 0 to 255; negative where nothing is to be seen.
        """
        offsets, scores = self._propose(tensorflow().constant(canvas))
        return np.asarray(offsets), np.asarray(scores)

    def refine(self, picture: Pixels, boxes: Floats, turns: Turns) -> tuple[Floats, Floats]:
        """Offsets (n, 4) and face probability (n,); turns (n,): which of the picture's quarter turns a box is of."""
        offsets, scores = self._refine(*_asked(picture, boxes, turns))
        return np.asarray(offsets)[: len(boxes)], np.asarray(scores)[: len(boxes)]

    def finish(self, picture: Pixels, boxes: Floats, turns: Turns) -> tuple[Floats, Floats, Floats]:
        """Offsets (n, 4), landmarks (n, 10) and face probability (n,), all as the picture's quarter turn shows them."""
        answered = self._finish(*_asked(picture, boxes, turns))
        return tuple(np.asarray(output)[: len(boxes)] for output in answered)  # type: ignore[return-value]  # three


def _traced(net: Callable[..., Any], *signature: Any) -> Any:
    return tensorflow().function(net, input_signature=signature, autograph=False).get_concrete_function()


def _asked(picture: Pixels, boxes: Floats, turns: Turns) -> tuple[Any, Any, Any]:
    """What a net is given: the picture, parts of its height and width, and which of these lie on their side.

    np.rot90(picture, turns) is what a box is of; it is cut out of the picture itself, so that all turns go in one
    call. A part may begin at its far end; one of an odd turn is cut out with rows and columns exchanged. Boxes are
    repeated up to a round number: TensorFlow prepares a convolution anew for each number it meets.
    """
    turns = turns % 4
    odd = turns % 2 == 1
    height, width = picture.shape[:2]
    sides = np.where(odd[:, None], [height, width], [width, height])
    across, down = boxes[:, 0::2] / sides[:, :1], boxes[:, 1::2] / sides[:, 1:]
    rows, columns = np.where(odd[:, None], across, down), np.where(odd[:, None], down, across)
    rows = np.where(turns[:, None] >= 2, 1 - rows, rows)
    columns = np.where(np.isin(turns, (1, 2))[:, None], 1 - columns, columns)
    parts = np.stack([rows[:, 0], columns[:, 0], rows[:, 1], columns[:, 1]], axis=1)
    room = 1 << (len(boxes) - 1).bit_length() if len(boxes) <= ROUND else -(-len(boxes) // ROUND) * ROUND
    repeated = np.arange(room) % len(boxes)
    constant = tensorflow().constant
    return constant(picture), constant(parts[repeated], dtype="float32"), constant(odd[repeated])


def _proposal(canvas: Any, weights: Layers) -> tuple[Any, Any]:
    nn = tensorflow().nn
    plane = _sloped(_filtered(canvas[None], _normalising(*weights[0:2])), weights[2])
    # Where a level of odd sides ends only what there is is pooled, as where a picture of its own ends.
    beyond = tensorflow().cast(canvas[None, 2:, 2:, :1] < 0, "float32")
    plane = nn.max_pool2d(plane - BARRED * beyond, 2, 2, "VALID")
    plane = _sloped(_filtered(plane, weights[3:5]), weights[5])
    plane = _sloped(_filtered(plane, weights[6:8]), weights[8])
    kernel, biases = (
        np.concatenate([a, _preference(b)], -1) for a, b in zip(weights[9:11], weights[11:13], strict=True)
    )
    answered = _filtered(plane, (kernel, biases))[0]
    return answered[..., :4], nn.sigmoid(answered[..., 4])


def _normalising(kernel: Floats, biases: Floats) -> Layers:
    """The filters that give of plain pixels what these give of normal ones: one pass over the canvas less."""
    folded = biases - GREY / 128.0 * kernel.sum(axis=(0, 1, 2))
    return np.asarray(kernel / 128.0, np.float32), np.asarray(folded, np.float32)


def _preference(weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """Of two classes' weights, those whose sigmoid is the softmax of the second."""
    return weights[..., 1:] - weights[..., :1]


def _refinement(patches: Any, weights: Layers) -> tuple[Any, Any]:
    nn = tensorflow().nn
    plane = _sloped(_filtered(patches, weights[0:2]), weights[2])
    plane = nn.max_pool2d(plane, 3, 2, "SAME")
    plane = _sloped(_filtered(plane, weights[3:5]), weights[5])
    plane = nn.max_pool2d(plane, 3, 2, "VALID")
    plane = _sloped(_filtered(plane, weights[6:8]), weights[8])
    row = _sloped(_flat(plane) @ weights[9] + weights[10], weights[11])
    return row @ weights[12] + weights[13], _chance(row, *weights[14:16])


def _output(patches: Any, weights: Layers) -> tuple[Any, Any, Any]:
    nn = tensorflow().nn
    plane = _sloped(_filtered(patches, weights[0:2]), weights[2])
    plane = nn.max_pool2d(plane, 3, 2, "SAME")
    plane = _sloped(_filtered(plane, weights[3:5]), weights[5])
    plane = nn.max_pool2d(plane, 3, 2, "VALID")
    plane = _sloped(_filtered(plane, weights[6:8]), weights[8])
    plane = nn.max_pool2d(plane, 2, 2, "SAME")
    plane = _sloped(_filtered(plane, weights[9:11]), weights[11])
    row = _sloped(_flat(plane) @ weights[12] + weights[13], weights[14])
    return row @ weights[15] + weights[16], row @ weights[17] + weights[18], _chance(row, *weights[19:21])


def _chance(row: Any, kernel: NDArray[np.float32], biases: NDArray[np.float32]) -> Any:
    """Probability of the second of two classes."""
    return tensorflow().nn.sigmoid(row @ _preference(kernel) + _preference(biases))[:, 0]


def _normal(pixels: Any) -> Any:
    return (tensorflow().cast(pixels, "float32") - GREY) / 128.0


def _patches(side: int, picture: Any, parts: Any, lying: Any) -> Any:
    """Each part cut out and scaled to a square of `side` pixels; those that lie on their side set upright."""
    tf = tensorflow()
    first = tf.zeros([tf.shape(parts)[0]], tf.int32)
    cut = tf.image.crop_and_resize(picture[None], parts, first, [side, side], extrapolation_value=GREY)
    return _normal(tf.where(lying[:, None, None, None], tf.transpose(cut, [0, 2, 1, 3]), cut))


def _filtered(plane: Any, weights: Layers) -> Any:
    nn = tensorflow().nn
    kernel, biases = weights
    return nn.bias_add(nn.conv2d(plane, kernel, 1, "VALID"), biases)


def _sloped(values: Any, slopes: NDArray[np.float32]) -> Any:
    """PReLU: negative values times their channel's slope."""
    tf = tensorflow()
    return values + (slopes.reshape(-1) - 1.0) * tf.minimum(values, 0.0)


def _flat(plane: Any) -> Any:
    """Columns before rows, the order in which the original net was trained."""
    tf = tensorflow()
    _, rows, columns, channels = plane.shape
    return tf.reshape(tf.transpose(plane, [0, 2, 1, 3]), [-1, rows * columns * channels])
