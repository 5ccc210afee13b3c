"""A photograph as it is kept and shown: what was decoded, written anew without anything the file carried besides."""

import io

from PIL import Image

from server.face.decode import Photograph

QUALITY = 90


def portrait(photograph: Photograph) -> bytes:
    """Upright baseline JPEG of at most LONG_SIDE pixels, without metadata."""
    encoded = io.BytesIO()
    Image.fromarray(photograph.pixels).save(encoded, "JPEG", quality=QUALITY)
    return encoded.getvalue()
