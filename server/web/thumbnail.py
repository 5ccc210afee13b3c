"""A photograph made smaller on its way out: in memory, for this answer alone, and never kept."""

from __future__ import annotations

import io
from typing import Final

from PIL import Image

from server.domain.errors import StoredValueAltered

QUALITY: Final = 85
SMALLEST, LARGEST = 32, 1280
"""Pixels of the long side; a stored photograph has at most the latter."""


def shrunk(photograph: bytes, side: int) -> bytes:
    """A JPEG whose long side is at most `side` pixels, without metadata; it is never enlarged.

    Raises StoredValueAltered where what is stored is no photograph.
    """
    try:
        with Image.open(io.BytesIO(photograph), formats=("JPEG",)) as image:
            image.draft("RGB", (side, side))
            smaller = image.convert("RGB")
    except OSError:
        raise StoredValueAltered from None
    smaller.thumbnail((side, side), Image.Resampling.LANCZOS)
    encoded = io.BytesIO()
    # A picture of its own: what the file carried besides, such as a comment, stays with the one that was opened.
    Image.frombytes("RGB", smaller.size, smaller.tobytes()).save(encoded, "JPEG", quality=QUALITY)
    return encoded.getvalue()
