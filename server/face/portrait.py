"""A photograph as it is kept and shown: what was decoded, written anew without anything the file carried besides."""

import io

from PIL import Image

from server.face.decode import decode

QUALITY = 90


def portrait(data: bytes) -> bytes:
    """Upright baseline JPEG of at most LONG_SIDE pixels, without metadata; raises what `decode` raises."""
    encoded = io.BytesIO()
    Image.fromarray(decode(data).pixels).save(encoded, "JPEG", quality=QUALITY)
    return encoded.getvalue()
