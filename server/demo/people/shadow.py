"""Which light reaches a point: one depth map per direction of light."""

from dataclasses import dataclass

import cv2
import numpy as np

from server.demo.people.shaping import Field, unit

PIXEL_MM = 3.0
MAP_SIZE = 200
NOTHING = -1e4


@dataclass(frozen=True)
class ShadowMap:
    """Depth along a direction of whatever is nearest to the light."""

    origin: Field
    basis: Field
    depth: Field

    def visibility(self, points: Field, bias: float, softness: float) -> Field:
        """Share of the light (0..1) that reaches points (rows, columns, 3); `bias` and `softness` in mm."""
        local = (points - self.origin) @ self.basis
        centre = MAP_SIZE / 2 - 0.5
        nearest = cv2.remap(
            self.depth, local[..., 0] + centre, local[..., 1] + centre, cv2.INTER_LINEAR, borderValue=NOTHING
        )
        return np.asarray(np.exp(-np.clip(nearest - local[..., 2] - bias, 0, None) / softness))


def cast(direction: Field, casters: Field, origin: Field) -> ShadowMap:
    """The map of casters (n, 3) as seen from a unit direction."""
    upright = np.array([0, 1.0, 0]) if abs(direction[1]) < 0.9 else np.array([1.0, 0, 0])
    across = unit(np.cross(upright, direction))
    up = np.cross(direction, across)
    basis = np.stack([across / PIXEL_MM, up / PIXEL_MM, direction], 1).astype(np.float32)
    local = (casters - origin) @ basis
    cell = np.clip(local[:, :2] + MAP_SIZE / 2, 0, MAP_SIZE - 1).astype(np.int32)
    depth = np.full((MAP_SIZE, MAP_SIZE), NOTHING, np.float32)
    np.maximum.at(depth, (cell[:, 1], cell[:, 0]), local[:, 2])
    return ShadowMap(origin, basis, depth)
