"""The nose: a profile over y times a bell over x, wings and nostrils."""

from dataclasses import dataclass

import numpy as np

from server.demo.people.chart import Chart
from server.demo.people.expression import Expression
from server.demo.people.shaping import Field, Point, blob, bump, smoothstep, trace
from server.demo.people.traits import Identity, Nose

# Sampling of the profile over y in mm, and its smoothing in samples of a quarter millimetre.
PROFILE_Y = np.linspace(-130, 130, 1041)
PROFILE_SIGMA = 5.5
PROFILE_REACH = 24


@dataclass(frozen=True)
class NoseForm:
    """Relief of the nose in mm, masks of the wing crease and the nostrils (0..1), and its key points in mm."""

    relief: Field
    wing_crease: Field
    nostril: Field
    wing: Point
    tip_y: float


def shape_nose(chart: Chart, person: Identity, expression: Expression) -> NoseForm:
    """The nose of a person; smiling widens the wings."""
    nose, base_y = person.nose, person.skull.nose_base_y
    tip_y = base_y + 7.2 + nose.tip_rise
    wing = (
        nose.wing_x * nose.width + expression.smile * 1.3,
        base_y + 6 + nose.wing_rise + expression.smile * 0.7,
    )
    crease, nostril = _wing_crease(chart, wing), _nostril(chart, person, wing)
    relief = (
        _ridge(chart, nose, base_y, tip_y)
        + 9.5 * nose.wing_height * _wing(chart, wing)
        + 1.5 * blob(chart.across, chart.wy, (0, tip_y), (6 * nose.tip_roundness, 5.5))
        - 1.3 * crease
        - 5.5 * nostril
    )
    return NoseForm(relief, crease, nostril, wing, tip_y)


def _ridge(chart: Chart, nose: Nose, base_y: float, tip_y: float) -> Field:
    knots, heights, widths = _profile_knots(nose, base_y, tip_y)
    height = np.interp(chart.wy, PROFILE_Y, _smoothed(np.interp(PROFILE_Y, knots, heights)))
    width = np.interp(chart.wy, PROFILE_Y, _smoothed(np.interp(PROFILE_Y, knots, widths))) * nose.width
    bell = 1 / (1 + (chart.across / width) ** 2.3 * 0.85)
    return np.asarray(height * bell * smoothstep(46, 16, chart.across))


def _profile_knots(nose: Nose, base_y: float, tip_y: float) -> tuple[list[float], list[float], list[float]]:
    """Knots (y, height, half width) from below the nose to the forehead.

    The bridge is tied to the straight line from nasion to tip; left free it makes a Pinocchio.
    """
    tip, nasion, bridge_width = nose.tip, nose.nasion, nose.bridge_width
    bridge = 0.5 * (nasion + tip) + nose.bridge_bow
    bridge_y = 0.5 * (tip_y + 3)
    under_y = base_y + 0.3 * (tip_y - base_y)
    upper_y = 0.55 * tip_y + 0.45 * bridge_y
    rows = [
        (base_y - 6, 0.0, 6.0),
        (base_y - 3, 0.5, 6.0),
        (base_y - 1, 0.12 * tip, 6.5),
        (under_y, 0.62 * tip + 0.5 * nose.columella, 8.0),
        (0.5 * (tip_y + under_y), 0.90 * tip + 0.3 * nose.columella, 9.4 * nose.tip_roundness),
        (tip_y, tip, 10 * nose.tip_roundness),
        (tip_y + 4, 0.96 * tip, 9.8 * nose.tip_roundness),
        (upper_y, 0.5 * (tip + bridge) + 0.4, 9.2 * bridge_width),
        (bridge_y, bridge, 8.8 * bridge_width),
        (3.0, nasion, 8.8 * bridge_width),
        (14.0, 2.2, 11.0),
        (26.0, 0.0, 16.0),
    ]
    return [y for y, _, _ in rows], [height for _, height, _ in rows], [width for _, _, width in rows]


def _smoothed(profile: Field) -> Field:
    kernel = np.exp(-0.5 * (np.arange(-PROFILE_REACH, PROFILE_REACH + 1) / PROFILE_SIGMA) ** 2)
    return np.convolve(profile, kernel / kernel.sum(), "same")


def _wing(chart: Chart, wing: Point) -> Field:
    dx, dy = chart.across - wing[0] + 2.8, chart.wy - wing[1] - 0.8
    across = 0.5 * (dx / 4.4) ** 4 + (dx / 4.9) ** 2
    up = (dy / 5.6) ** 2 + 0.4 * (dy / 5.6) ** 4
    return np.asarray(np.exp(-0.5 * (across + up)))


def _wing_crease(chart: Chart, wing: Point) -> Field:
    x, y = wing
    round_the_wing = [(x - 1, y + 8.5), (x + 3.2, y + 4.5), (x + 4, y - 1), (x + 1.2, y - 5.5)]
    return bump(trace(chart.across, chart.wy, round_the_wing).distance, 0, 1.3)


def _nostril(chart: Chart, person: Identity, wing: Point) -> Field:
    nose = person.nose
    dx = chart.across - 7.6 * nose.width - 0.22 * (wing[0] - 15)
    dy = chart.wy - (person.skull.nose_base_y + 2.6) + 0.10 * (chart.across - 8)
    reach = (dx / (4.2 * nose.nostril)) ** 2 + (dy / (2.3 * nose.nostril)) ** 2
    return np.asarray(np.exp(-(reach**1.5)))
