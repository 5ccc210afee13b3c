"""Where hair grows: hairline, brows and beard, as masks and as the paint of what lies beneath the strands."""

from dataclasses import dataclass

import numpy as np

from server.demo.people.chart import SHAPE
from server.demo.people.colour import paint, to_linear
from server.demo.people.face import Face
from server.demo.people.relief import brow_y
from server.demo.people.shaping import Field, blob, smoothstep, value_noise

# Pure black hair looks stamped on.
DARKEST_HAIR = np.array([0.017, 0.0135, 0.0115])
STUBBLE_TINT = 0.02 * np.array([0.9, 1.0, 1.1])
SCALP_COVER = 0.94
BROW_COVER = 0.55

# Height of the hairline in mm over degrees from straight ahead, and how far each knot moves with the
# hairline and recedes with age.
HAIRLINE_DEGREES = (0, 14, 26, 40, 52, 62, 70, 78, 86, 100, 125, 180)
HAIRLINE_Y = np.array([72, 71, 68, 60, 36, 6, -14, -22, 14, -6, -55, -74.0])
HAIRLINE_SHIFT = np.array([1, 1, 1, 0.6, 0, 0, 0, 0, 0, 0, 0, 0])
HAIRLINE_RECEDES = np.array([0, 6, 26, 26, 14, 0, 0, 0, 0, 0, 0, 0])

BEARD_COVER = {"none": 0.10, "stubble": 0.42, "short": 0.62, "full": 0.8, "goatee": 0.65, "moustache": 0.6}


@dataclass(frozen=True)
class Growth:
    """Masks of where strands root (0..1), the linear hair colour, and the brow's own coordinates.

    `brow_t`: 0 at the inner end of the brow, 1 at the tail. `brow_middle_y`: its centre line in mm.
    `beard_paint`: the beard mask times how much skin it hides.
    """

    colour: Field
    scalp: Field
    brow: Field
    brow_t: Field
    brow_middle_y: Field
    beard: Field
    beard_paint: Field


def grow(face: Face, lips: Field, detail: np.random.Generator) -> tuple[Growth, Field]:
    """Hair masks, and the share (0..1) of scalp that its paint covers; `detail` frays the hairline."""
    scalp = _scalp(face, detail)
    is_bald = face.person.hair.style == "bald"
    dots = (0.5 if is_bald else 0.8) + 0.2 * smoothstep(-1, 1, value_noise(detail, SHAPE, 1.6))
    brow, brow_t, brow_middle_y = _brow(face)
    beard = _beard(face, lips)
    cover = _beard_cover(face)
    colour = np.maximum(to_linear(face.person.hair.colour), DARKEST_HAIR).astype(np.float32)
    growth = Growth(colour, scalp, brow, brow_t, brow_middle_y, beard, beard * cover)
    return growth, SCALP_COVER * scalp * dots


def paint_growth(colour: Field, face: Face, growth: Growth, scalp: Field, detail: np.random.Generator) -> Field:
    """Paint scalp, brows and beard shadow; `detail` draws the dots of the stubble."""
    colour = paint(colour, growth.colour * 0.5, scalp)
    brow = np.clip(BROW_COVER * face.person.brows.density * growth.brow, 0, 0.8)
    colour = paint(colour, growth.colour * 0.8 + 0.012, brow)
    dots = 0.55 + 0.45 * smoothstep(-0.6, 0.9, value_noise(detail, SHAPE, 1.5))
    return paint(colour, growth.colour * 0.55 + STUBBLE_TINT, growth.beard_paint * dots)


def _scalp(face: Face, detail: np.random.Generator) -> Field:
    hair, chart = face.person.hair, face.chart
    knots = HAIRLINE_Y + hair.hairline * HAIRLINE_SHIFT + hair.recession * HAIRLINE_RECEDES
    line = np.interp(chart.azimuth, HAIRLINE_DEGREES, knots) + 2.2 * value_noise(detail, SHAPE, 14, 2)
    scalp = smoothstep(-2.5, 3.5, chart.y - line) * (chart.y > -90)
    if hair.style == "bald":
        scalp = scalp * smoothstep(70, 95, chart.azimuth) * smoothstep(70, 40, chart.y) * 0.8
    return np.asarray(scalp)


def _brow(face: Face) -> tuple[Field, Field, Field]:
    brows, chart, expression = face.person.brows, face.chart, face.expression
    position = (chart.across - brows.inner_x) / (brows.outer_x - brows.inner_x)
    t = np.clip(position, 0, 1)
    middle = (
        brow_y(face.person, expression)
        + 1.1 * brows.arch * np.sin(np.pi * t**1.35)
        + brows.tilt * (t - 0.4)
        - 2.5 * smoothstep(0.6, 1, t)
        + 0.75 * expression.brow * (1 - t)
    )
    belly = 0.62 + 0.5 * np.sin(np.pi * t**0.7)
    thickness = 0.5 * brows.thickness * belly * (1 - 0.72 * smoothstep(0.55, 1.02, t))
    ends = smoothstep(-0.10, 0.22, position) * smoothstep(1.06, 0.90, position)
    mask = np.exp(-0.9 * ((chart.wy - middle) / thickness) ** 2) * ends * (chart.front > 0.5)
    return mask, t, middle


def _beard(face: Face, lips: Field) -> Field:
    """Mask of the beard in its form: whole, goatee or moustache."""
    chart, person, skull = face.chart, face.person, face.person.skull
    nose_y, mouth_y = skull.nose_base_y, skull.mouth_y
    cheek_line = np.interp(
        chart.across,
        [0, 20, 34, 48, 58, 66, 75],
        [nose_y - 3, nose_y - 7, mouth_y + 2, mouth_y + 8, -38, -22, -10],
    )
    under_lip_y = mouth_y - person.mouth.lower_lip - 5 - face.expression.jaw_drop
    soul_patch = np.hypot(0.9 * np.maximum(chart.across - 4, 0), chart.wy - under_lip_y) + 2.5
    zone = (
        smoothstep(-6, 4, cheek_line - chart.wy)
        * smoothstep(88, 76, chart.azimuth)
        * smoothstep(skull.menton_y - 12, skull.menton_y - 5, chart.wy)
        * (1 - lips)
        * smoothstep(1.5, 4, soul_patch)
        * (1 - 0.6 * blob(chart.across, chart.wy, (0, nose_y - 4), (2.2, 8)))
        * (1 - face.mouth.gap)
    )
    return np.asarray(zone * _beard_form(face))


def _beard_form(face: Face) -> Field:
    across, y, mouth_y = face.chart.across, face.chart.wy, face.person.skull.mouth_y
    half_width = face.mouth.half_width
    droop = 9 * smoothstep(half_width - 3, half_width + 6, across)
    moustache = smoothstep(mouth_y - 1, mouth_y + 1.5, y + droop) * smoothstep(half_width + 9, half_width + 3, across)
    goatee = np.clip(smoothstep(17, 12, across) * (y < mouth_y) + moustache, 0, 1)
    return np.asarray({"goatee": goatee, "moustache": moustache}.get(face.person.hair.beard, np.ones(SHAPE)))


def _beard_cover(face: Face) -> float:
    cover = BEARD_COVER[face.person.hair.beard]
    if face.person.hair.beard == "none":
        return cover * face.person.robustness * (face.person.robustness > 0.5)
    return cover
