"""Weights drawn from a seed for the nets that DeepFace builds, in the files it loads.

The nets of TensorFlow are built by DeepFace's own code. DeepFace has no code for SFace's net, only its published graph:
a small graph with the same input and output stands for it, written as ONNX by hand.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

SEED = 20260311
SIDE, CHANNELS, STRIDE, KERNELS, DIMENSION = 112, 3, 7, 8, 128


def draw(model: str, file: Path) -> None:
    """Write seeded weights of `model` to `file`."""
    file.parent.mkdir(parents=True, exist_ok=True)
    if model == "SFace":
        file.write_bytes(_graph())
        return
    keras: Any = importlib.import_module("tensorflow.keras")
    keras.utils.set_random_seed(SEED)
    BUILDERS[model](keras).save_weights(str(file))


def _facenet(_keras: Any) -> Any:
    return _module("Facenet").InceptionResNetV1(dimension=512)


def _ghost(_keras: Any) -> Any:
    return _module("GhostFaceNet").GhostFaceNetV1()


def _arcface(keras: Any) -> Any:
    """DeepFace's ResNet34 under the head that its `load_model` puts on it before it asks for the weights."""
    base = _module("ArcFace").ResNet34()
    layers = keras.layers
    features = layers.BatchNormalization(momentum=0.9, epsilon=2e-5)(base.outputs[0])
    features = layers.Flatten()(layers.Dropout(0.4)(features))
    features = layers.Dense(512, kernel_initializer="glorot_normal")(features)
    return keras.models.Model(base.inputs[0], layers.BatchNormalization(name="embedding")(features))


def _module(name: str) -> Any:
    return importlib.import_module(f"deepface.models.facial_recognition.tf.{name}")


BUILDERS: dict[str, Callable[[Any], Any]] = {"Facenet512": _facenet, "GhostFaceNet": _ghost, "ArcFace": _arcface}


# --- ONNX, as protocol buffers on the wire: field numbers of onnx.proto -----------------------------------------------


def _graph() -> bytes:
    rng = np.random.default_rng(SEED)
    cells = KERNELS * (SIDE // STRIDE) ** 2
    kernels = rng.standard_normal((KERNELS, CHANNELS, STRIDE, STRIDE)) / 500
    matrix = rng.standard_normal((cells, DIMENSION)) / np.sqrt(cells)
    strides = _text(1, "strides") + _number(8, STRIDE) + _number(8, STRIDE) + _number(20, 7)
    nodes = [
        _node("Conv", ["data", "kernels"], "cells", strides),
        _node("Flatten", ["cells"], "row"),
        _node("MatMul", ["row", "matrix"], "fc1"),
    ]
    graph = b"".join(_bytes(1, node) for node in nodes) + _text(2, "stand-in")
    graph += _bytes(5, _tensor("kernels", kernels)) + _bytes(5, _tensor("matrix", matrix))
    graph += _bytes(11, _value("data", [1, CHANNELS, SIDE, SIDE])) + _bytes(12, _value("fc1", [1, DIMENSION]))
    return _number(1, 8) + _bytes(7, graph) + _bytes(8, _text(1, "") + _number(2, 13))


def _node(kind: str, inputs: Sequence[str], output: str, *attributes: bytes) -> bytes:
    parts = [_text(1, name) for name in inputs] + [_text(2, output), _text(4, kind)]
    return b"".join(parts + [_bytes(5, attribute) for attribute in attributes])


def _tensor(name: str, values: Any) -> bytes:
    dimensions = b"".join(_number(1, size) for size in values.shape)
    return dimensions + _number(2, 1) + _text(8, name) + _bytes(9, values.astype("<f4").tobytes())


def _value(name: str, shape: Sequence[int]) -> bytes:
    dimensions = b"".join(_bytes(1, _number(1, size)) for size in shape)
    return _text(1, name) + _bytes(2, _bytes(1, _number(1, 1) + _bytes(2, dimensions)))


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _text(field: int, value: str) -> bytes:
    return _bytes(field, value.encode())


def _bytes(field: int, value: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*encoded, value])
