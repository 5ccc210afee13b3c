"""Where the person is: rotation of head and body, and the pinhole through which they are seen."""

from dataclasses import dataclass

import numpy as np

from server.demo.people.shaping import Field

PIVOT = np.array([0, -75.0, -15])  # the head turns about the top of the neck
LOOKED_AT = np.array([0, -35.0, 80])  # middle of the face
BODY_FOLLOWS = 0.25
BODY_TILTS = 0.3  # of what it follows, for pitch and roll
FACE_MM = 190.0


@dataclass(frozen=True)
class Pose:
    """Rotations (3, 3) of head and body about PIVOT."""

    head: Field
    body: Field

    def apply(self, points: Field, head_share: Field) -> Field:
        """Points (..., 3) turned, those with share 1 like the head, 0 like the body."""
        share, relative = head_share[..., None], points.astype(np.float64) - PIVOT
        turned = (relative @ self.head.T) * share + (relative @ self.body.T) * (1 - share) + PIVOT
        return np.asarray(turned.astype(np.float32))

    def apply_to_head(self, points: Field) -> Field:
        """Points (..., 3) that sit on the head, turned with it."""
        return np.asarray((points - PIVOT) @ self.head.T + PIVOT)


def pose(yaw: float, pitch: float, roll: float) -> Pose:
    """A pose from angles in degrees; the body follows the head a little."""
    tilt = BODY_FOLLOWS * BODY_TILTS
    return Pose(_rotation(yaw, pitch, roll), _rotation(BODY_FOLLOWS * yaw, tilt * pitch, tilt * roll))


def _rotation(yaw: float, pitch: float, roll: float) -> Field:
    (cy, cp, cr), (sy, sp, sr) = np.cos(np.radians([yaw, pitch, roll])), np.sin(np.radians([yaw, pitch, roll]))
    about_z = np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
    about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    about_x = np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])
    return np.asarray(about_z @ about_y @ about_x)


@dataclass(frozen=True)
class Lens:
    """A pinhole `distance` mm before the origin; the middle of the face falls on `centre` (pixels)."""

    centre: tuple[float, float]
    focal: float
    distance: float
    aim: Field

    def project(self, points: Field) -> Field:
        """Pixels (..., 2) of points (..., 3) in mm."""
        away = self.distance - points[..., 2]
        x = self.centre[0] + self.focal * (points[..., 0] - self.aim[0]) / away
        y = self.centre[1] - self.focal * (points[..., 1] - self.aim[1]) / away
        return np.stack([x, y], -1).astype(np.float32)


def lens(centre: tuple[float, float], face_pixels: float, distance: float, seen: Pose) -> Lens:
    """A lens that makes a face of FACE_MM about `face_pixels` high."""
    return Lens(centre, face_pixels / FACE_MM * distance, distance, seen.apply_to_head(LOOKED_AT))
