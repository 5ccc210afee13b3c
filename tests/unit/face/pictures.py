"""Photographs for the tests of the face engine: real where they are at hand, never copied anywhere."""

import importlib.util
import io
import json
import os
from pathlib import Path

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
