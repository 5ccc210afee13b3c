"""Photographs made smaller: size, content, and nothing of what the file carried besides."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from server.domain.errors import StoredValueAltered
from server.web.thumbnail import shrunk


def photograph(width: int, height: int, **carried: bytes | Image.Exif) -> bytes:
    """Dark on the left, bright on the right."""
    row = np.linspace(20, 230, width).astype(np.uint8)
    pixels = np.repeat(np.tile(row, (height, 1))[:, :, None], 3, axis=2)
    encoded = io.BytesIO()
    Image.fromarray(pixels).save(encoded, "JPEG", quality=95, **carried)
    return encoded.getvalue()


def opened(jpeg: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(jpeg), formats=("JPEG",))
    image.load()
    return image


@pytest.mark.parametrize(
    ("size", "side", "expected"),
    [((1280, 960), 320, (320, 240)), ((600, 1200), 96, (48, 96)), ((200, 100), 640, (200, 100))],
)
def test_it_shrinks_to_the_long_side_and_never_grows(
    size: tuple[int, int], side: int, expected: tuple[int, int]
) -> None:
    smaller = opened(shrunk(photograph(*size), side))
    assert (smaller.size, smaller.mode) == (expected, "RGB")
    left, right = (np.asarray(smaller)[:, column].mean() for column in (0, -1))
    assert left < 40
    assert right > 210


def test_what_the_file_carried_besides_is_gone() -> None:
    exif = Image.Exif()
    exif[0x010E] = "Quetzalowicz"
    carrying = photograph(400, 300, exif=exif, comment=b"Quetzalowicz")
    assert carrying.count(b"Quetzalowicz") == 2
    smaller = shrunk(carrying, 100)
    assert b"Quetzalowicz" not in smaller
    assert b"Exif" not in smaller
    assert not opened(smaller).getexif()


@pytest.mark.parametrize("stored", [b"", b"no image", photograph(400, 300)[:200]])
def test_what_is_no_photograph_was_altered(stored: bytes) -> None:
    with pytest.raises(StoredValueAltered):
        shrunk(stored, 100)
