"""Conditions made from photographs: turned, covered, dark, blurred. Every parameter is stated here.

An altered photograph shows what the change costs on the same people and the same moment. It stands in for no
photograph taken under that condition: a real mask, real dusk and a real shaking hand differ.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

import numpy as np
from PIL import Image, ImageFilter

from server.domain.face import Box
from server.evaluation.faces import Faces

MID_GREY: Final = (128, 128, 128)
"""What fills corners and covers: neither as dark as hair nor as light as a wall."""

COVERED: Final = 0.5
"""Part of the face's height that is covered: from below the eyes down, or from the eyes up."""

DARK_STOPS: Final = 3
"""Photographic stops less light: an eighth, in linear light."""

DARK_NOISE: Final = 3.0
"""Standard deviation, in steps of 255, of the noise of a sensor that lacks light; the same noise each run."""

GAMMA: Final = 2.2
"""Exponent between stored values and linear light; the usual approximation of sRGB (IEC 61966-2-1)."""

BLUR: Final = 0.02
"""Standard deviation of the Gaussian blur as part of the face's width: about four pixels on a face of 200."""


class Part(StrEnum):
    LOWER = "lower"
    UPPER = "upper"


class Alteration(Protocol):
    """One way to change a photograph; `name` goes into the report, empty for none."""

    @property
    def name(self) -> str: ...

    def of(self, image: bytes, faces: Faces) -> bytes:
        """The changed photograph; raises ImageRefused when it cannot be read or its face cannot be placed."""


@dataclass(frozen=True)
class Unaltered:
    name: str = ""

    def of(self, image: bytes, faces: Faces) -> bytes:  # noqa: ARG002 - as the other alterations
        return image


@dataclass(frozen=True)
class Turned:
    """The whole picture turned counter-clockwise in its plane; the canvas grows, its corners are mid-grey."""

    degrees: int

    @property
    def name(self) -> str:
        return f"turned {self.degrees}°"

    def of(self, image: bytes, faces: Faces) -> bytes:
        turned = _picture(image, faces).rotate(self.degrees, Image.Resampling.BICUBIC, expand=True, fillcolor=MID_GREY)
        return _encoded(turned)


@dataclass(frozen=True)
class Occluded:
    """Half of the face's box, its lower or upper one as the person stands, filled with mid-grey."""

    part: Part

    @property
    def name(self) -> str:
        return f"{self.part} face covered"

    def of(self, image: bytes, faces: Faces) -> bytes:
        picture, box, turns = _placed(image, faces)
        picture.paste(MID_GREY, _half(box, turns, self.part))
        return _encoded(picture)


@dataclass(frozen=True)
class Darkened:
    """An eighth of the light (DARK_STOPS), with the noise that comes with it."""

    name: str = "dark"

    def of(self, image: bytes, faces: Faces) -> bytes:
        stored = np.asarray(_picture(image, faces), np.float64) / 255
        dimmed = 255 * (stored**GAMMA / 2**DARK_STOPS) ** (1 / GAMMA)
        noisy = dimmed + np.random.default_rng(0).normal(0, DARK_NOISE, dimmed.shape)
        return _encoded(Image.fromarray(noisy.round().clip(0, 255).astype(np.uint8)))


@dataclass(frozen=True)
class Blurred:
    """A Gaussian blur in proportion to the face (BLUR)."""

    name: str = "blurred"

    def of(self, image: bytes, faces: Faces) -> bytes:
        picture, box, _ = _placed(image, faces)
        return _encoded(picture.filter(ImageFilter.GaussianBlur(BLUR * box.width)))


def _half(box: Box, turns: int, part: Part) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of the half. `turns` quarter turns right the face: its chin points down at 0,
    left at 1, up at 2, right at 3; the crown points the other way."""
    left, top, right, bottom = box.left, box.top, box.left + box.width, box.top + box.height
    toward = turns if part is Part.LOWER else (turns + 2) % 4
    middle_x, middle_y = round(left + box.width * (1 - COVERED)), round(top + box.height * (1 - COVERED))
    return (
        (left, middle_y, right, bottom),
        (left, top, middle_x, bottom),
        (left, top, right, middle_y),
        (middle_x, top, right, bottom),
    )[toward]


def _picture(image: bytes, faces: Faces) -> Image.Image:
    """Decoded within the engine's bounds: what it wrote itself is safe to read."""
    return _opened(faces.portrait_of(image))


def _placed(image: bytes, faces: Faces) -> tuple[Image.Image, Box, int]:
    """The picture with the bounds of its only face and that face's quarter turns, as `Faces.place_of`."""
    portrait = faces.portrait_of(image)
    return (_opened(portrait), *faces.place_of(portrait))


def _opened(portrait: bytes) -> Image.Image:
    with Image.open(io.BytesIO(portrait)) as picture:
        return picture.convert("RGB")


def _encoded(picture: Image.Image) -> bytes:
    """Without loss, so that nothing but the alteration changes the pixels."""
    written = io.BytesIO()
    picture.save(written, "PNG", compress_level=1)
    return written.getvalue()
