"""Paint on the eyes: iris, white, lid shadow, lashes and the wet lower rim."""

import numpy as np

from server.demo.people.colour import darken, grey, paint, to_linear
from server.demo.people.eyes import EyeForm
from server.demo.people.face import Face
from server.demo.people.shaping import Field, bump, smoothstep
from server.demo.people.traits import Identity

IRIS_WAVES = (9, 17, 29, 41)
PUPIL_EDGE = (2.35, 1.75)
# A pure white wedge beside the iris looks wrong: the white is dull and darkens towards the corners.
WHITE = np.array([0.66, 0.60, 0.57])
CARUNCLE = np.array([0.45, 0.17, 0.15])
WET_RIM = np.array([0.55, 0.28, 0.24])


def paint_eyes(skin: Field, face: Face, rng: np.random.Generator) -> Field:
    """Linear colour of the face with eyes painted on; `rng` draws the fibres of the iris."""
    chart, eyes, person = face.chart, face.eyes, face.person
    colour = paint(skin, _ball(face, rng), eyes.opening)
    above_edge, below_edge = chart.wy - eyes.upper_y, chart.wy - eyes.lower_y
    is_front = chart.front > 0.5
    upper = bump(above_edge, 0.15, 0.55) * smoothstep(0.03, 0.15, eyes.t) * smoothstep(1.06, 0.97, eyes.t)
    lower = bump(below_edge, -0.5, 0.45) * smoothstep(0.15, 0.4, eyes.t) * smoothstep(1.03, 0.95, eyes.t)
    colour = darken(colour, (0.78 - 0.15 * person.robustness) * upper * is_front)
    colour = darken(colour, 0.35 * lower * is_front)
    wet = bump(below_edge, 0.1, 0.4) * smoothstep(0.05, 0.2, eyes.t) * smoothstep(1, 0.9, eyes.t)
    rim = WET_RIM * (1 - 0.4 * person.complexion.melanin)
    return paint(colour, rim, 0.6 * wet * eyes.opening * face.expression.eye)


def _ball(face: Face, rng: np.random.Generator) -> Field:
    chart, person, eyes, expression = face.chart, face.person, face.eyes, face.expression
    dx = chart.wx - chart.side * (person.eyes.half_distance + 0.3) - expression.gaze_x
    dy = chart.wy - 0.1 - expression.gaze_y
    radius, edge = np.hypot(dx, dy), person.eyes.iris_radius
    iris = _iris(radius, np.arctan2(dy, dx), person, rng)
    ball = paint(_white(eyes), iris, smoothstep(edge + 0.35, edge - 0.35, radius))
    lid_shadow = 0.32 + 0.68 * smoothstep(-0.2, 3.2, eyes.upper_y - chart.wy)
    rim_shadow = 0.7 + 0.3 * smoothstep(0, 1.2, chart.wy - eyes.lower_y)
    return ball * grey(lid_shadow * rim_shadow)


def _iris(radius: Field, angle: Field, person: Identity, rng: np.random.Generator) -> Field:
    edge = person.eyes.iris_radius
    fibres = np.zeros_like(radius)
    for waves in IRIS_WAVES:
        fibres += 0.25 * np.sin(waves * angle + rng.uniform(0, 6) + radius * rng.uniform(-0.5, 0.5))
    brightness = (1 + 0.35 * fibres) * (1.25 - 0.1 * radius) * (1 - 0.75 * smoothstep(edge - 1, edge, radius))
    return np.asarray(
        to_linear(person.complexion.iris) * grey(brightness * (1 - smoothstep(*PUPIL_EDGE, radius))) + 0.004
    )


def _white(eyes: EyeForm) -> Field:
    off_centre = grey(np.abs(np.clip(eyes.t, 0, 1) - 0.5))
    white = WHITE * (1 - 0.10 * off_centre * np.array([0.3, 1.5, 1.5])) * (1 - 0.45 * (2 * off_centre) ** 2.5)
    return paint(white, CARUNCLE, smoothstep(0.13, 0.04, eyes.t))
