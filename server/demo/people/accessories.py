"""What covers a face: spectacles, sunglasses, a medical mask."""

from dataclasses import replace

import cv2
import numpy as np

from server.demo.people.colour import Rgb, paint, to_linear
from server.demo.people.fibres import BLOCK, Fibres
from server.demo.people.shaping import Field, mix, smoothstep
from server.demo.people.surface import Body, Patch
from server.demo.people.traits import Identity

FRAME_COLOUR = np.array([[0.02, 0.02, 0.022]])
LENS_COLOUR = np.array([[0.012, 0.012, 0.014]])
FRAME_DEPTH_MM = 97.0
LENS_HALF_WIDTH, LENS_HALF_HEIGHT, LENS_Y = 25, 19, -4
LENS_RINGS = 46
TEMPLE_X = 77.0
MASK_STANDS_OFF_MM = 7


def wear_mask(body: Body, colour: Rgb) -> Patch:
    """The head with a medical mask of this colour (sRGB 0..255)."""
    patch, chart, menton_y = body.patch, body.face.chart, body.face.person.skull.menton_y
    top = np.interp(chart.across, [0, 14, 30, 62, 75], [-24, -26, -34, -32, -30])
    cover = (
        smoothstep(-1, 1, top - chart.wy)
        * smoothstep(menton_y - 9, menton_y - 4, chart.wy)
        * smoothstep(72, 60, chart.azimuth)
    )
    pleats = 0.85 + 0.15 * (0.5 + 0.5 * np.cos(0.55 * chart.wy))
    sheet = cv2.GaussianBlur(patch.points, (0, 0), 22)
    sheet[..., 2] += MASK_STANDS_OFF_MM
    fabric = 0.8 * to_linear(colour) * pleats[..., None]
    return replace(
        patch,
        points=mix(patch.points, sheet, cover[..., None]).astype(np.float32),
        albedo=paint(patch.albedo, fabric, cover).astype(np.float32),
        shine=(patch.shine * (1 - cover)).astype(np.float32),
        skin=(patch.skin * (1 - cover)).astype(np.float32),
    )


def spectacles(person: Identity) -> list[Fibres]:
    """The frame of a pair of spectacles."""
    pupil = person.eyes.half_distance * person.skull.scale
    rims = [_frame(_rim(pupil, side, 1.0)) for side in (-1, 1)]
    temples = [_frame(_temple(pupil, side)) for side in (-1, 1)]
    x = np.linspace(23 - pupil, pupil - 23, 30)
    bridge = np.stack([x, 1 + 2 * np.cos(x / 8), np.full(30, FRAME_DEPTH_MM + 3)], -1)
    return [*rims, *temples, _frame(bridge)]


def sunglasses(person: Identity) -> list[Fibres]:
    """Spectacles whose lenses are filled, ring inside ring."""
    pupil = person.eyes.half_distance * person.skull.scale
    rings = [_rim(pupil, side, size) for side in (-1, 1) for size in np.linspace(0.05, 0.97, LENS_RINGS)]
    return [*spectacles(person), *(Fibres(ring[None], LENS_COLOUR, BLOCK, matte=True) for ring in rings)]


def _frame(line: Field) -> Fibres:
    return Fibres(line[None], FRAME_COLOUR, BLOCK, matte=True)


def _rim(pupil: float, side: int, size: float) -> Field:
    """A superellipse round one eye, bent back at its outer side."""
    t = np.linspace(0, 2 * np.pi, 120)
    cos, sin = np.cos(t), np.sin(t)
    x = side * (pupil + 2) + size * LENS_HALF_WIDTH * np.sign(cos) * np.abs(cos) ** 0.70
    y = LENS_Y + size * LENS_HALF_HEIGHT * np.sign(sin) * np.abs(sin) ** 0.65
    return np.stack([x, y, FRAME_DEPTH_MM - 0.010 * np.clip(np.abs(x) - 8, 0, None) ** 2], -1)


def _temple(pupil: float, side: int) -> Field:
    hinge_z = FRAME_DEPTH_MM - 0.010 * (pupil + 19) ** 2
    x = np.concatenate([np.linspace(pupil + 27, TEMPLE_X, 30), np.full(40, TEMPLE_X)])
    z = np.concatenate([np.linspace(hinge_z, 70, 30), np.linspace(70, 0, 40)])
    return np.stack([side * x, np.full(70, 3.0), z], -1)
