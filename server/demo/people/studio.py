"""Rendering the cast on every core, and comparing what was rendered with what is kept."""

import multiprocessing
from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np

from server.demo.people.cast import Kind, Photograph, encode, take
from server.demo.people.shaping import Field

# Mean difference in levels of 255 that another processor's rounding may cause; another picture differs by 20.
TOLERANCE = 2.0


def write_all(photographs: Sequence[Photograph], directory: Path) -> Iterator[Photograph]:
    """Render photographs into a directory; yields each when it is written."""
    for folder in {(directory / p.path).parent for p in photographs}:
        folder.mkdir(parents=True, exist_ok=True)
    context = multiprocessing.get_context("spawn")
    with context.Pool(initializer=cv2.setNumThreads, initargs=(1,)) as pool:
        for photograph, data in pool.imap_unordered(_render, photographs, chunksize=len(Kind)):
            (directory / photograph.path).write_bytes(data)
            yield photograph


def differences(photographs: Sequence[Photograph], directory: Path) -> Iterator[tuple[Photograph, float]]:
    """Render photographs anew and compare: mean difference in levels of 255 from the kept file."""
    for photograph in photographs:
        kept = cv2.imdecode(np.fromfile(directory / photograph.path, np.uint8), cv2.IMREAD_COLOR_RGB)
        _, data = _render(photograph)
        again = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB)
        yield photograph, _mean_difference(kept, again)


def _mean_difference(kept: Field | None, again: Field | None) -> float:
    """Infinite where a picture cannot be read or has another size."""
    if kept is None or again is None or kept.shape != again.shape:
        return float("inf")
    return float(np.abs(kept.astype(np.int16) - again.astype(np.int16)).mean())


def _render(photograph: Photograph) -> tuple[Photograph, bytes]:
    return photograph, encode(photograph, take(photograph))
