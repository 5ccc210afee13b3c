"""An ear: a square grid pulled onto a disc, with rim, inner fold, bowl and lobe."""

import numpy as np

from server.demo.people.colour import BARE_SKIN, HAEMOGLOBIN, MELANIN, grey
from server.demo.people.shaping import Field, blob, bump, smoothstep
from server.demo.people.surface import Patch
from server.demo.people.traits import Identity

GRID_ROWS, GRID_COLUMNS = 90, 60
HALF_WIDTH_MM, HALF_HEIGHT_MM = 16, 29
ATTACHED_AT_Y, ATTACHED_AT_Z = -9.0, 4.0
SUNK_MM = 2.0


def build_ear(person: Identity, head: Patch, side: int) -> Patch:
    """The ear on one side (-1 the viewer's left, +1 right) of a head."""
    back, up = _disc()
    bowl = blob(back, up, (-0.28, -0.08), (0.33, 0.33))
    rim = bump(np.hypot(back, up), 0.88, 0.10) * smoothstep(-0.75, -0.3, up + 0.4 * (back > -0.3))
    points = _attach(_form(person, back, up, rim=rim, bowl=bowl, side=side), head, side)
    blood = 0.55 + 0.25 * rim
    absorbed = person.complexion.melanin * MELANIN + grey(blood) * HAEMOGLOBIN + 0.75 * grey(bowl)
    albedo = BARE_SKIN * np.exp(-absorbed)
    # The mesh must wind the same way on both sides.
    outward = slice(None, None, -1) if side < 0 else slice(None)
    plain = np.ones((GRID_ROWS, GRID_COLUMNS), np.float32)
    return Patch(
        points=np.ascontiguousarray(points[:, outward], np.float32),
        albedo=np.ascontiguousarray(albedo[:, outward], np.float32),
        bump=0 * plain,
        shine=0.5 * plain,
        exponent=14 * plain,
        wet=0 * plain,
        head=plain,
        skin=plain,
    )


def _disc() -> tuple[Field, Field]:
    """Coordinates (back, up) in the unit disc of a square grid."""
    up, back = np.meshgrid(np.linspace(1, -1, GRID_ROWS), np.linspace(-1, 1, GRID_COLUMNS), indexing="ij")
    pull = np.maximum(np.abs(back), np.abs(up)) / np.maximum(np.hypot(back, up), 1e-6)
    return back * pull, up * pull


def _form(person: Identity, back: Field, up: Field, *, rim: Field, bowl: Field, side: int) -> Field:
    size, angle = person.jaw.ear_size, person.jaw.ear_angle
    inner_fold = bump(np.hypot(back + 0.1, up - 0.02), 0.55, 0.11) * smoothstep(-0.5, 0.1, back + 0.3)
    relief = (
        3.4 * rim
        + 2.4 * inner_fold
        - 5.0 * bowl
        + 2.0 * blob(back, up, (-0.2, -0.85), (0.5, 0.25))
        + 2.2 * blob(back, up, (-0.8, -0.12), (0.14, 0.16))
        - 3.0 * smoothstep(0.93, 1, np.hypot(back, up))
    )
    behind = (back + 1) * HALF_WIDTH_MM * (1 + 0.18 * up) * size
    x = side * (behind * np.sin(angle) + relief * np.cos(angle))
    y = up * HALF_HEIGHT_MM * size - 0.12 * behind
    return np.stack([x, y, relief * np.sin(angle) - behind * np.cos(angle)], -1)


def _attach(points: Field, head: Patch, side: int) -> Field:
    x, y, z = (head.points[..., i] for i in range(3))
    away = (y - ATTACHED_AT_Y) ** 2 + (z - ATTACHED_AT_Z) ** 2 + 1e6 * (side * x < 0)
    root = head.points.reshape(-1, 3)[np.argmin(away)]
    return np.asarray(points + root - np.array([side * SUNK_MM, 0, 0]))
