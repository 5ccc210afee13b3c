"""A seeded simulator of recaptured photographs: a screen or a print, photographed again.

Optics in brief: the picture becomes the light of a display's subpixels or the dots of a print, at several points a
pixel; a camera sees that under a slight turn and perspective, blurs it, samples it, adds noise, and saves a JPEG.
It knows nothing of glare, of screens that flicker or of real lenses: a check that works here may fail on the street.
"""

from dataclasses import dataclass
from enum import StrEnum

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Light = NDArray[np.float32]

GAMMA = 2.2
FINE = 6
"""Points a display pixel or a print pixel, in each direction."""
INK_ANGLES = (15.0, 75.0, 0.0)
LONG_SIDE = 1280


class Kind(StrEnum):
    """What was photographed again, and whether its edge is in the photograph."""

    SCREEN_CLOSE = "screen, edge out of sight"
    SCREEN_FRAMED = "screen with its bezel"
    HALFTONE_CLOSE = "halftone print, edge out of sight"
    HALFTONE_FRAMED = "halftone print with its border"
    PHOTO_FRAMED = "photographic print with its border"


@dataclass(frozen=True, eq=False)
class Recapture:
    """The photograph of a screen or print, and the face's bounds (left, top, right, bottom) in it."""

    pixels: Pixels
    bounds: NDArray[np.float64]


def recapture(picture: Pixels, bounds: NDArray[np.float64], kind: Kind, seed: int) -> Recapture:
    """Show or print a picture (long side at most about 500 pixels), and photograph that."""
    rng = np.random.default_rng(seed)
    shown = _shown(picture, kind, rng)
    framed, frame = _framed(shown, kind, rng)
    scale = float(rng.uniform(0.8, 2.6)) * FINE**-1
    scale = min(scale, LONG_SIDE / max(framed.shape))
    homography = _view(framed.shape, scale, rng)
    size = (round(framed.shape[1] * scale), round(framed.shape[0] * scale))
    # What a camera's pixel gathers: its own area and the lens's blur.
    sigma = float(rng.uniform(0.4, 0.7)) / scale
    seen = cv2.warpPerspective(
        cv2.GaussianBlur(framed, (0, 0), sigma), homography, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT
    )
    corners = bounds.reshape(2, 2)[[[0, 0], [1, 0], [1, 1], [0, 1]], [[0, 1], [0, 1], [0, 1], [0, 1]]] * FINE + frame
    moved = cv2.perspectiveTransform(corners[None], homography)[0]
    return Recapture(_developed(seen, rng), np.concatenate([moved.min(0), moved.max(0)]))


def _shown(picture: Pixels, kind: Kind, rng: np.random.Generator) -> Light:
    light = ((picture / np.float32(255)) ** GAMMA).astype(np.float32)
    match kind:
        case Kind.SCREEN_CLOSE | Kind.SCREEN_FRAMED:
            return _display(light)
        case Kind.HALFTONE_CLOSE | Kind.HALFTONE_FRAMED:
            return _halftone(light, float(rng.uniform(2.0, 4.0)))
        case Kind.PHOTO_FRAMED:
            soft = cv2.resize(light, None, fx=FINE, fy=FINE, interpolation=cv2.INTER_LINEAR)
            return np.asarray(0.03 + 0.82 * soft, np.float32)


def _display(light: Light) -> Light:
    """Three upright stripes a pixel, red, green and blue, with a dark gap beside and below."""
    cell = np.zeros((FINE, FINE, 3), np.float32)
    for channel in range(3):
        cell[: FINE - 1, 2 * channel : 2 * channel + 2, channel] = 3 * FINE / (FINE - 1)
    fine = light.repeat(FINE, axis=0).repeat(FINE, axis=1)
    return np.asarray(fine * np.tile(cell, (light.shape[0], light.shape[1], 1)), np.float32)


def _halftone(light: Light, period: float) -> Light:
    """Round dots of three inks on screens at INK_ANGLES plus 45 degrees; `period` in pixels of the picture."""
    fine = cv2.resize(light, None, fx=FINE, fy=FINE, interpolation=cv2.INTER_LINEAR)
    rows, columns = np.mgrid[: fine.shape[0], : fine.shape[1]].astype(np.float32)
    for channel, angle in enumerate(INK_ANGLES):
        turn, wave = np.radians(angle + 45), 2 * np.pi / (period * FINE)
        along = np.cos(wave * (columns * np.cos(turn) + rows * np.sin(turn)))
        across = np.cos(wave * (rows * np.cos(turn) - columns * np.sin(turn)))
        screen = 0.5 + (along + across) / 4
        fine[..., channel] = np.where(fine[..., channel] > screen, 0.85, 0.05)
    return np.asarray(fine, np.float32)


def _framed(shown: Light, kind: Kind, rng: np.random.Generator) -> tuple[Light, int]:
    """With a bezel or a paper border and a table around it; and the width added on each side."""
    if kind in {Kind.SCREEN_CLOSE, Kind.HALFTONE_CLOSE}:
        return shown, 0
    long_side = max(shown.shape)
    border, table = round(long_side * rng.uniform(0.03, 0.08)), round(long_side * rng.uniform(0.05, 0.12))
    edge = 0.02 if kind is Kind.SCREEN_FRAMED else 0.85
    ground = float(rng.uniform(0.15, 0.5))
    framed = cv2.copyMakeBorder(shown, border, border, border, border, cv2.BORDER_CONSTANT, value=[edge] * 3)
    around = cv2.copyMakeBorder(framed, table, table, table, table, cv2.BORDER_CONSTANT, value=[ground] * 3)
    return np.asarray(around, np.float32), border + table


def _view(shape: tuple[int, ...], scale: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """The homography of a camera turned by up to 6 degrees, with its corners displaced by up to 3 %."""
    height, width = shape[:2]
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), float(rng.uniform(-6, 6)), 1.0)
    target = corners @ turn[:, :2].T + turn[:, 2] + rng.uniform(-0.03, 0.03, (4, 2)) * max(width, height)
    return np.asarray(cv2.getPerspectiveTransform(corners, (target * scale).astype(np.float32)), np.float64)


def _developed(seen: Light, rng: np.random.Generator) -> Pixels:
    exposed = np.clip(seen * rng.uniform(0.8, 1.1), 0, 1) ** (1 / GAMMA)
    noisy = exposed * 255 + rng.normal(0, rng.uniform(1, 3), exposed.shape)
    saved = np.clip(noisy, 0, 255).astype(np.uint8)
    _, data = cv2.imencode(".jpg", saved[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(80, 95))])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR_RGB), np.uint8)
