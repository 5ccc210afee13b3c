"""Untrusted bytes to an upright RGB picture of bounded size.

The header is read and judged before a single pixel is decoded, so that a decompression bomb costs no memory, and the
largest photograph that is taken, of MAX_PIXELS, a few bytes for each. What comes out is always uint8 RGB, turned
upright by its EXIF orientation, with a long side of at most LONG_SIDE pixels.
"""

import io
import re
import struct
import threading
import zlib
from contextlib import nullcontext
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from server.domain.image_errors import ImageAnimated, ImageTooLarge, ImageTooSmall, ImageUnreadable

FORMATS = ("JPEG", "PNG", "WEBP")
MAX_BYTES = 20 * 10**6
MAX_PIXELS = 50 * 10**6
MAX_PIXELS_WHOLE = 20 * 10**6
"""Of PNG and WebP, which are decoded at their full size, and of four colours; other JPEG are decoded at a half, a
quarter or an eighth."""

LARGE = 8 * 10**6
"""Pixels from which on pictures are decoded one at a time: what several take together would be without bound."""

MIN_SIDE = 80
MOST_SCANS = 64
"""Of a progressive JPEG, each of which goes over the whole picture; encoders write about ten, three for each colour."""

LONG_SIDE = 1280

START_OF_SCAN, END_OF_IMAGE = 0xDA, 0xD9
_MARKER = re.compile(rb"\xff+[^\x00\x01\xd0-\xd8\xff]", re.DOTALL)
"""Of those that have a length, and the end: not the bytes that stand for themselves in a scan, nor restarts."""

_ONE_AT_A_TIME = threading.Lock()

_BOMBS = (Image.DecompressionBombError, Image.DecompressionBombWarning)

# What Pillow's readers raise on damaged files; damaged metadata brings the odder ones.
_DAMAGED = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    ArithmeticError,
    EOFError,
    struct.error,
    zlib.error,
)


@dataclass(frozen=True, slots=True, eq=False)
class Photograph:
    """pixels: upright RGB of shape (height, width, 3), uint8, long side <= LONG_SIDE.

    shrink: pixels of the upright original for one pixel here, >= 1.
    """

    pixels: NDArray[np.uint8]
    shrink: float


def decode(data: bytes) -> Photograph:
    """Decode one photograph.

    Raises ImageTooLarge (bytes or pixels), ImageTooSmall, ImageAnimated, or ImageUnreadable (damaged, or not
    JPEG, PNG or WebP).
    """
    _check_bytes(data)
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            _check_header(image)
            long_side = max(image.size)
            with _ONE_AT_A_TIME if image.width * image.height > LARGE else nullcontext():
                pixels = _upright_rgb(image)
            return Photograph(pixels, long_side / max(pixels.shape))
    except _BOMBS as error:
        raise ImageTooLarge from error
    except _DAMAGED as error:
        raise ImageUnreadable from error


def _check_bytes(data: bytes) -> None:
    if len(data) > MAX_BYTES:
        raise ImageTooLarge
    # A GIF is no accepted format, but the one file whose trouble can be named better than "unreadable".
    if data.startswith(b"GIF8"):
        raise ImageAnimated
    if data.startswith(b"\xff\xd8") and _scans(data) > MOST_SCANS:
        raise ImageUnreadable


def _scans(data: bytes) -> int:
    """How many scans a JPEG has before the end of its first picture: behind that a phone may put a whole film.

    Markers and the lengths of their segments as in ITU-T T.81, annex B; what stands between is passed over, as
    decoders do.
    """
    number, place = 0, 2
    while (marker := _MARKER.search(data, place)) is not None:
        kind, place = data[marker.end() - 1], marker.end()
        if kind == END_OF_IMAGE:
            break
        number += kind == START_OF_SCAN
        place += int.from_bytes(data[place : place + 2])
    return number


def _check_header(image: Image.Image) -> None:
    width, height = image.size
    whole = image.format not in {"JPEG", "MPO"} or image.mode == "CMYK"
    if width * height > (MAX_PIXELS_WHOLE if whole else MAX_PIXELS):
        raise ImageTooLarge
    if min(width, height) * min(1.0, LONG_SIDE / max(width, height)) < MIN_SIDE:
        raise ImageTooSmall
    # A phone's multi-picture JPEG (MPO) holds a depth or gain map beside the photograph: no animation.
    if getattr(image, "is_animated", False) and image.format != "MPO":
        raise ImageAnimated


def _upright_rgb(image: Image.Image) -> NDArray[np.uint8]:
    # Draft mode lets the JPEG decoder skip detail that the bound would throw away: 2 to 8 times faster.
    image.draft("RGB", (LONG_SIDE, LONG_SIDE))
    scalable = _with_grades(image)
    whole_times = max(scalable.size) // LONG_SIDE
    reduced = scalable.reduce(whole_times) if whole_times > 1 else scalable
    ImageOps.exif_transpose(reduced, in_place=True)
    return _bounded(np.asarray(_flattened(reduced), dtype=np.uint8))


def _bounded(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """At most LONG_SIDE long; what is left to shrink is less than by half, which needs no slower filter."""
    scale = LONG_SIDE / max(pixels.shape)
    if scale >= 1:
        return pixels
    size = (max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale)))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_LINEAR), np.uint8)


def _with_grades(image: Image.Image) -> Image.Image:
    """Bring modes that cannot be scaled smoothly (palette, bitmap, 16-bit) to 8 bits a channel."""
    if image.mode.startswith("I"):
        return _upper_bytes(image)
    if image.mode in ("P", "PA", "1"):
        return image.convert("RGBA" if image.has_transparency_data else "RGB")
    return image


def _upper_bytes(image: Image.Image) -> Image.Image:
    """Pillow clips 16-bit grey at 255 when it converts; keep the upper byte of each value instead."""
    values = np.asarray(image)
    upper = np.empty(values.shape, np.uint8)
    for row, into in zip(values, upper, strict=True):  # row by row: such a picture is large enough once
        into[:] = (row >> 8).clip(0, 255)
    grey = Image.fromarray(upper)
    grey.info = dict(image.info)
    return grey


def _flattened(image: Image.Image) -> Image.Image:
    """RGB without transparency; the ground is mid-grey, which hides neither dark hair nor light skin."""
    if not image.has_transparency_data:
        return image if image.mode == "RGB" else image.convert("RGB")
    ground = Image.new("RGBA", image.size, (128, 128, 128, 255))
    return Image.alpha_composite(ground, image.convert("RGBA")).convert("RGB")
