"""Encoded photographs to a template: decode, detect, align, embed, fuse."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from server.domain.capture import Agreement, Likeness, Sample
from server.domain.errors import Unavailable
from server.domain.face import Box, NamedFace, Template
from server.domain.image_errors import FramesDisagree, ImageCountInvalid, ImageRefused
from server.domain.model_errors import WeightsUnverified
from server.domain.quality import Component, Quality, best
from server.face.align import chip_of
from server.face.cascade import CascadeNets
from server.face.decode import Photograph, decode
from server.face.deepface_backend import DeepFaceEmbedder
from server.face.detect import box_of, only_face
from server.face.embed import Embedder, ResidualEmbedder
from server.face.fuse import agreement, fused, unit
from server.face.graphs import CascadeGraphs
from server.face.limits import Limits
from server.face.looks import Face
from server.face.mtcnn_file import read_cascade
from server.face.portrait import portrait
from server.face.quality import assess
from server.face.recapture import recaptured
from server.face.weights import Calibration, Manifest, verified_files

DETECTOR: Final = "mtcnn"
EMBEDDER: Final = "dlib-resnet"
MOST_FRAMES: Final = 5

SIDE_BY_SIDE: Final = 4
"""Photographs of many that are decoded and searched for faces at once. TensorFlow and the decoders let go of Python's
lock, and on two cores four were the fastest of one to four."""


@dataclass(frozen=True, slots=True)
class Stages:
    """Where the time of one frame went, in seconds."""

    decode: float
    detect: float
    align: float
    embed: float


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One photograph with the face that is meant, and that face's aligned chip."""

    photograph: Photograph
    face: Face
    chip: NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """One of many photographs before it is embedded."""

    chip: NDArray[np.uint8]
    quality: Quality
    portrait: bytes


class Engine:
    """The port FaceEngine over one embedding model. Probes and references take exactly this path."""

    def __init__(self, cascade: CascadeNets, embedder: Embedder, manifest: Manifest, limits: Limits) -> None:
        """manifest: the embedding model's; raises WeightsUnverified when it lacks points or calibration."""
        if manifest.alignment is None or manifest.calibration is None:
            raise WeightsUnverified(f"The manifest of {manifest.name} lacks fixed points or calibration.")
        self._cascade = cascade
        self._embedder = embedder
        self._alignment = manifest.alignment
        self._limits = limits
        self.model = manifest.model_id
        self.calibration: Calibration = manifest.calibration

    @classmethod
    def load(cls, manifests: Path, home: Path, model: str = EMBEDDER, stand_in: Calibration | None = None) -> Self:
        """Build the engine of `model` from the folder of manifests and the home with pulled weights.

        stand_in: the calibration of a model whose manifest has none, to measure one with; nothing is searched by it.
        Takes seconds: TensorFlow is imported here. Raises ModelUnknown or WeightsUnverified.
        """
        manifest = Manifest.named(manifests, model)
        manifest = replace(manifest, calibration=manifest.calibration or stand_in)
        detector = Manifest.read(manifests / f"{DETECTOR}.toml")
        cascade = CascadeGraphs(read_cascade(verified_files(detector)))
        embedder = ResidualEmbedder(manifest) if model == EMBEDDER else DeepFaceEmbedder(manifest, home)
        return cls(cascade, embedder, manifest, Limits.read(manifests))

    def sample_of(self, images: Sequence[bytes], named: Sequence[NamedFace] = ()) -> Sample:
        """Template and quality of the one person on 1-5 photographs (JPEG, PNG, WebP).

        named: of photographs with several faces, which one is meant. Raises ImageCountInvalid, ImageUnreadable,
        ImageTooLarge, ImageTooSmall, ImageAnimated, FaceNotFound, SeveralFaces, FaceNotNamed or FramesDisagree.
        """
        frames = self._frames(images, named)
        qualities = [self._quality(frame) for frame in frames]
        template, agreed = self._template(frames, [quality.weight for quality in qualities])
        recapture = any(self._recaptured(*one) for one in zip(frames, qualities, strict=True))
        return Sample(template, best(qualities), recapture, agreed)

    def template_of(self, images: Sequence[bytes]) -> Template:
        """The template alone, of photographs whose quality was judged before; raises as `sample_of`."""
        frames = self._frames(images)
        weights = [self._quality(frame).weight for frame in frames] if len(frames) > 1 else [1.0]
        template, _ = self._template(frames, weights)
        return template

    def likenesses_of(self, images: Sequence[bytes]) -> list[Likeness | ImageRefused]:
        """Of photographs for the gallery, each by itself: in their order what was made of it, or why it was refused.

        They are decoded and searched for faces side by side, and their chips embedded together.
        """
        with ThreadPoolExecutor(SIDE_BY_SIDE) as workers:
            seen = list(workers.map(self._seen, images))
        vectors = iter(self.vectors_of([one.chip for one in seen if isinstance(one, _Seen)]))
        return [self._likeness(one, next(vectors)) if isinstance(one, _Seen) else one for one in seen]

    def portrait_of(self, image: bytes) -> bytes:
        """The photograph as it is kept and shown: upright JPEG, at most 1280 px, without metadata.

        Raises what template_of raises of a single file.
        """
        return portrait(decode(image))

    def place_of(self, image: bytes) -> tuple[Box, int]:
        """Bounds of the only face in pixels of the upright photograph, and the quarter turns, 0 to 3, counter-clockwise
        after which that face stands upright; raises what template_of raises of a single file."""
        photograph = decode(image)
        face = only_face(self._cascade, photograph)
        return box_of(face, photograph), round(face.roll / 90) % 4

    def embedded(self, image: bytes) -> tuple[NDArray[np.float64], Stages]:
        """The unit vector of one photograph's only face, and where the time went; raises as template_of."""
        began = time.perf_counter()
        photograph = decode(image)
        decoded = time.perf_counter()
        face = only_face(self._cascade, photograph)
        detected = time.perf_counter()
        chip = self._chip(photograph, face)
        aligned = time.perf_counter()
        (vector,) = self.vectors_of([chip])
        ended = time.perf_counter()
        return vector, Stages(decoded - began, detected - decoded, aligned - detected, ended - aligned)

    def frame_of(self, photograph: Photograph, named: Box | None = None, number: int = 0) -> Frame:
        """The face that is meant on photograph `number` of a probe; raises FaceNotFound, SeveralFaces, FaceNotNamed."""
        face = only_face(self._cascade, photograph, named, number)
        return Frame(photograph, face, self._chip(photograph, face))

    def vectors_of(self, chips: Sequence[NDArray[np.uint8]]) -> list[NDArray[np.float64]]:
        """The unit vector of each chip and its mirror image together: fewer strangers score high that way."""
        if not chips:
            return []
        outputs = self._embedder.embed([side for chip in chips for side in (chip, chip[:, ::-1])])
        return [unit(unit(plain) + unit(mirrored)) for plain, mirrored in zip(outputs[::2], outputs[1::2], strict=True)]

    def _frames(self, images: Sequence[bytes], named: Sequence[NamedFace] = ()) -> list[Frame]:
        if not 1 <= len(images) <= MOST_FRAMES:
            raise ImageCountInvalid
        boxes = {choice.image: choice.box for choice in named}
        return [self.frame_of(decode(image), boxes.get(number), number) for number, image in enumerate(images)]

    def _template(self, frames: Sequence[Frame], weights: Sequence[float]) -> tuple[Template, Agreement | None]:
        vectors = self.vectors_of([frame.chip for frame in frames])
        agreed = self._agreement(vectors)
        return Template(self.model, fused(vectors, weights)), agreed

    def _seen(self, image: bytes) -> _Seen | ImageRefused:
        """What is kept of a photograph until it is embedded: not its pixels, for there may be many."""
        try:
            frame = self.frame_of(decode(image))
        except ImageRefused as refused:
            return refused
        return _Seen(frame.chip, self._quality(frame), portrait(frame.photograph))

    def _likeness(self, seen: _Seen, vector: NDArray[np.float64]) -> Likeness:
        return Likeness(Template(self.model, fused([vector], [1.0])), seen.quality, seen.portrait)

    def _agreement(self, vectors: Sequence[NDArray[np.float64]]) -> Agreement | None:
        """Raises FramesDisagree."""
        if len(vectors) == 1:
            return None
        least = agreement(vectors)
        if least < self.calibration.agreement:
            raise FramesDisagree
        return Agreement.CLEAR if least >= self.calibration.threshold else Agreement.WEAK

    def _quality(self, frame: Frame) -> Quality:
        return assess(frame.photograph, frame.face.seen.landmarks, self._limits.quality)

    def _recaptured(self, frame: Frame, quality: Quality) -> bool:
        sharpness = quality[Component.SHARPNESS].grade
        return recaptured(frame.photograph.pixels, frame.face.seen.bounds, sharpness, self._limits.recapture).hinted

    def _chip(self, photograph: Photograph, face: Face) -> NDArray[np.uint8]:
        points, side = self._alignment.fixed_points, self._alignment.side
        return chip_of(photograph.pixels, face.seen.landmarks, points, side)

    def ping(self) -> None:
        """Raise Unavailable when the nets do not answer as they should."""
        blank = np.zeros((self._alignment.side, self._alignment.side, 3), np.uint8)
        if not np.isfinite(self._embedder.embed([blank])).all():
            raise Unavailable
