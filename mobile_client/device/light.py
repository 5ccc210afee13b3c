"""Whether a frame is bright and sharp enough, by its pixels alone: advice before the shutter, no gate.

Nothing here looks for a face; the server does, and says in words when it found none.
"""

from __future__ import annotations

from dataclasses import dataclass

from PIL import Image, ImageFilter, ImageStat

from mobile_client.device.camera import Frame

_SIDE = 320
_DARK, _BRIGHT = 45.0, 225.0
_SOFT = 3.0
_LAPLACE = ImageFilter.Kernel((3, 3), [0, 1, 0, 1, -4, 1, 0, 1, 0], scale=1, offset=128)


@dataclass(frozen=True)
class Light:
    """`mean`: grey level, 0 to 255; `sharpness`: variance of the Laplacian at 320 pixels a side."""

    mean: float
    sharpness: float

    @property
    def dark(self) -> bool:
        return self.mean < _DARK

    @property
    def glaring(self) -> bool:
        return self.mean > _BRIGHT

    @property
    def blurred(self) -> bool:
        return self.sharpness < _SOFT

    @property
    def good(self) -> bool:
        return not (self.dark or self.glaring or self.blurred)


def measure(frame: Frame) -> Light:
    """Measured where the oval lies: the middle half of the frame."""
    image = Image.frombytes("RGB", (frame.width, frame.height), frame.rgb)
    left, top = frame.width // 4, frame.height // 4
    middle = image.crop((left, top, frame.width - left, frame.height - top)).convert("L").resize((_SIDE, _SIDE))
    # Pillow leaves the border unfiltered, which would count as an edge.
    edges = middle.filter(_LAPLACE).crop((1, 1, _SIDE - 1, _SIDE - 1))
    return Light(ImageStat.Stat(middle).mean[0], ImageStat.Stat(edges).var[0])
