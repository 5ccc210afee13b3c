"""Photographs to send: a public-domain portrait, edits of it, and files that must be refused."""

from __future__ import annotations

import struct
import zlib
from functools import cache
from io import BytesIO

import numpy as np
from PIL import Image, ImageEnhance, ImageOps
from skimage.data import astronaut

SIDE = 320
"""Width and height of the portrait, in pixels."""


@cache
def portrait() -> bytes:
    """One person, frontal: scikit-image's portrait of an astronaut."""
    return _jpeg(_astronaut())


@cache
def another_portrait() -> bytes:
    """The same person mirrored and darker: enrolled under another name, it is a second candidate."""
    return _jpeg(ImageEnhance.Brightness(ImageOps.mirror(_astronaut())).enhance(0.8))


@cache
def field_photograph() -> bytes:
    """The same person as an officer's camera sees her: smaller, softer, badly lit."""
    small = _astronaut().resize((240, 240), Image.Resampling.BILINEAR)
    return _jpeg(ImageEnhance.Contrast(small).enhance(0.8), quality=70)


def large_photograph() -> bytes:
    """More than a megabyte: what a form parser would spool to a temporary file."""
    noise = np.random.default_rng(1).integers(0, 64, (2000, 2000, 3), dtype=np.uint8)
    large = np.asarray(_astronaut().resize((2000, 2000), Image.Resampling.BICUBIC))
    photograph = _jpeg(Image.fromarray(large // 2 + 32 + noise), quality=97)
    assert len(photograph) > 1_500_000
    return photograph


def cmyk_photograph() -> bytes:
    return _jpeg(_astronaut().convert("CMYK"))


def without_face() -> bytes:
    rows, columns = np.mgrid[0:480, 0:640]
    return _jpeg(Image.fromarray(((rows + columns) // 5).astype(np.uint8)))


def with_several_faces() -> bytes:
    both = Image.new("RGB", (2 * SIDE, SIDE))
    both.paste(_astronaut(), (0, 0))
    both.paste(_astronaut(), (SIDE, 0))
    return _jpeg(both)


def of_one_pixel() -> bytes:
    return _jpeg(Image.new("RGB", (1, 1)))


def truncated() -> bytes:
    return portrait()[: len(portrait()) // 2]


def of_sixty_megapixels() -> bytes:
    return _jpeg(Image.new("L", (10_000, 6_000), 128))


def decompression_bomb() -> bytes:
    """A PNG of less than a megabyte that says it has 900 million pixels, and would have them."""
    side = 30_000
    packed, row = zlib.compressobj(1), bytes(1 + side // 8)
    pixels = b"".join(packed.compress(row) for _ in range(side)) + packed.flush()
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", pixels), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_png_chunk(kind, data) for kind, data in parts)


def animated_gif() -> bytes:
    frames = [Image.new("P", (200, 200), shade) for shade in (0, 80, 160)]
    written = BytesIO()
    frames[0].save(written, "GIF", save_all=True, append_images=frames[1:])
    return written.getvalue()


def text_called_jpeg() -> bytes:
    return b"This is a shopping list.\n" * 40


def middle_of(image: bytes, length: int = 32) -> bytes:
    """A run of bytes out of the compressed pixels, which no other file holds by chance."""
    half = len(image) // 2
    return image[half : half + length]


def _astronaut() -> Image.Image:
    """Head and shoulders: a face that fills the picture is found at the first look, four times as fast."""
    return Image.fromarray(astronaut()).crop((70, 0, 70 + SIDE, SIDE))


def _jpeg(image: Image.Image, quality: int = 92) -> bytes:
    written = BytesIO()
    image.save(written, "JPEG", quality=quality)
    return written.getvalue()


def _png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
