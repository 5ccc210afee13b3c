"""The camera: exposure on the face, tone curve, lens blur, motion, white balance and noise."""

from dataclasses import dataclass

import cv2
import numpy as np

from server.demo.people.colour import to_srgb
from server.demo.people.shaping import Field

# A picture sharper than any lens is what gives a drawing away.
SHARPEST_BLUR = 0.55
FACE_LEVEL, DARK_SKIN_EXPONENT = 0.27, 0.55
HIGHLIGHT_PERCENTILE, HIGHLIGHT_LEVEL = 96, 0.95
CONTRAST, CONTRAST_PIVOT = 1.12, 0.45
MOTION_KERNEL = 15


@dataclass(frozen=True)
class Camera:
    """`blur` sigma and `motion` length in pixels, `noise` a share of white, `exposure` a factor, channel gains."""

    blur: float = 0.7
    motion: int = 0
    noise: float = 0.006
    exposure: float = 1.0
    white_balance: tuple[float, float, float] = (0.0, 0.0, 0.0)


def expose(face: Field, melanin: float, camera: Camera) -> float:
    """Factor that exposes for the texels (n, 3) of a face: dark skin stays darker, but readable."""
    reflectance = max(0.04, 0.8 * float(np.exp(-2.3 * melanin)))
    wanted = FACE_LEVEL * (reflectance / 0.5) ** DARK_SKIN_EXPONENT
    factor = wanted / max(float(np.median(face)), 1e-3) * camera.exposure
    highlight = float(np.percentile(face.max(-1), HIGHLIGHT_PERCENTILE))
    return float(min(factor, HIGHLIGHT_LEVEL / max(highlight, 1e-3)))


def photograph(light: Field, camera: Camera, rng: np.random.Generator) -> Field:
    """The picture (h, w, 3) uint8 sRGB of exposed linear light."""
    compressed = light / (1 + 0.18 * light) * 1.12
    picture = (to_srgb(compressed) - CONTRAST_PIVOT) * CONTRAST + CONTRAST_PIVOT + 0.01
    picture = cv2.GaussianBlur(picture, (0, 0), max(SHARPEST_BLUR, camera.blur))
    if camera.motion:
        picture = cv2.filter2D(picture, -1, _shake(camera.motion, float(rng.uniform(0, 180))))
    picture = picture * (1 + np.array(camera.white_balance))
    grain = 0.5 + 0.5 * np.sqrt(np.clip(picture, 0.02, 1))
    picture = picture + rng.normal(0, camera.noise, picture.shape) * grain
    return np.asarray((np.clip(picture, 0, 1) * 255 + 0.5).astype(np.uint8))


def _shake(length: int, degrees: float) -> Field:
    middle = MOTION_KERNEL // 2
    kernel = np.zeros((MOTION_KERNEL, MOTION_KERNEL), np.float32)
    kernel[middle, middle - length // 2 : middle + 1 + length // 2] = 1
    turn = cv2.getRotationMatrix2D((middle, middle), degrees, 1)
    kernel = np.asarray(cv2.warpAffine(kernel, turn, kernel.shape))
    return np.asarray(kernel / kernel.sum())
