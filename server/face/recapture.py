"""Is this a photograph of a screen or of a print? A hint for the officer, never a reason to refuse.

Two cues, both cheap. A display's pixels and a print's dots are regular, and so is the moire between them and
the camera's pixels: they stand as lone peaks in the spectrum of the face, where skin, hair and noise give none. And
a screen's bezel or a print's edge is a rectangle of long straight lines around the face.

Neither proves anything: a sharp photographic print without its border passes, and a person before a window frame
may not. The figures, on simulated recaptures, stand in models/limits/recapture.md.
"""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from server.domain.quality import Grade, Recapture
from server.face.limits import RecaptureLimits

WINDOW: Final = 128
"""Side, in pixels of the decoded photograph, of the windows whose spectra are averaged."""

STEPS: Final = 3
"""Windows in each direction over the face; overlapping ones average the noise of the spectrum away."""

LOWEST: Final = 12
"""Periods a window under which features of the face itself, not a grid, give peaks."""

BLOCK: Final = 8
"""Pixels a JPEG block: its edges give peaks at multiples of an eighth of a pixel's frequency, left out here."""

EDGE_SIDE: Final = 320
"""Long side, in pixels, at which straight lines are looked for."""

LONGEST_LEAN: Final = 12.0
"""Degrees by which a side of the rectangle may lean from the picture's own edges."""


def recaptured(
    pixels: NDArray[np.uint8], bounds: NDArray[np.float64], sharpness: Grade, limits: RecaptureLimits
) -> Recapture:
    """Look for a screen's or a print's marks.

    pixels: (height, width, 3), uint8 RGB, the decoded photograph at its decoded size. bounds: (left, top, right,
    bottom) of the face in its pixels, which may lie partly outside. sharpness: the grade of that component: the
    pattern counts only on a sharp face, for a blurred one shows no grid, while the blocks of its JPEG stand out.
    Never raises on a picture of at least one pixel.
    """
    periodic = periodicity(pixels, bounds)
    edges = rectangle_sides(pixels, bounds)
    patterned = sharpness is Grade.GOOD and periodic >= limits.periodic
    return Recapture(periodic, edges, hinted=patterned or edges >= limits.edges)


def periodicity(pixels: NDArray[np.uint8], bounds: NDArray[np.float64]) -> float:
    """The strongest lone peak in the spectrum of the face, over the mean around it; >= 0, about 2 without a grid.

    Power spectra of STEPS x STEPS overlapping windows are averaged (P. Welch, IEEE Trans. Audio and
    Electroacoustics 15(2), 1967), once of the brightness and once of the difference of red and green, where the
    stripes of a display stand out. 0.0 where the picture is smaller than a window.
    """
    if min(pixels.shape[:2]) < WINDOW:
        return 0.0
    colour = pixels.astype(np.float32)
    planes = (cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY).astype(np.float32), colour[..., 0] - colour[..., 1])
    corners = _corners(pixels.shape, bounds)
    return max(_peak(_spectrum(plane, corners)) for plane in planes)


def _corners(shape: tuple[int, ...], bounds: NDArray[np.float64]) -> list[tuple[int, int]]:
    """(top, left) of the windows, spread over the face and kept inside the picture."""
    left, top, right, bottom = bounds
    rows = _starts(top, bottom, shape[0])
    columns = _starts(left, right, shape[1])
    return [(row, column) for row in rows for column in columns]


def _starts(low: float, high: float, length: int) -> list[int]:
    spread = np.linspace(low, max(low, high - WINDOW), STEPS)
    return sorted({int(start) for start in np.clip(spread, 0, length - WINDOW)})


def _spectrum(plane: NDArray[np.float32], corners: list[tuple[int, int]]) -> NDArray[np.float32]:
    """Mean power, (WINDOW, WINDOW // 2 + 1), of the windows at these corners."""
    total = np.zeros((WINDOW, WINDOW // 2 + 1), np.float32)
    for top, left in corners:
        part = plane[top : top + WINDOW, left : left + WINDOW]
        half = np.fft.rfft2((part - part.mean()) * _TAPER)
        total += (half.real**2 + half.imag**2).astype(np.float32)
    return np.asarray(total / len(corners), np.float32)


def _peak(power: NDArray[np.float32]) -> float:
    """The largest root of power over the mean power around it, at frequencies that a grid may have."""
    around = cv2.blur(power, (15, 15)) * 225 - cv2.blur(power, (5, 5)) * 25
    # A floor, so that rounding to whole grey levels is no pattern.
    return float(np.sqrt(np.where(_SEARCHED, power / (around / 200 + _FLOOR), 0.0).max()))


def rectangle_sides(pixels: NDArray[np.uint8], bounds: NDArray[np.float64]) -> int:
    """How many sides, 0 to 4, of a rectangle of straight lines are seen around the face.

    A side is a line, within LONGEST_LEAN of the picture's edges, beside the face and about as long as it or longer.
    """
    scale = EDGE_SIDE / max(pixels.shape)
    size = (max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale)))
    small = cv2.resize(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), size, interpolation=cv2.INTER_AREA)
    box = bounds * scale
    least = 0.9 * max(8.0, float(min(box[2] - box[0], box[3] - box[1])))
    lines = cv2.HoughLinesP(cv2.Canny(small, 40, 120), 1, np.pi / 180, 40, minLineLength=least, maxLineGap=4)
    return 0 if lines is None else len({side for line in lines.reshape(-1, 4) if (side := _side(line, box))})


def _side(line: NDArray[np.int32], box: NDArray[np.float64]) -> str:
    """Which side of the face's box a line passes along: left, right, above, below; empty where none."""
    x0, y0, x1, y1 = map(float, line)
    lean = abs(np.degrees(np.arctan2(y1 - y0, x1 - x0)))
    x, y = (x0 + x1) / 2, (y0 + y1) / 2
    if abs(lean - 90) <= LONGEST_LEAN and min(y0, y1) < box[3] and max(y0, y1) > box[1]:
        return "left" if x < box[0] else "right" if x > box[2] else ""
    if min(lean, 180 - lean) <= LONGEST_LEAN and min(x0, x1) < box[2] and max(x0, x1) > box[0]:
        return "above" if y < box[1] else "below" if y > box[3] else ""
    return ""


def _taper() -> NDArray[np.float32]:
    """Hann's window in two dimensions."""
    line = np.hanning(WINDOW)
    return np.outer(line, line).astype(np.float32)


def _searched() -> NDArray[np.bool_]:
    """Where a peak may be a grid's: above LOWEST, and not where the edges of JPEG blocks give one."""
    rows = np.fft.fftfreq(WINDOW, 1 / WINDOW)[:, None]
    columns = np.arange(WINDOW // 2 + 1)[None]
    every = WINDOW // BLOCK
    blocks = (np.abs((rows + 1) % every - 1) <= 1) & (np.abs((columns + 1) % every - 1) <= 1)
    return np.asarray((np.hypot(rows, columns) >= LOWEST) & ~blocks)


_TAPER: Final = _taper()
_SEARCHED: Final = _searched()
_FLOOR: Final = 0.08 * float((_TAPER**2).sum())
