"""Landmarks to the fixed points of a square chip, by the best similarity transform.

Recognition stands or falls here: the embedding net was trained on faces whose eyes, nose and mouth
corners lie at the same places, so a face that is turned, large or off centre must be brought there first.
"""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

CHIP_SIDE: Final = 150
"""Side of the chip in pixels, the input of the embedding net."""


def similarity(source: NDArray[np.floating], fixed: NDArray[np.floating]) -> NDArray[np.float64]:
    """The similarity transform (turn, one scale, shift; no mirror) that best maps points to points.

    Least squares after S. Umeyama, "Least-squares estimation of transformation parameters between two
    point patterns", IEEE Trans. Pattern Analysis and Machine Intelligence 13(4), 1991, eq. 40-43.

    source, fixed: (n, 2) points in pixels, n >= 2, not all source points equal.
    Returns the (2, 3) matrix [scale * rotation | shift], which cv2.warpAffine takes.
    """
    source_mean, fixed_mean = source.mean(axis=0), fixed.mean(axis=0)
    centred = source - source_mean
    covariance = (fixed - fixed_mean).T @ centred / len(source)
    left, singular, right = np.linalg.svd(covariance)
    signs = np.array([1.0, np.sign(np.linalg.det(left) * np.linalg.det(right)) or 1.0])
    rotation = left @ np.diag(signs) @ right
    scale = float(singular @ signs) / float((centred**2).sum() / len(source))
    return np.column_stack([scale * rotation, fixed_mean - scale * rotation @ source_mean])


def moved(points: NDArray[np.floating], transform: NDArray[np.float64]) -> NDArray[np.float64]:
    """Points (n, 2) carried through a (2, 3) transform."""
    return points @ transform[:, :2].T + transform[:, 2]


def inverse(transform: NDArray[np.float64]) -> NDArray[np.float64]:
    """The (2, 3) transform that undoes a (2, 3) transform."""
    back = np.linalg.inv(transform[:, :2])
    return np.column_stack([back, -back @ transform[:, 2]])


def distance(points: NDArray[np.floating], others: NDArray[np.floating]) -> float:
    """Root mean square distance between points of the same order, both (n, 2)."""
    return float(np.sqrt(((points - others) ** 2).sum(axis=1).mean()))


def roll_of(transform: NDArray[np.float64]) -> float:
    """Degrees, -180 to 180, by which the face leans in the picture; positive when its own head turns
    clockwise as seen in the picture."""
    return float(np.degrees(np.arctan2(transform[0, 1], transform[0, 0])))


def chip_of(
    picture: NDArray[np.uint8],
    landmarks: NDArray[np.floating],
    fixed: NDArray[np.float64],
    margin: int = 0,
    side: int = CHIP_SIDE,
) -> NDArray[np.uint8]:
    """Cut the aligned chip, (side + 2 * margin) pixels square, RGB; what lies outside is black."""
    transform = similarity(landmarks, fixed)
    transform[:, 2] += margin
    whole = side + 2 * margin
    return np.asarray(cv2.warpAffine(picture, transform, (whole, whole), flags=cv2.INTER_LINEAR), np.uint8)
