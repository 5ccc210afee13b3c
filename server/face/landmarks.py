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
        middle = (other.bounds[:2] + other.bounds[2:]) / 2
        return bool(self.covers(middle[None])[0])

    def covers(self, points: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Which of some points (n, 2) lie within the bounds."""
        return np.asarray(((points >= self.bounds[:2]) & (points <= self.bounds[2:])).all(axis=1), np.bool_)

    def carried(self, transform: NDArray[np.float64]) -> "Detection":
        """The same face in the picture that a (2, 3) transform, a turn and a scale, leads to.

        Bounds stay upright: sides are exchanged at quarter turns, and between them blend into one another.
        """
        corners = self.bounds.reshape(2, 2)
        middle = moved(corners.mean(axis=0)[None], transform)[0]
        part = np.abs(transform[:, :2])
        half = part @ (corners[1] - corners[0]) / 2 * np.hypot(*transform[:, 0]) / part.sum(axis=1)
        return Detection(np.concatenate([middle - half, middle + half]), moved(self.landmarks, transform))
