"""What is kept of a reference: the upright picture, and nothing that the file carried besides."""

import io

import numpy as np
import pytest
from PIL import Image

from server.domain.image_errors import ImageUnreadable
from server.face.decode import decode
from server.face.portrait import portrait

ORIENTATION, LYING = 0x0112, 6


def _photograph() -> bytes:
    metadata = Image.Exif()
    metadata[ORIENTATION] = LYING
    metadata[0x010E] = "taken behind the station"
    picture, encoded = Image.new("RGB", (1600, 1200), (90, 120, 150)), io.BytesIO()
    picture.save(encoded, "JPEG", exif=metadata, comment=b"officer 4471")
    return encoded.getvalue()


def test_a_portrait_is_upright_bounded_and_without_metadata() -> None:
    kept = portrait(decode(_photograph()))
    with Image.open(io.BytesIO(kept)) as image:
        assert (image.format, image.size) == ("JPEG", (960, 1280))
        assert not image.getexif()
        assert np.abs(np.asarray(image, np.int16) - (90, 120, 150)).max() <= 3
    assert b"station" not in kept
    assert b"4471" not in kept


def test_a_damaged_file_gives_no_portrait() -> None:
    damaged = _photograph()[:2000]
    with pytest.raises(ImageUnreadable):
        portrait(decode(damaged))
