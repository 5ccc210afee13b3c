"""The eyes, which decide whether a drawing is taken for a face.

The ball, the lids and the skin round them are one height field: inside the opening the surface is the ball,
outside it is the lid, so gaze and blinking only repaint.
"""

from dataclasses import dataclass

import numpy as np

from server.demo.people.chart import Chart
from server.demo.people.expression import Expression
from server.demo.people.shaping import Field, bump, edge, mix, smooth_max, smoothstep
from server.demo.people.traits import Eyes, Identity

BALL_RADII = (17.2, 13.2, 13.2)
LID_RADII = (20.5, 15.2, 14.6)
BALL_CENTRE_Y = -0.4
CORNEA_MM, CORNEA_RADIUS_SQUARED = 1.5, 38
SHUT_BELOW = 0.03


@dataclass(frozen=True)
class EyeForm:
    """Surface and masks of both eyes.

    `z`: the face's depth in mm with the eyes set in. `opening`: 1 on the visible ball. `crease`: upper-lid crease.
    `t`: 0 at the inner corner, 1 at the outer. `upper_y`, `lower_y`: heights of the lid edges in mm.
    """

    z: Field
    opening: Field
    crease: Field
    t: Field
    upper_y: Field
    lower_y: Field


@dataclass(frozen=True)
class _Lids:
    t: Field
    clipped: Field
    arc: Field
    open_upper_y: Field
    upper_y: Field
    lower_y: Field


def set_eyes(chart: Chart, person: Identity, expression: Expression, skin_z: Field) -> EyeForm:
    """Set the eyes into a face whose depth without them is `skin_z` (mm)."""
    lids = _lids(chart, person.eyes, expression)
    crease_y = lids.open_upper_y + person.eyes.crease * (0.35 + 0.65 * lids.arc) * smoothstep(-0.1, 0.3, lids.t)
    crease = bump(chart.wy, crease_y, 0.9) * smoothstep(-0.08, 0.12, lids.t) * smoothstep(1.2, 0.95, lids.t)
    opening = _opening(chart, lids, expression)
    lid_z = (
        _lid_surface(chart, person.eyes, skin_z)
        + _upper_lid(chart, person.eyes, expression, lids, crease=crease, crease_y=crease_y)
        + _lower_lid(chart, person.eyes, expression, lids)
    )
    z = mix(lid_z, _ball(chart, person.eyes, expression), opening)
    rim = bump(chart.wy, lids.upper_y + 0.6, 0.6) * smoothstep(0, 0.1, lids.t) * smoothstep(1, 0.9, lids.t)
    z = z + 0.5 * rim * (1 - opening)
    z = np.where(chart.front > 0, mix(chart.z, z, chart.front), chart.z)
    return EyeForm(z, opening, crease, lids.t, lids.upper_y, lids.lower_y)


def _lids(chart: Chart, eyes: Eyes, expression: Expression) -> _Lids:
    inner, outer = eyes.half_distance - 1.04 * eyes.length, eyes.half_distance + 0.90 * eyes.length
    t = (chart.across - inner) / (outer - inner)
    clipped = np.clip(t, 0, 1)
    axis = -1.3 + eyes.tilt * (clipped - 0.12)
    upper_arc = np.clip(np.sin(np.pi * clipped ** (0.82 + eyes.skew)), 0, 1) ** 0.75
    lower_arc = np.clip(np.sin(np.pi * clipped**1.12), 0, 1) ** 0.85
    narrowed = 1 - 0.35 * expression.squint
    upper = max(2.0, eyes.upper) * narrowed + 0.7 * max(0.0, expression.brow)
    lower = eyes.lower * narrowed - 0.6 * expression.smile
    open_upper_y, lower_y = axis + (upper + 1) * upper_arc, axis - (lower - 1) * lower_arc
    upper_y = lower_y + 0.15 + (open_upper_y - lower_y) * expression.eye
    return _Lids(t, clipped, upper_arc, open_upper_y, upper_y, lower_y)


def _front_depth(eyes: Eyes) -> float:
    """Depth of the front of the eyeball in mm: it lies on the curve of the face."""
    return float(91 * np.sqrt(1 - (eyes.half_distance / 74) ** 2) - 10.3 - 0.8 * eyes.depth)


def _ellipsoid(chart: Chart, eyes: Eyes, radii: tuple[float, float, float]) -> tuple[Field, Field]:
    """Depth over the ball's back in mm and whether the texel lies on the ellipsoid at all."""
    across = ((chart.across - eyes.half_distance) / radii[0]) ** 2
    share = np.clip(1 - across - ((chart.wy - BALL_CENTRE_Y) / radii[1]) ** 2, 0, None)
    return radii[2] * np.sqrt(share), share > 0


def _ball(chart: Chart, eyes: Eyes, expression: Expression) -> Field:
    height, _ = _ellipsoid(chart, eyes, BALL_RADII)
    dx = chart.wx - chart.side * eyes.half_distance - expression.gaze_x
    dy = chart.wy - expression.gaze_y
    cornea = np.clip(1 - (dx**2 + dy**2) / CORNEA_RADIUS_SQUARED, 0, 1)
    return _front_depth(eyes) - BALL_RADII[2] + height + CORNEA_MM * cornea


def _lid_surface(chart: Chart, eyes: Eyes, skin_z: Field) -> Field:
    height, on_lid = _ellipsoid(chart, eyes, LID_RADII)
    return np.where(on_lid, smooth_max(skin_z, _front_depth(eyes) - BALL_RADII[2] + height, 3.5), skin_z)


def _opening(chart: Chart, lids: _Lids, expression: Expression) -> Field:
    between = edge(lids.upper_y - chart.wy, 0.35) * edge(chart.wy - lids.lower_y, 0.35)
    corners = smoothstep(0, 0.02, lids.t) * smoothstep(1, 0.98, lids.t)
    return np.asarray(between * corners * (chart.front > 0.5) * (expression.eye > SHUT_BELOW))


def _upper_lid(
    chart: Chart, eyes: Eyes, expression: Expression, lids: _Lids, *, crease: Field, crease_y: Field
) -> Field:
    hood = bump(chart.wy, crease_y + 4.2, 2.8) * smoothstep(-0.1, 0.4, lids.t) * smoothstep(1.3, 0.9, lids.t)
    return (1 + 0.7 * eyes.hood) * hood - crease * (0.4 + 0.6 * expression.eye)


def _lower_lid(chart: Chart, eyes: Eyes, expression: Expression, lids: _Lids) -> Field:
    below, t = chart.wy - lids.lower_y, lids.t
    ends = smoothstep(-0.05, 0.2, t)
    bag = 0.5 * bump(below, -7, 2.8) * ends * smoothstep(1.1, 0.7, t)
    groove_at = -11.5 + 3 * (lids.clipped - 0.5)
    groove = 0.6 * bump(below, groove_at, 1.8) * smoothstep(-0.1, 0.2, t) * smoothstep(0.95, 0.5, t)
    tension = 0.7 * expression.smile + 0.8 * expression.squint
    return eyes.bag * (bag - groove) + tension * bump(below, -4, 2) * ends * smoothstep(1.1, 0.8, t)
