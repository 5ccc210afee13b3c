"""Colour of skin and lips from pigment: melanin and haemoglobin absorb, Beer and Lambert's law does the rest."""

from dataclasses import dataclass

import cv2
import numpy as np

from server.demo.people.chart import SHAPE, Chart
from server.demo.people.colour import BARE_SKIN, HAEMOGLOBIN, MELANIN, darken, grey, paint, to_linear
from server.demo.people.expression import JAW_DROP_MM
from server.demo.people.face import Face
from server.demo.people.mouth import OPEN_FROM_MM, corner_y
from server.demo.people.relief import chin_y
from server.demo.people.shaping import Field, blob, bump, edge, smoothstep, value_noise
from server.demo.people.traits import Complexion

FINE_TEXEL_MM = 0.42
LIP_HAEMOGLOBIN = np.array([0.12, 0.80, 0.62])
LIPSTICK = (170, 40, 50)
MOUTH_INSIDE = np.array([0.05, 0.012, 0.012])
TEETH = np.array([0.62, 0.56, 0.46])
TOOTH_WIDTH_MM = 7.6
# Shadows on skin are warm: red light is lost a little less than green and blue.
WARM = np.array([0.8, 1.0, 1.0])
WARMER = np.array([0.75, 1.0, 1.0])
LID_TINT = np.array([0.8, 1.0, 1.05])


@dataclass(frozen=True)
class Skin:
    """Linear colour of the bare face, mask of the lips, and how fine the texels are (1 fine, 0 coarse)."""

    colour: Field
    lips: Field
    fineness: Field


def paint_skin(face: Face, rng: np.random.Generator, detail: np.random.Generator) -> Skin:
    """Paint skin, lips and mouth; `rng` draws the skin's mottling, `detail` freckles and moles."""
    fine = _fineness(face)
    lips = cv2.GaussianBlur(np.clip(face.mouth.upper_lip + face.mouth.lower_lip, 0, 1).astype(np.float32), (0, 0), 2.0)
    colour = _skin_colour(face, fine, rng, detail)
    colour = paint(colour, _lip_colour(face, rng), 0.8 * lips)
    return Skin(_shadows(_mouth_inside(colour, face), face), lips, fine)


def _fineness(face: Face) -> Field:
    """Noise must fade where texels are coarse, or neck and shoulders come out streaked."""
    chart, z = face.chart, face.z
    across = np.abs(np.gradient(chart.x, axis=1)) + np.abs(np.gradient(z, axis=1))
    down = np.abs(np.gradient(chart.y, axis=0)) + 0.7 * (
        np.abs(np.gradient(z, axis=0)) + np.abs(np.gradient(chart.x, axis=0))
    )
    fine = np.clip(FINE_TEXEL_MM / np.maximum(across, down), 0, 1) ** 1.5
    menton = face.person.skull.menton_y
    is_head = smoothstep(menton - 16, menton + 4, chart.y + 8 * (1 - chart.facing))
    return np.asarray(cv2.GaussianBlur(fine.astype(np.float32), (0, 0), 9) * is_head)


def _skin_colour(face: Face, fine: Field, rng: np.random.Generator, detail: np.random.Generator) -> Field:
    complexion = face.person.complexion
    broad = value_noise(rng, SHAPE, 60, 3, 0.6) * (0.4 + 0.6 * fine)
    patches = value_noise(rng, SHAPE, 9, 3, 0.7) * (0.15 + 0.85 * fine)
    pores = value_noise(rng, SHAPE, 2.2, 2, 0.8) * fine
    mottle = complexion.mottle
    melanin = (
        complexion.melanin * (1 + (0.05 * broad + 0.035 * patches) * mottle)
        + 0.006 * patches
        + 0.012 * pores * mottle
        + _shaded_melanin(face)
        + _freckles_and_moles(face, detail)
    )
    blood = 0.28 * complexion.haemoglobin + 0.03 * (broad + patches) + _blushing(face)
    absorbed = grey(melanin) * MELANIN + grey(blood) * _blood_absorption(complexion)
    return np.asarray(_bare_skin(complexion) * np.exp(-absorbed))


def _bare_skin(complexion: Complexion) -> Field:
    return BARE_SKIN * (1 + 0.5 * complexion.warmth * np.array([0.5, 0, -0.8]))


def _blood_absorption(complexion: Complexion) -> Field:
    """Melanin lies above the blood and hides part of it."""
    return HAEMOGLOBIN * (1 - 0.35 * complexion.melanin)


def _blushing(face: Face) -> Field:
    x, y, person = face.chart.across, face.chart.wy, face.person
    sockets = 0.18 * (1 - 0.4 * person.complexion.melanin)
    return (
        person.complexion.blush * 0.32 * blob(x, y, (44, -32), (15, 14))
        + 0.34 * blob(x, y, (0, face.nose.tip_y), (9, 9))
        + 0.26 * blob(x, y, face.nose.wing, (5, 6))
        + 0.15 * blob(x, y, (0, chin_y(person, face.expression)), (14, 9))
        + 0.18 * face.nose.wing_crease
        + sockets * blob(x, y, (person.eyes.half_distance, -3), (15, 9))
    )


def _shaded_melanin(face: Face) -> Field:
    """Melanin under the eyes, on the lids, in folds and wrinkles; less of it on the forehead."""
    x, y, person, t = face.chart.across, face.chart.wy, face.person, face.eyes.t
    rings = 0.03 + 0.05 * (person.complexion.melanin + person.eyes.bag)
    under_eye = bump(y, face.eyes.lower_y - 7, 4) * smoothstep(-0.2, 0.1, t) * smoothstep(1.1, 0.6, t)
    return (
        rings * under_eye
        + 0.05 * blob(x, y, (person.eyes.half_distance, 8), (14, 5))
        - 0.03 * blob(x, y, (0, 50), (30, 16))
        + 0.06 * np.clip(face.folds.wrinkles, 0, 1.5)
        + 0.06 * face.folds.fold
    )


def _freckles_and_moles(face: Face, detail: np.random.Generator) -> Field:
    chart, complexion = face.chart, face.person.complexion
    melanin: Field = np.zeros(SHAPE, np.float32)
    if complexion.freckles > 0:
        spots = smoothstep(1.1, 1.7, value_noise(detail, SHAPE, 4.2))
        where = np.clip(1.2 * blob(chart.across, chart.wy, (22, -20), (26, 16)) + 0.25, 0, 1) * chart.front
        melanin = melanin + 0.16 * complexion.freckles * spots * where
    for _ in range(complexion.moles):
        melanin = melanin + 0.55 * _mole(chart, face.person.skull.menton_y, detail) * (face.z > 0)
    return melanin


def _mole(chart: Chart, menton_y: float, detail: np.random.Generator) -> Field:
    x, y, radius = detail.uniform(-55, 55), detail.uniform(menton_y + 15, 55), detail.uniform(0.7, 1.6)
    return np.asarray(np.exp(-((((chart.wx - x) ** 2 + (chart.wy - y) ** 2) / radius**2) ** 1.5)))


def _lip_colour(face: Face, rng: np.random.Generator) -> Field:
    complexion = face.person.complexion
    melanin = 0.9 * complexion.melanin + 0.09 + 0.025 * value_noise(rng, SHAPE, 3, 2)
    blood = (0.95 + 0.3 * complexion.haemoglobin) * (1 - 0.4 * complexion.melanin)
    colour = _bare_skin(complexion) * np.exp(-grey(melanin) * MELANIN - blood * LIP_HAEMOGLOBIN)
    return np.asarray(colour * (1 - complexion.lipstick) + complexion.lipstick * 0.8 * to_linear(LIPSTICK))


def _mouth_inside(colour: Field, face: Face) -> Field:
    mouth, chart = face.mouth, face.chart
    colour = darken(colour, 0.72 * mouth.line * (1 - 0.5 * smoothstep(0.8, 1, mouth.t)), WARM)
    corner = (mouth.half_width + 0.5, corner_y(face.person, face.expression))
    colour = darken(colour, 0.25 * blob(chart.across, chart.wy, corner, (2, 2)))
    if face.expression.jaw_drop <= OPEN_FROM_MM:
        return colour
    return paint(colour, _teeth(face), mouth.gap)


def _teeth(face: Face) -> Field:
    mouth, y = face.mouth, face.chart.wy
    visible = min(JAW_DROP_MM - 0.5, 0.9 * face.expression.jaw_drop)
    row = edge(mouth.upper_edge_y - 0.3 - y, 0.5) * edge(y - mouth.upper_edge_y + visible, 0.4)
    gaps = 1 - 0.22 * (np.abs(np.sin(np.pi * face.chart.across / TOOTH_WIDTH_MM)) < 0.06)
    teeth = TEETH * grey(gaps * (1 - 0.75 * np.clip(mouth.t, 0, 1) ** 2))
    return paint(MOUTH_INSIDE * np.ones((*SHAPE, 1)), teeth, row * smoothstep(0.86, 0.7, mouth.t))


def _shadows(colour: Field, face: Face) -> Field:
    """What lies too deep for the light: nostrils, the crease of the wing, the crease of the upper lid."""
    colour = darken(colour, 0.78 * np.clip(1.25 * face.nose.nostril, 0, 1), WARMER)
    colour = darken(colour, 0.22 * face.nose.wing_crease)
    return darken(colour, 0.40 * face.eyes.crease * (0.35 + 0.65 * face.expression.eye), LID_TINT)
