"""The engine and its peers as one thing: an encoded photograph goes in, a unit vector or nobody comes out."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import astuple
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from server.domain.image_errors import ImageRefused
from server.face.engine import Engine, Stages
from server.face.weights import Manifest, place, verified_files, weights_folder

MODELS = Path(__file__).resolve().parents[1] / "models"

Vector = NDArray[np.float64]


class Pipeline(Protocol):
    """`seconds` keeps what each photograph took, in the order they were given."""

    name: str
    seconds: list[float]

    def vector(self, image: bytes) -> Vector | None:
        """None where no face was found."""


class Ours:
    """The engine, keeping where its time went."""

    name = "OIFR"

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.seconds: list[float] = []
        self.stages: list[Stages] = []

    def vector(self, image: bytes) -> Vector | None:
        try:
            vector, stages = self._engine.embedded(image)
        except ImageRefused:
            return None
        self.stages.append(stages)
        self.seconds.append(sum(astuple(stages)))
        return vector


class DeepFaceAsShipped:
    """DeepFace.represent with the same detector and the same net, and its own alignment."""

    name = "DeepFace"

    def __init__(self, home: Path) -> None:
        """home: a folder where DeepFace finds the weights, which it would download otherwise."""
        (file,) = verified_files(Manifest.named(MODELS, "dlib-resnet"))
        place(file, weights_folder(home))
        os.environ.update(DEEPFACE_HOME=str(home), DEEPFACE_LOG_LEVEL="50", TF_USE_LEGACY_KERAS="1")
        # Not before: the variables above are read on import.
        self._represent: Any = import_module("deepface.DeepFace").represent
        self.seconds: list[float] = []

    def vector(self, image: bytes) -> Vector | None:
        with _timed(self.seconds):
            pixels = cv2.imdecode(np.frombuffer(image, np.uint8), cv2.IMREAD_COLOR)
            try:
                faces = self._represent(pixels, model_name="Dlib", detector_backend="mtcnn", max_faces=1)
            except ValueError as error:
                if "could not be detected" not in str(error):
                    raise
                return None
        return _unit(faces[0]["embedding"])


class FaceRecognition:
    """What face_recognition.face_encodings does with its defaults, by the same calls of dlib.

    The package itself opens a landmark file that is not free for commercial use as soon as it is imported, so it is
    not: HOG detector at one doubling, five landmarks, dlib's chip, dlib's net, one jitter.
    """

    name = "face_recognition"

    def __init__(self) -> None:
        dlib: Any = import_module("dlib")
        folder = _models_of_face_recognition()
        self._detect = dlib.get_frontal_face_detector()
        self._landmarks = dlib.shape_predictor(str(folder / "shape_predictor_5_face_landmarks.dat"))
        self._embed = dlib.face_recognition_model_v1(str(folder / "dlib_face_recognition_resnet_model_v1.dat"))
        self.seconds: list[float] = []

    def vector(self, image: bytes) -> Vector | None:
        with _timed(self.seconds):
            pixels = cv2.cvtColor(cv2.imdecode(np.frombuffer(image, np.uint8), cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)
            faces = self._detect(pixels, 1)
            if not faces:
                return None
            largest = max(faces, key=lambda face: face.area())
            output = self._embed.compute_face_descriptor(pixels, self._landmarks(pixels, largest), 1)
        return _unit(output)


def _models_of_face_recognition() -> Path:
    """Located without importing the package, which needs a module that newer set-ups lack."""
    spec = find_spec("face_recognition_models")
    assert spec is not None
    assert spec.submodule_search_locations
    return Path(spec.submodule_search_locations[0]) / "models"


@contextmanager
def _timed(seconds: list[float]) -> Iterator[None]:
    began = time.perf_counter()
    yield
    seconds.append(time.perf_counter() - began)


def _unit(values: Any) -> Vector:
    vector = np.asarray(values, np.float64)
    return np.asarray(vector / np.linalg.norm(vector))
