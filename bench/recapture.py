"""How often the hint of a screen or a print is given, rightly and wrongly.

Genuine photographs are the drawn people's and, where OIFR_TEST_FACES names them, research photographs. Recaptures
are simulated from them: no evidence about real screens and prints. Faces are found anew on every picture, as the
engine does. Only numbers leave this file.
"""

import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from statistics import median

import cv2
import numpy as np
from numpy.typing import NDArray

from bench.faults import Seen
from bench.quality import DEMO, Nets
from bench.quality import LIMITS as QUALITY
from server.demo.people.cast import Kind as Drawn
from server.demo.people.cast import photographs
from server.domain.quality import Component, Recapture
from server.face.decode import Photograph, decode
from server.face.limits import RecaptureLimits
from server.face.quality import assess
from server.face.recapture import recaptured
from tests.unit.face.recaptures import Kind, recapture

LIMITS = RecaptureLimits.read(Path(__file__).resolve().parents[1] / "models" / "limits" / "recapture.toml")
SHOWN_SIDE = 360
"""Long side of a picture before it is shown or printed: a simulated screen of so many pixels."""
EVERY = 8
"""Of so many genuine photographs one is recaptured, in every kind: simulating takes seconds each."""


BLURS = (1.0, 2.0, 4.0, 8.0)
"""Sigma, in pixels of the photograph, of genuine photographs out of focus."""
JPEG_QUALITY = 90
"""With which they are saved: blocks stand out on what is smooth."""

Pixels = NDArray[np.uint8]


def main() -> None:
    """Print both rates for each group of photographs."""
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory() as home:
        nets = Nets(Path(home))
        for name, files in groups().items():
            faces = list(found(nets, files))
            if faces:
                print_group(nets, name, faces)


def groups() -> dict[str, list[Path]]:
    """The photographs by group; drawn ones of lying people are left out, being the same pictures turned."""
    drawn = [DEMO / photograph.path for photograph in photographs() if photograph.kind is not Drawn.LYING]
    folder = Path(os.environ.get("OIFR_TEST_FACES") or "absent")
    return {"drawn": drawn, "research": sorted(folder.glob("*/*.jpg"))}


def found(nets: Nets, files: Sequence[Path]) -> Iterator[Seen]:
    for file in files:
        photograph = decode(file.read_bytes())
        seen = nets.seen(file.parent.name, file.stem, photograph)
        if seen is not None:
            yield seen


def print_group(nets: Nets, name: str, faces: Sequence[Seen]) -> None:
    print(f"recapture: {name}; hinted; pattern or border at their limits, whether or not the face is sharp;", end="")
    print(" sharp faces; no face; pattern's 1, 50, 99 %")
    print_line("genuine", [hint_of(face) for face in faces])
    for sigma in BLURS:
        print_line(f"genuine, blurred by {sigma:g} px", [hint_on(nets, blurred(face, sigma)) for face in faces])
    for kind in Kind:
        copies = [recapture(*shown(face), kind, seed) for seed, face in enumerate(faces[::EVERY])]
        print_line(kind, [hint_on(nets, copy.pixels) for copy in copies])
    began = [(time.process_time(), hint_of(face)) for face in faces]
    spent = [later[0] - earlier[0] for earlier, later in pairwise(began)]
    print(f"    {median(spent) * 1e3:.1f} ms a photograph, of which the quality is known, median, one core")


Judged = tuple[Recapture, bool]
"""The hint, and whether the face is sharp."""


def hint_on(nets: Nets, pixels: Pixels) -> Judged | None:
    """None without a face."""
    face = nets.seen("", "", Photograph(pixels, 1.0))
    return None if face is None else hint_of(face)


def hint_of(face: Seen) -> Judged:
    sharpness = assess(face.photograph, face.landmarks, QUALITY)[Component.SHARPNESS]
    return recaptured(face.photograph.pixels, face.bounds, sharpness.grade, LIMITS), sharpness.sufficient


def print_line(words: str, judged: Sequence[Judged | None]) -> None:
    hints = [one[0] for one in judged if one]
    hinted = sum(hint.hinted for hint in hints)
    pattern = sum(hint.periodic >= LIMITS.periodic for hint in hints)
    border = sum(hint.edges >= LIMITS.edges for hint in hints)
    sharp, lost = sum(one[1] for one in judged if one), judged.count(None)
    spread = np.percentile([hint.periodic for hint in hints], [1, 50, 99]).round(2)
    print(f"    {words:38}{hinted:4}/{len(judged):<4} {pattern:4} {border:4} {sharp:4} {lost:4}   {spread}", flush=True)


def blurred(face: Seen, sigma: float) -> Pixels:
    soft = cv2.GaussianBlur(face.photograph.pixels, (0, 0), sigma)
    _, data = cv2.imencode(".jpg", soft, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


def shown(face: Seen) -> tuple[Pixels, NDArray[np.float64]]:
    """The photograph as it would be put on a screen: its long side SHOWN_SIDE pixels."""
    pixels = face.photograph.pixels
    scale = min(1.0, SHOWN_SIDE / max(pixels.shape))
    small = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.uint8), face.bounds * scale


if __name__ == "__main__":
    main()
