"""A pullover painted on the torso: crew neck, or V neck, with a ribbed collar."""

from dataclasses import dataclass

import numpy as np

from server.demo.people.chart import SHAPE, person_height
from server.demo.people.colour import darken, grey, paint, to_linear
from server.demo.people.face import Face
from server.demo.people.shaping import Field, bump, edge, smoothstep, value_noise

NECK_RADIUS_MM = 60
V_DEPTH_MM = 40
THICKNESS_MM = 2.2


@dataclass(frozen=True)
class Cloth:
    """Cover (0..1), and the rib and distance in mm from the collar's edge (positive on the cloth)."""

    cover: Field
    rib: Field
    from_edge: Field


def dress(face: Face) -> Cloth:
    """Where the pullover covers the person."""
    chart, clothing = face.chart, face.person.clothing
    radius = np.hypot(0.92 * chart.x, face.z + 10)
    notch_width = np.abs(chart.x) - 0.22 * np.clip(chart.y - person_height(face.person.skull, -200), 0, None)
    notch = clothing.v_neck * smoothstep(0, 20, face.z) * smoothstep(16, 0, notch_width) * V_DEPTH_MM
    from_edge = radius - NECK_RADIUS_MM - 6 * clothing.collar - notch
    cover = edge(from_edge, 0.8) * (chart.y < person_height(face.person.skull, -128))
    return Cloth(cover, bump(from_edge, 4, 3), from_edge)


def paint_cloth(colour: Field, face: Face, cloth: Cloth) -> Field:
    """Paint knit, folds and the shadow under the collar."""
    x, y = face.chart.x, face.chart.y
    knit = 0.03 * np.sin(2.2 * x) * np.sin(2.2 * y)
    creases = 0.05 * np.sin(x / 23 + 2 * np.sin(y / 40)) * smoothstep(-190, -300, y)
    colour = paint(colour, 0.75 * to_linear(face.person.clothing.colour) * grey(1 + knit + creases), cloth.cover)
    below_chin = y < person_height(face.person.skull, -120)
    return darken(colour, 0.35 * bump(cloth.from_edge, 0.3, 1.2) * below_chin - 0.10 * cloth.rib * cloth.cover)


def thicken(points: Field, face: Face, cloth: Cloth, detail: np.random.Generator) -> Field:
    """The surface (ROWS, COLUMNS, 3) with the cloth's thickness added, in mm."""
    folds = 0.8 * value_noise(detail, SHAPE, 60, 2)
    out = points.copy()
    out[..., 2] += cloth.cover * (THICKNESS_MM + folds) * np.sign(face.chart.facing)
    out[..., 1] += 1.5 * cloth.cover * cloth.rib
    return out
