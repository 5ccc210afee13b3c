"""Known degradations of a face on a photograph: blur, less or more light, fewer pixels, a cover."""

from enum import StrEnum

import cv2
import numpy as np
from numpy.typing import NDArray

from server.face.align import chip_of, inverse, moved, similarity

Pixels = NDArray[np.uint8]
Points = NDArray[np.floating]

GAMMA = 2.2
LOWER, UPPER = (14, 80, 134, 170), (12, 28, 136, 60)
"""What a cover hides, as left, top, right, bottom on the chip: nose tip and down, or brows to below the eyes."""

WIDE_SCALE, WIDE_MARGIN = 2, 60


class Fabric(StrEnum):
    WHITE = "white"
    BLUE = "blue"
    BLACK = "black"
    SKIN = "skin-coloured"
    PATTERN = "patterned"


COLOURS = {Fabric.WHITE: (225, 228, 230), Fabric.BLUE: (120, 165, 190), Fabric.BLACK: (35, 38, 42)}


def wide(picture: Pixels, landmarks: Points, fixed: NDArray[np.float64]) -> tuple[Pixels, Points]:
    """The upright surroundings of the face at twice the chip's scale, 420 pixels square, and the points in it."""
    transform = similarity(landmarks, fixed) * WIDE_SCALE
    transform[:, 2] += WIDE_MARGIN
    side = 150 * WIDE_SCALE + 2 * WIDE_MARGIN
    return np.asarray(cv2.warpAffine(picture, transform, (side, side)), np.uint8), moved(landmarks, transform)


def blurred(picture: Pixels, landmarks: Points, fixed: NDArray[np.float64], sigma: float) -> Pixels:
    """Out of focus; sigma in pixels of the chip, where the eyes stand 54 pixels apart."""
    transform = similarity(landmarks, fixed)
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma / float(np.hypot(*transform[:, 0]))), np.uint8)


def lit(picture: Pixels, factor: float) -> Pixels:
    """With so many times the light."""
    table = np.clip((np.arange(256) / 255) ** GAMMA * factor, 0, 1) ** (1 / GAMMA) * 255
    return np.asarray(table.astype(np.uint8)[picture])


def smaller(picture: Pixels, landmarks: Points, eyes: float) -> tuple[Pixels, Points]:
    """With the eyes so many pixels apart; never larger than it was."""
    scale = min(1.0, eyes / float(np.hypot(*(landmarks[1] - landmarks[0]))))
    small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.uint8), (landmarks + 0.5) * scale - 0.5


def covered(
    picture: Pixels,
    landmarks: Points,
    fixed: NDArray[np.float64],
    area: tuple[int, int, int, int],
    fabric: Fabric,
    seed: int,
) -> Pixels:
    """With a piece of fabric over an area of the chip, in the light of what it hides, and with a camera's noise."""
    rng = np.random.default_rng(seed)
    left, top, right, bottom = area
    corners = np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float64)
    outline = moved(corners, inverse(similarity(landmarks, fixed))).round().astype(np.int32)
    hidden = cv2.fillPoly(np.zeros(picture.shape[:2], np.uint8), [outline], 1) > 0
    light = cv2.GaussianBlur(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), (0, 0), 25).astype(np.float64)
    shade = np.clip(light / max(1.0, light[hidden].mean()), 0.5, 1.5)[..., None]
    sheet = _sheet(picture, chip_of(picture, landmarks, fixed, 150), fabric, rng) * shade
    noisy = np.clip(sheet + rng.normal(0, 2, sheet.shape), 0, 255).astype(np.uint8)
    return np.where(hidden[..., None], noisy, picture)


def _sheet(picture: Pixels, chip: Pixels, fabric: Fabric, rng: np.random.Generator) -> NDArray[np.float64]:
    height, width = picture.shape[:2]
    match fabric:
        case Fabric.PATTERN:
            blots = rng.integers(30, 220, (14, 14, 3)).astype(np.uint8)
            return np.asarray(cv2.resize(blots, (width, height), interpolation=cv2.INTER_CUBIC), np.float64)
        case Fabric.SKIN:
            return np.full(picture.shape, np.median(chip[58:74, 34:114].reshape(-1, 3), axis=0))
        case _:
            return np.full(picture.shape, COLOURS[fabric], np.float64)
