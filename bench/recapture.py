"""How often the hint of a screen or a print is given, rightly and wrongly.

Genuine photographs are the drawn people's and, where OIFR_TEST_FACES names them, research photographs. Recaptures
are simulated from them: no evidence about real screens and prints. Only numbers leave this file.
"""

import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import median

import cv2
import numpy as np
from numpy.typing import NDArray

from bench.quality import DEMO, Nets
from server.demo.people.cast import Kind as Drawn
from server.demo.people.cast import photographs
from server.domain.quality import Recapture
from server.face.decode import decode
from server.face.limits import RecaptureLimits
from server.face.recapture import recaptured
from tests.unit.face.recaptures import Kind, recapture

LIMITS = RecaptureLimits.read(Path(__file__).resolve().parents[1] / "models" / "limits" / "recapture.toml")
SHOWN_SIDE = 360
"""Long side of a picture before it is shown or printed: a simulated screen of so many pixels."""
EVERY = 8
"""Of so many genuine photographs one is recaptured, in every kind: simulating takes seconds each."""


@dataclass(frozen=True, eq=False)
class Genuine:
    """A photograph of a person, and the bounds of the face."""

    pixels: NDArray[np.uint8]
    bounds: NDArray[np.float64]


def main() -> None:
    """Print both rates for each group of photographs."""
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory() as home:
        nets = Nets(Path(home))
        for name, files in groups().items():
            faces = list(found(nets, files))
            if faces:
                print_group(name, faces)


def groups() -> dict[str, list[Path]]:
    """The photographs by group; drawn ones of lying people are left out, being the same pictures turned."""
    drawn = [DEMO / photograph.path for photograph in photographs() if photograph.kind is not Drawn.LYING]
    folder = Path(os.environ.get("OIFR_TEST_FACES") or "absent")
    return {"drawn": drawn, "research": sorted(folder.glob("*/*.jpg"))}


def found(nets: Nets, files: Sequence[Path]) -> Iterator[Genuine]:
    for file in files:
        photograph = decode(file.read_bytes())
        seen = nets.seen(file.parent.name, file.stem, photograph)
        if seen is not None:
            yield Genuine(photograph.pixels, seen.bounds)


def print_group(name: str, faces: Sequence[Genuine]) -> None:
    print(f"recapture: {name}; hinted, by the pattern, by the border; pattern's 1, 50, 99 %")
    print_line("genuine", [recaptured(face.pixels, face.bounds, LIMITS) for face in faces])
    for kind in Kind:
        copies = [recapture(*shown(face), kind, seed) for seed, face in enumerate(faces[::EVERY])]
        print_line(kind, [recaptured(copy.pixels, copy.bounds, LIMITS) for copy in copies])
    began = [(time.process_time(), recaptured(face.pixels, face.bounds, LIMITS)) for face in faces]
    spent = [later[0] - earlier[0] for earlier, later in pairwise(began)]
    print(f"    {median(spent) * 1e3:.1f} ms a photograph, median, one core")


def print_line(words: str, hints: Sequence[Recapture]) -> None:
    hinted = sum(hint.hinted for hint in hints)
    pattern = sum(hint.periodic >= LIMITS.periodic for hint in hints)
    border = sum(hint.edges >= LIMITS.edges for hint in hints)
    spread = np.percentile([hint.periodic for hint in hints], [1, 50, 99]).round(2)
    print(f"    {words:38}{hinted:4}/{len(hints):<4} {pattern:4} {border:4}   {spread}", flush=True)


def shown(face: Genuine) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """The photograph as it would be put on a screen: its long side SHOWN_SIDE pixels."""
    scale = min(1.0, SHOWN_SIDE / max(face.pixels.shape))
    small = cv2.resize(face.pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.uint8), face.bounds * scale


if __name__ == "__main__":
    main()
