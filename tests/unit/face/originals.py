"""The nets that our graphs must equal, as others publish them: DeepFace's Dlib model and the package `mtcnn`."""

import importlib
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from server.face.landmarks import Detection
from server.face.weights import Manifest, place, verified_files, weights_folder

_ENVIRONMENT = {"DEEPFACE_BACKEND_ENGINE": "tensorflow", "DEEPFACE_LOG_LEVEL": "50", "TF_USE_LEGACY_KERAS": "1"}


@contextmanager
def _environment(**more: str) -> Iterator[None]:
    """Read on import, and by TensorFlow once for the whole process: both originals are built under the same."""
    before = dict(os.environ)
    os.environ.update(_ENVIRONMENT, **more)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def deepface_dlib(manifest: Manifest, home: Path) -> Any:
    """DeepFace's client of dlib's net. Its weights are put where DeepFace looks, so that it downloads nothing."""
    for file in verified_files(manifest):
        place(file, weights_folder(home))
    with _environment(DEEPFACE_HOME=str(home)):
        return importlib.import_module("deepface.modules.modeling").get_model_class("facial_recognition", "Dlib")()


def embedded_by(client: Any, chips: Sequence[NDArray[np.uint8]]) -> NDArray[np.float64]:
    """DeepFace's outputs, (n, 128). Its convention is BGR; its client turns the channels round again for dlib."""
    return np.asarray(client.forward(np.stack(chips)[..., ::-1]), np.float64).reshape(len(chips), -1)


def mtcnn_package() -> Any:
    with _environment():
        return importlib.import_module("mtcnn").MTCNN()


def found_by(package: Any, picture: NDArray[np.uint8]) -> list[Detection]:
    """The package's faces, best first. A row: picture, left, top, right, bottom, probability, five x, five y."""
    rows = package.detect_faces([picture], output_type="numpy", box_format="xyxy")
    return [
        Detection(row[1:5], np.column_stack([row[6:11], row[11:16]]))
        for row in np.reshape(rows, (-1, 16)).astype(float)
    ]
