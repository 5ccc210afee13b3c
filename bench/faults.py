"""Faces for the measurement of quality, and the faults given to them on purpose. Only numbers leave `bench.quality`."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from server.domain.quality import Component
from server.face.decode import Photograph
from tests.unit.face.degraded import LOWER, UPPER, Fabric, blurred, covered, lit, smaller, wide

Pixels = NDArray[np.uint8]
Points = NDArray[np.floating]
Fixed = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Seen:
    """A photograph with one face found: whose, which view or kind, and (drawn) the melanin of the skin."""

    who: str
    kind: str
    photograph: Photograph
    landmarks: Points
    bounds: Fixed
    melanin: float = 0.0

    @property
    def faulty(self) -> bool:
        """Whether it was drawn with a fault."""
        return self.kind in {"closed", "mask", "sunglasses"}

    @property
    def level(self) -> bool:
        """Whether it is no view from the side."""
        return self.kind in {"33", "34", "32"} or not self.kind.isdigit()


@dataclass(frozen=True, eq=False)
class Fault:
    """What is done to a face, in words, and the component that should say so."""

    words: str
    component: Component
    alter: Callable[[Seen], tuple[Pixels, Points]]


def faults(fixed: Fixed) -> list[Fault]:
    """Every fault in several strengths; `fixed` are the fixed points of the chip."""
    sizes = [
        Fault(f"eyes {eyes} px apart", Component.SIZE, partial(_smaller, eyes)) for eyes in (60, 40, 28, 20, 16, 11)
    ]
    blurs = [
        Fault(f"blur {sigma} chip px", Component.SHARPNESS, partial(_blurred, fixed, sigma))
        for sigma in (1.0, 1.5, 2.0, 3.0, 5.0, 8.0)
    ]
    dark = [Fault(f"light x{factor}", Component.DARK, partial(_lit, fixed, factor)) for factor in (0.5, 0.25, 0.12)]
    bright = [Fault(f"light x{factor}", Component.BRIGHT, partial(_lit, fixed, factor)) for factor in (2, 4)]
    covers = [
        Fault(f"{component}, {fabric}", component, partial(_covered, fixed, area, fabric))
        for component, area in ((Component.LOWER_FACE, LOWER), (Component.UPPER_FACE, UPPER))
        for fabric in Fabric
    ]
    return [*sizes, *blurs, *dark, *bright, *covers]


def _smaller(eyes: float, face: Seen) -> tuple[Pixels, Points]:
    return smaller(face.photograph.pixels, face.landmarks, eyes)


def _blurred(fixed: Fixed, sigma: float, face: Seen) -> tuple[Pixels, Points]:
    pixels, points = wide(face.photograph.pixels, face.landmarks, fixed)
    return blurred(pixels, points, fixed, sigma), points


def _lit(fixed: Fixed, factor: float, face: Seen) -> tuple[Pixels, Points]:
    pixels, points = wide(face.photograph.pixels, face.landmarks, fixed)
    return lit(pixels, factor), points


def _covered(fixed: Fixed, area: tuple[int, int, int, int], fabric: Fabric, face: Seen) -> tuple[Pixels, Points]:
    pixels, points = wide(face.photograph.pixels, face.landmarks, fixed)
    return covered(pixels, points, fixed, area, fabric, int(face.who)), points
