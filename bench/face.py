"""Accuracy and speed of the face engine beside DeepFace as shipped, on research photographs.

OIFR_TEST_FACES names a folder NNN/VH.jpg: one frontal (33) of each subject is the gallery, other views are the
probes. Only numbers leave this file.
"""

import io
import os
import tempfile
import time
from collections.abc import Sequence
from dataclasses import astuple, fields
from importlib import import_module
from pathlib import Path
from statistics import median
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from server.domain.errors import ImageRefused
from server.face.engine import Engine, Stages

MODELS = Path(__file__).resolve().parents[1] / "models"
GALLERY_VIEW = "33"
PROBE_VIEWS = {"34": "tilt -30", "32": "tilt +30", "23": "yaw -45", "43": "yaw +45"}
TURNED_VIEW = "43"
QUARTER_TURNS = (1, 2, 3)

Vector = NDArray[np.float64]
Row = list[Vector | None]
"""One vector a subject, in the gallery's order; None where no face was found."""


class Pipeline(Protocol):
    """Encoded photograph to unit vector, keeping the seconds each one took."""

    seconds: list[float]

    def vector(self, image: bytes) -> Vector | None: ...


class Ours:
    """The engine, keeping where its time went."""

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


class AsShipped:
    """DeepFace.represent with the same detector and the same net, and its own alignment."""

    def __init__(self) -> None:
        self._represent: Any = import_module("deepface.DeepFace").represent
        self.seconds: list[float] = []

    def vector(self, image: bytes) -> Vector | None:
        began = time.perf_counter()
        pixels = cv2.imdecode(np.frombuffer(image, np.uint8), cv2.IMREAD_COLOR)
        try:
            faces = self._represent(pixels, model_name="Dlib", detector_backend="mtcnn", max_faces=1)
        except ValueError:  # its word for "no face"
            return None
        self.seconds.append(time.perf_counter() - began)
        vector = np.asarray(faces[0]["embedding"], np.float64)
        return np.asarray(vector / np.linalg.norm(vector))


def main() -> None:
    """Print the comparison, or why there is none."""
    folder = Path(os.environ.get("OIFR_TEST_FACES") or "absent")
    if not folder.is_dir():
        print("face: no figures; set OIFR_TEST_FACES to a folder of research photographs NNN/VH.jpg")
        return
    subjects = sorted(path for path in folder.iterdir() if (path / f"{GALLERY_VIEW}.jpg").is_file())
    with tempfile.TemporaryDirectory() as home:
        compare(subjects, Ours(Engine.load(MODELS, Path(home))), AsShipped())


def compare(subjects: Sequence[Path], ours: Ours, shipped: AsShipped) -> None:
    """Both pipelines see each photograph in turn, so that a busy machine slows both."""
    print(f"face: {len(subjects)} frontals enrolled; rank-1 / probes, failures to acquire (fta)")
    print(f"{'probes':18}{'OIFR':>16}{'DeepFace as shipped':>24}")
    galleries = rows_of([photo(subject, GALLERY_VIEW) for subject in subjects], ours, shipped)
    total: list[tuple[Row, Row]] = []
    for view, words in PROBE_VIEWS.items():
        rows = rows_of([photo(subject, view) for subject in subjects], ours, shipped)
        print_line(words, galleries, [rows])
        total.append(rows)
    print_line("all upright", galleries, total)
    print_times(ours, shipped)
    print_turned(subjects, galleries, ours, shipped)


def print_turned(subjects: Sequence[Path], galleries: tuple[Row, Row], ours: Pipeline, shipped: Pipeline) -> None:
    for turns in QUARTER_TURNS:
        images = [turned(photo(subject, TURNED_VIEW), turns) for subject in subjects]
        words = f"{PROBE_VIEWS[TURNED_VIEW]}, turned {90 * turns}"
        print_line(words, galleries, [rows_of(images, ours, shipped)])


def print_line(words: str, galleries: tuple[Row, Row], blocks: Sequence[tuple[Row, Row]]) -> None:
    cells = [outcome(gallery, [row[number] for row in blocks]) for number, gallery in enumerate(galleries)]
    print(f"{words:18}{cells[0]:>16}{cells[1]:>24}", flush=True)


def outcome(gallery: Row, rows: Sequence[Row]) -> str:
    """Rank-1 of rows of probes; a probe or a reference without a face counts as a failure."""
    templates = np.stack([np.zeros(128) if vector is None else vector for vector in gallery])
    first = sum(
        int(np.argmax(templates @ probe)) == subject
        for row in rows
        for subject, probe in enumerate(row)
        if probe is not None
    )
    missed = sum(probe is None for row in rows for probe in row)
    return f"{first}/{sum(map(len, rows))} fta {missed}"


def print_times(ours: Ours, shipped: AsShipped) -> None:
    """Medians in milliseconds, upright probes."""
    mine, theirs = median(ours.seconds), median(shipped.seconds)
    print(f"{'median, ms':18}{mine * 1e3:16.0f}{theirs * 1e3:24.0f}   ratio {mine / theirs:.2f}")
    for number, stage in enumerate(fields(Stages)):
        print(f"  {stage.name:16}{median(astuple(stages)[number] for stages in ours.stages) * 1e3:16.1f}")


def rows_of(images: Sequence[bytes], ours: Pipeline, shipped: Pipeline) -> tuple[Row, Row]:
    pairs = [(ours.vector(image), shipped.vector(image)) for image in images]
    return [pair[0] for pair in pairs], [pair[1] for pair in pairs]


def photo(subject: Path, view: str) -> bytes:
    return (subject / f"{view}.jpg").read_bytes()


def turned(image: bytes, turns: int) -> bytes:
    """The photograph after quarter turns, without loss."""
    with Image.open(io.BytesIO(image)) as upright:
        buffer = io.BytesIO()
        upright.rotate(90 * turns, expand=True).save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


if __name__ == "__main__":
    main()
