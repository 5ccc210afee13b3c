"""The second door to DeepFace: its embedding nets other than dlib's, each as its manifest describes it.

DeepFace builds the net and loads the weights; alignment, unit length and the mean of several frames are ours, and
nothing is downloaded: the weights are verified in the place where DeepFace looks for them before it is asked.
"""

import importlib
import os
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from server.domain.model_errors import WeightsUnverified
from server.face.pulled import WeightsHome
from server.face.weights import Manifest

_ENVIRONMENT = {
    "DEEPFACE_BACKEND_ENGINE": "tensorflow",
    "DEEPFACE_LOG_LEVEL": "50",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TF_USE_LEGACY_KERAS": "1",
}

Run = Callable[[NDArray[np.float32]], Any]


class DeepFaceEmbedder:
    """One embedding net of DeepFace's. One call at a time: its objects do not bear sharing."""

    def __init__(self, manifest: Manifest, home: Path) -> None:
        """manifest: of pulled weights. Raises WeightsUnverified when these are not those of the manifest."""
        WeightsHome(home).verified(manifest)
        os.environ.update(_ENVIRONMENT, DEEPFACE_HOME=str(home))
        # Not before: the variables above are read on import.
        modeling = importlib.import_module("deepface.modules.modeling")
        self._preprocessing: Any = importlib.import_module("deepface.modules.preprocessing")
        self._normalisation = manifest.normalisation or "base"
        self._lock = threading.Lock()
        self._run = _runner(_built(modeling, manifest))

    def embed(self, chips: Sequence[NDArray[np.uint8]]) -> NDArray[np.float64]:
        """The net's output, (n, dimension), for n aligned RGB chips of the manifest's side; not of unit length."""
        batch = np.stack([self._prepared(chip) for chip in chips])
        with self._lock:
            output = self._run(batch)
        return np.asarray(output, np.float64).reshape(len(chips), -1)

    def _prepared(self, chip: NDArray[np.uint8]) -> NDArray[np.float32]:
        """As DeepFace gives a face to a net: BGR, scaled to 0-1, then normalised by the named way."""
        scaled = chip[..., ::-1].astype(np.float32) / np.float32(255)
        return np.asarray(self._preprocessing.normalize_input(scaled, self._normalisation), np.float32)


def _built(modeling: Any, manifest: Manifest) -> Any:
    """DeepFace's client of the model, which must take the chips and give the templates that the manifest says."""
    try:
        client = modeling.get_model_class("facial_recognition", manifest.deepface)()
    except ValueError as error:  # what DeepFace raises for weights that do not fit its net
        raise WeightsUnverified(f"The weights of {manifest.name} do not fit the net {manifest.deepface}.") from error
    side = manifest.alignment.side if manifest.alignment else 0
    if tuple(client.input_shape) != (side, side) or client.output_shape != manifest.dimension:
        raise WeightsUnverified(f"The manifest of {manifest.name} is not of the net {manifest.deepface}.")
    return client


def _runner(client: Any) -> Run:
    """The net as a call. Keras' own `predict_on_batch`, which DeepFace uses for several chips, is slow for two."""
    if hasattr(client, "predict"):  # a graph of ONNX
        return cast("Run", client.predict)
    return lambda batch: client.model(batch, training=False).numpy()
