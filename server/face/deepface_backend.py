"""The one door to DeepFace and TensorFlow.

Two nets of DeepFace's are used: its MTCNN detector (five landmarks, TensorFlow) and its Dlib model (128
components). Both are fetched from DeepFace's own registry, but called below its convenience layer, which
rounds landmarks to whole pixels, drops the corners of the mouth and aligns by the eyes alone.
TensorFlow takes seconds to load, so nothing of it is imported before a DeepFaceNets is made.
"""

import importlib
import os
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from server.face.landmarks import Detection
from server.face.weights import Manifest, place, verified_files

_ENVIRONMENT = {
    "DEEPFACE_BACKEND_ENGINE": "tensorflow",
    "DEEPFACE_LOG_LEVEL": "50",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TF_USE_LEGACY_KERAS": "1",
}


@contextmanager
def _native_stderr_muted() -> Iterator[None]:
    """TensorFlow's C++ side greets on file descriptor 2 before any of its log settings apply."""
    sys.stderr.flush()
    kept = os.dup(2)
    silence = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(silence, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(silence)
        os.close(kept)


class DeepFaceNets:
    """Detector and embedding net. One call at a time: neither TensorFlow's nor dlib's objects bear sharing."""

    def __init__(self, detector: Manifest, embedder: Manifest, home: Path) -> None:
        """Verify the weights, place them under `home` where DeepFace looks for them, and build the nets.

        Nothing is downloaded: DeepFace only does so when the file is not in its place. Raises
        WeightsUnverified.
        """
        verified_files(detector)
        for file in verified_files(embedder):
            place(file, home / ".deepface" / "weights")
        os.environ.update(_ENVIRONMENT, DEEPFACE_HOME=str(home))
        self._lock = threading.Lock()
        with _native_stderr_muted():
            # Not before: the variables above are read on import.
            modeling = importlib.import_module("deepface.modules.modeling")
            self._detector: Any = modeling.get_model_class("face_detector", "mtcnn")().model
            self._embedder: Any = modeling.get_model_class("facial_recognition", "Dlib")()

    def detect(self, pictures: Sequence[NDArray[np.uint8]]) -> list[list[Detection]]:
        """Faces in each of several RGB pictures of one shape, by one pass of the cascade."""
        batch = [np.ascontiguousarray(picture) for picture in pictures]
        with self._lock:
            found = self._detector.detect_faces(batch, output_type="numpy", box_format="xyxy")
        rows = np.asarray(found, np.float64).reshape(-1, 16)
        return [[_detection(row) for row in rows[rows[:, 0] == index]] for index in range(len(batch))]

    def embed(self, chips: Sequence[NDArray[np.uint8]]) -> NDArray[np.float64]:
        """The net's output, (n, dimension), for n aligned RGB chips of 150 x 150 pixels; not of unit length."""
        # DeepFace's convention is BGR; its client turns the channels round again for dlib.
        batch = np.stack(chips)[..., ::-1]
        with self._lock:
            output = self._embedder.forward(batch)
        return np.asarray(output, np.float64).reshape(len(chips), -1)


def _detection(row: NDArray[np.float64]) -> Detection:
    """One row of MTCNN: index, left, top, right, bottom, certainty, five x, five y."""
    return Detection(bounds=row[1:5], landmarks=np.column_stack([row[6:11], row[11:16]]))
