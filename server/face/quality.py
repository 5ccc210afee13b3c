"""How fit one face on one photograph is for a search: nine measured components, each with its grade.

All of them are plain arithmetic on the five landmarks and on the aligned chip, because no weights of a trained
quality net are free to ship. None says anything about who the person is. What each one is worth stands in
models/limits/quality.md with its counts: size, sharpness and pose are measurements; covered faces and closed eyes are
guesses from classical cues, and their sentences say "may".
"""

import math
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from server.domain.quality import Component, Quality
from server.face.align import chip_of
from server.face.decode import Photograph
from server.face.limits import PoseScale, QualityLimits
from server.face.looks import LOOK_SIDE, POINTS

Grey = NDArray[np.float32]
Chip = NDArray[np.uint8]

FACE: Final = (slice(25, 120), slice(25, 125))
"""Brows to lips, cheek to cheek, on the chip."""

FINE, MIDDLE, COARSE = 1.0, 2.0, 4.0
"""Blurs, as sigma in chip pixels, between which detail is compared for sharpness."""


PLAINEST_MOUTH, ODDEST_CHIN = 0.125, 16.0
PLAINEST_EYE, ODDEST_EYES = 0.105, 24.0
"""The ends of what uncovered faces showed: edges and contrasts in logarithmic grey, colours in CIE a*b*."""


def assess(photograph: Photograph, landmarks: NDArray[np.floating], limits: QualityLimits) -> Quality:
    """Judge one face.

    photograph: as decoded. landmarks: (5, 2), its points in pixels of `photograph.pixels`, of a face that leans any
    way. limits: the manifest's.

    Returns a finding for every Component; its values, all finite:
    SIZE, pixels between the eyes in the original photograph, >= 0; SHARPNESS, see `sharpness`, about 0.3 to 1; DARK,
    grey level of the face's highlights, 0 to 255; BRIGHT, share of the face at the upper end of grey, 0 to 1; YAW and
    PITCH, degrees away from straight, 0 to 90; EYES, see `eye_opening`, about -1.5 to 3; LOWER_FACE and UPPER_FACE,
    see `lower_cover` and `upper_cover`, 0 to 100. Never raises on a picture of at least one pixel and
    finite landmarks that differ.
    """
    chip = chip_of(photograph.pixels, landmarks, POINTS, LOOK_SIDE)
    grey = np.asarray(cv2.cvtColor(chip, cv2.COLOR_RGB2GRAY), np.uint8)
    even, chroma = _even(grey), _chroma(chip)
    yaw, pitch = pose(landmarks, limits.pose)
    values = {
        Component.SIZE: eye_distance(landmarks) * photograph.shrink,
        Component.SHARPNESS: sharpness(grey),
        Component.DARK: highlight(grey),
        Component.BRIGHT: burnt(grey),
        Component.YAW: abs(yaw),
        Component.PITCH: abs(pitch),
        Component.EYES: eye_opening(even),
        Component.LOWER_FACE: lower_cover(even, chroma),
        Component.UPPER_FACE: upper_cover(even, chroma),
    }
    return Quality(tuple(limits.bounds[part].finding(part, value) for part, value in values.items()))


def eye_distance(landmarks: NDArray[np.floating]) -> float:
    """Between the two eyes' landmarks, in the unit of the landmarks (ISO/IEC 29794-5, inter-eye distance)."""
    return math.dist(landmarks[0], landmarks[1])


def pose(landmarks: NDArray[np.floating], scale: PoseScale) -> tuple[float, float]:
    """Yaw and pitch in degrees, -90 to 90; positive where the face turns to the viewer's right, and upwards.

    After A. Gee and R. Cipolla, "Determining the gaze of faces in images", Image and Vision Computing 12(10), 1994:
    the nose stands before the plane of eyes and mouth, so under weak perspective it moves in it by depth * tan(angle).
    Here in the face's own axes, so that its lean does not matter.
    """
    left, right, nose, left_mouth, right_mouth = landmarks
    eyes, mouth = (left + right) / 2, (left_mouth + right_mouth) / 2
    height = max(math.dist(eyes, mouth), _LEAST)
    down = (mouth - eyes) / height
    across = np.array([down[1], -down[0]])
    width = max(abs(float((right - left + right_mouth - left_mouth) @ across)) / 2, _LEAST)
    aside, along = float((nose - eyes) @ across) / width, float((nose - eyes) @ down) / height
    yaw = math.atan(scale.yaw_slope * aside)
    pitch = math.atan(scale.pitch_slope * (scale.level - along))
    return math.degrees(yaw), math.degrees(pitch)


def sharpness(grey: Chip) -> float:
    """Fine detail over coarser detail, about 0.3 (blurred) to 1 (sharp); the same for any light and contrast.

    Strong edges (95th percentile) in the band between FINE and MIDDLE over those between MIDDLE and COARSE. Sensor
    noise lives below FINE and does not pass for sharpness, as it does with the energy of the Laplacian.
    """
    detail = grey.astype(np.float32)
    fine, middle, coarse = (cv2.GaussianBlur(detail, (0, 0), sigma)[FACE] for sigma in (FINE, MIDDLE, COARSE))
    upper, lower = _strong(fine - middle), _strong(middle - coarse)
    # The floors keep a plain surface, which has neither, at the blurred end.
    return (upper + 0.05) / (lower + 0.5)


def _strong(band: Grey) -> float:
    return float(np.percentile(np.abs(band), 95))


def highlight(grey: Chip) -> float:
    """The 99th percentile of the face's grey, 0 to 255: eye whites and sheen, which depend less on the skin than a
    mean does."""
    return float(np.percentile(grey[_OVAL], 99))


def burnt(grey: Chip) -> float:
    """Share of the face at grey 247 or more, 0 to 1, where the camera has lost all relief (ISO/IEC 29794-5)."""
    return float(np.mean(grey[_OVAL] >= 247))


def eye_opening(even: Grey) -> float:
    """Cues of open eyes, about -1.5 (closed) to 3; nothing finer than "may be closed" follows from it.

    An open eye has upright edges beside the iris, and an iris darker than the white on both sides of it; a closed
    one has a lash line only. Twice the iris contrast of the better eye, twice the contrast of the plainer eye, and
    the mean logarithm of upright over level edges.
    """
    upright, level = np.abs(cv2.Sobel(even, cv2.CV_32F, 1, 0)), np.abs(cv2.Sobel(even, cv2.CV_32F, 0, 1))
    edges = [math.log((_sum(upright[eye]) + 1) / (_sum(level[eye]) + 1)) for eye in _EYES]
    return sum(edges) / len(edges) + 2 * _iris_contrast(even) + 2 * eye_contrast(even)


def _iris_contrast(even: Grey) -> float:
    """How much darker a spot is than both its sides, at the best place near either eye; logarithmic."""
    spot, beside = cv2.blur(even, (5, 3)), cv2.blur(even, (4, 3))
    contrast = np.minimum(np.roll(beside, 8, axis=1), np.roll(beside, -9, axis=1)) - spot
    return max(float(contrast[y - 4 : y + 5, x - 5 : x + 6].max()) for x, y in _EYE_CENTRES)


def eye_contrast(even: Grey) -> float:
    """Standard deviation of logarithmic grey around the plainer eye, >= 0; small under a patch or dark glass."""
    return min(float(even[eye].std()) for eye in _EYES)


def lower_cover(even: Grey, chroma: Grey) -> float:
    """Signs of a covered mouth, >= 0, 1 where advice begins: no edge across the mouth, or a colour unlike the cheeks'.

    The larger of (edge of the plainest uncovered mouths / edge found) and (colour found / colour of the oddest
    uncovered chins), in CIE a*b*. Clear plastic and a beard are no cover.
    """
    edge = float(np.abs(cv2.Sobel(even, cv2.CV_32F, 0, 1)[_MOUTH]).mean())
    lower = np.mean([_median(chroma[part]) for part in _LOWER], axis=0)
    return max(PLAINEST_MOUTH / max(edge, 0.01), _apart(lower, _cheeks(chroma)) / ODDEST_CHIN)


def upper_cover(even: Grey, chroma: Grey) -> float:
    """Signs of covered eyes, >= 0, 1 where advice begins: an eye without contrast, or a colour unlike the cheeks'."""
    eyes = np.mean([_median(chroma[eye]) for eye in _EYES], axis=0)
    return max(PLAINEST_EYE / max(eye_contrast(even), 0.01), _apart(eyes, _cheeks(chroma)) / ODDEST_EYES)


def _even(grey: Chip) -> Grey:
    """Logarithmic grey, without the finest detail: ratios of light, so that contrast hardly depends on exposure."""
    return np.asarray(np.log(cv2.GaussianBlur(grey.astype(np.float32), (0, 0), 1.2) + 8.0), np.float32)


def _chroma(chip: Chip) -> Grey:
    """CIE a* and b*, (LOOK_SIDE, LOOK_SIDE, 2)."""
    return np.asarray(cv2.cvtColor(chip.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)[..., 1:], np.float32)


def _cheeks(chroma: Grey) -> NDArray[np.floating]:
    return np.asarray(np.mean([_median(chroma[cheek]) for cheek in _CHEEKS], axis=0))


def _median(part: Grey) -> NDArray[np.floating]:
    return np.asarray(np.median(part.reshape(-1, 2), axis=0))


def _apart(one: NDArray[np.floating], other: NDArray[np.floating]) -> float:
    return float(np.linalg.norm(one - other))


def _sum(part: Grey) -> float:
    return float(part.sum())


def _oval() -> NDArray[np.bool_]:
    rows, columns = np.mgrid[:LOOK_SIDE, :LOOK_SIDE]
    return np.asarray(((columns - 74) / 48) ** 2 + ((rows - 72) / 58) ** 2 <= 1)


_LEAST: Final = 1e-6
_OVAL: Final = _oval()
_EYE_CENTRES: Final = ((46, 45), (100, 45))
_EYES: Final = tuple((slice(y - 9, y + 10), slice(x - 13, x + 14)) for x, y in _EYE_CENTRES)
_MOUTH: Final = (slice(86, 112), slice(52, 96))
_CHEEKS: Final = ((slice(58, 74), slice(30, 48)), (slice(58, 74), slice(100, 118)))
_LOWER: Final = (
    (slice(92, 106), slice(60, 88)),
    (slice(112, 124), slice(58, 90)),
    (slice(86, 100), slice(34, 46)),
    (slice(86, 100), slice(102, 114)),
)
