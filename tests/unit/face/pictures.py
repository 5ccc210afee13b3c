"""Photographs for the tests of the face engine: real where they are at hand, never copied anywhere."""

import importlib.util
import io
import json
import os
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]
DEMO = Path(__file__).resolve().parents[3] / "server" / "demo"


def encoded(pixels: Pixels, kind: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(buffer, kind, **options)
    return buffer.getvalue()


def pixels_of(path: Path) -> Pixels:
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


def turned(pixels: Pixels, degrees: float) -> Pixels:
    """The whole picture turned counter-clockwise, on grey."""
    height, width = pixels.shape[:2]
    turn = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), degrees, 1.0)
    cosine, sine = abs(turn[0, 0]), abs(turn[0, 1])
    wide, high = round(width * cosine + height * sine), round(width * sine + height * cosine)
    turn[:, 2] += [(wide - width) / 2, (high - height) / 2]
    return np.asarray(cv2.warpAffine(pixels, turn, (wide, high), borderValue=(128, 128, 128)), np.uint8)


def astronaut() -> Pixels:
    """NASA's public-domain portrait of Eileen Collins, read from scikit-image's own files: no download."""
    spec = importlib.util.find_spec("skimage")
    assert spec is not None
    assert spec.origin is not None
    return pixels_of(Path(spec.origin).parent / "data" / "astronaut.png")


def research_faces() -> Path | None:
    """The folder NNN/VH.jpg that OIFR_TEST_FACES names, if it is there."""
    named = os.environ.get("OIFR_TEST_FACES")
    folder = Path(named) if named else None
    return folder if folder is not None and folder.is_dir() else None


def drawn_people(demo: Path = DEMO) -> list[tuple[Path, dict[str, Path]]]:
    """(custody-style frontal, field photographs by kind) of each drawn person committed with the demo."""
    cast = demo / "cast.json"
    enrolled = json.loads(cast.read_text("utf-8"))["enrolled"] if cast.is_file() else []
    return [
        (demo / person["frontal"], {kind: demo / path for kind, path in person["field"].items()}) for person in enrolled
    ]
