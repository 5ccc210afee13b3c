"""What a detector says about one face: where it stands, and its five points."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from server.face.align import moved


@dataclass(frozen=True, slots=True, eq=False)
class Detection:
    """One face in one picture.

    bounds: (left, top, right, bottom), pixels.
    landmarks: (5, 2), x and y in pixels: left eye, right eye, nose, left and right corner of the mouth; left
    and right as the viewer of the upright face sees them.
    """

    bounds: NDArray[np.float64]
    landmarks: NDArray[np.float64]

    @property
    def area(self) -> float:
        """Square pixels of the bounds."""
        left, top, right, bottom = self.bounds
        return float((right - left) * (bottom - top))

    def holds(self, other: "Detection") -> bool:
        """Whether the middle of the other face lies within this one's bounds."""
        left, top, right, bottom = self.bounds
        x, y = (other.bounds[:2] + other.bounds[2:]) / 2
        return bool(left <= x <= right and top <= y <= bottom)

    def carried(self, transform: NDArray[np.float64]) -> "Detection":
        """The same face in the picture that a (2, 3) transform of quarter turns and a scale leads to."""
        corners = moved(self.bounds.reshape(2, 2), transform)
        bounds = np.concatenate([corners.min(axis=0), corners.max(axis=0)])
        return Detection(bounds, moved(self.landmarks, transform))
