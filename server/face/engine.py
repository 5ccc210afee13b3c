"""Encoded photographs to a template: decode, detect, align, embed, fuse."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from server.domain.errors import ImageCountInvalid, Unavailable, WeightsUnverified
from server.domain.face import Box, Template
from server.face.align import CHIP_SIDE, chip_of
from server.face.decode import decode
from server.face.deepface_backend import DeepFaceNets
from server.face.deepface_models import DeepFaceEmbedder, ModelNets
from server.face.detect import Detector, box_of, only_face
from server.face.fuse import fused, unit
from server.face.portrait import portrait
from server.face.weights import Calibration, Manifest

DETECTOR = "mtcnn"
EMBEDDER = "dlib-resnet"
MOST_FRAMES = 5


class Nets(Detector, Protocol):
    """The nets an engine runs; safe to call from several threads."""

    def embed(self, chips: Sequence[NDArray[np.uint8]]) -> NDArray[np.float64]:
        """The output, (n, dimension), for n aligned RGB chips of the manifest's side."""


@dataclass(frozen=True, slots=True)
class Stages:
    """Where the time of one frame went, in seconds."""

    decode: float
    detect: float
    align: float
    embed: float


class Engine:
    """The port FaceEngine over one embedding model. Probes and references take exactly this path."""

    def __init__(self, nets: Nets, manifest: Manifest) -> None:
        """manifest: the embedding model's; raises WeightsUnverified when it lacks points or calibration."""
        if manifest.alignment is None or manifest.calibration is None:
            raise WeightsUnverified(f"The manifest of {manifest.name} lacks fixed points or calibration.")
        self._nets = nets
        self._alignment = manifest.alignment
        self._looked_at = manifest.alignment.scaled(CHIP_SIDE)
        self.model = manifest.model_id
        self.calibration: Calibration = manifest.calibration

    @classmethod
    def load(cls, manifests: Path, home: Path, model: str = EMBEDDER, stand_in: Calibration | None = None) -> Self:
        """Build the engine of `model` from the folder of manifests and a writable folder for the verified weights.

        stand_in: the calibration of a model whose manifest has none, to measure one with; nothing is searched by it.
        Takes seconds: TensorFlow is imported here. Raises ModelUnknown or WeightsUnverified.
        """
        embedder = Manifest.named(manifests, model)
        embedder = replace(embedder, calibration=embedder.calibration or stand_in)
        detector = Manifest.read(manifests / f"{DETECTOR}.toml")
        nets = DeepFaceNets(detector, Manifest.read(manifests / f"{EMBEDDER}.toml"), home)
        if model == EMBEDDER:
            return cls(nets, embedder)
        return cls(ModelNets(nets, DeepFaceEmbedder(embedder, home)), embedder)

    def template_of(self, images: Sequence[bytes]) -> Template:
        """The template of the one person on 1-5 photographs (JPEG, PNG, WebP).

        Raises ImageCountInvalid, ImageUnreadable, ImageTooLarge, ImageTooSmall, ImageAnimated, FaceNotFound,
        SeveralFaces or FramesDisagree.
        """
        if not 1 <= len(images) <= MOST_FRAMES:
            raise ImageCountInvalid
        vectors = [self.embedded(image)[0] for image in images]
        return Template(self.model, fused(vectors, self.calibration.agreement))

    def portrait_of(self, image: bytes) -> bytes:
        """The photograph as it is kept and shown: upright JPEG, at most 1280 px, without metadata.

        Raises what template_of raises of a single file.
        """
        return portrait(image)

    def place_of(self, image: bytes) -> tuple[Box, int]:
        """Bounds of the only face in pixels of the upright photograph, and the quarter turns, 0 to 3, counter-clockwise
        after which that face stands upright; raises what template_of raises of a single file."""
        photograph = decode(image)
        face = only_face(self._nets, photograph, self._looked_at)
        return box_of(face.seen.bounds * photograph.shrink), face.turn

    def embedded(self, image: bytes) -> tuple[NDArray[np.float64], Stages]:
        """The unit vector of one photograph's only face, and where the time went; raises as template_of."""
        began = time.perf_counter()
        photograph = decode(image)
        decoded = time.perf_counter()
        face = only_face(self._nets, photograph, self._looked_at)
        detected = time.perf_counter()
        aligned_at = self._alignment
        chip = chip_of(photograph.pixels, face.seen.landmarks, aligned_at.fixed_points, side=aligned_at.side)
        aligned = time.perf_counter()
        vector = self._vector(chip)
        ended = time.perf_counter()
        return vector, Stages(decoded - began, detected - decoded, aligned - detected, ended - aligned)

    def _vector(self, chip: NDArray[np.uint8]) -> NDArray[np.float64]:
        """The unit vector of a chip and its mirror image together: fewer strangers score high that way."""
        plain, mirrored = self._nets.embed([chip, chip[:, ::-1]])
        return unit(unit(plain) + unit(mirrored))

    def ping(self) -> None:
        """Raise Unavailable when the nets do not answer as they should."""
        blank = np.zeros((self._alignment.side, self._alignment.side, 3), np.uint8)
        if not np.isfinite(self._nets.embed([blank])).all():
            raise Unavailable
