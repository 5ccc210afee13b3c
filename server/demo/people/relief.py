"""Relief of the face apart from eyes, nose and mouth: bone, cheeks, chin, folds and wrinkles."""

from dataclasses import dataclass

import numpy as np

from server.demo.people.chart import Chart
from server.demo.people.expression import Expression
from server.demo.people.mouth import MouthForm
from server.demo.people.nose import NoseForm
from server.demo.people.shaping import Field, blob, bump, smoothstep, trace
from server.demo.people.traits import Identity

FOREHEAD_LINES = 4
CROWS_FEET = 4
WRINKLE_DEPTH_MM = 0.45


@dataclass(frozen=True)
class Folds:
    """Relief in mm of folds and wrinkles, and where they are (0..1 and above) for the paint."""

    relief: Field
    fold: Field
    wrinkles: Field


def chin_y(person: Identity, expression: Expression) -> float:
    """Height of the chin's boss in mm."""
    return 0.62 * person.skull.menton_y + 0.38 * person.skull.mouth_y - 2 - expression.jaw_drop


def brow_y(person: Identity, expression: Expression) -> float:
    """Height of the brow in mm."""
    return person.brows.height + 2.2 * expression.brow


def bones(chart: Chart, person: Identity, expression: Expression) -> Field:
    """Brow ridge, forehead, temples and eye sockets, in mm."""
    x, y, pupil = chart.across, chart.wy, person.eyes.half_distance
    ridge_y = brow_y(person, expression) - 2
    forehead = (
        person.brows.ridge * blob(x, y, (25, ridge_y), (17, 6.5), turn=0.12)
        + person.brows.glabella * blob(x, y, (0, 20), (9, 9))
        - 2.5 * blob(x, y, (66, 14), (10, 18))
        + 0.8 * blob(x, y, (26, 52), (16, 14))
    )
    sockets = (
        (6.5 + person.eyes.depth) * blob(x, y, (pupil + 1, -1), (14, 9.5))
        + 4.5 * blob(x, y, (15.5, 3), (6, 8))
        + 1.5 * blob(x, y, (pupil - 8, -13), (12, 6))
    )
    return forehead - sockets


def flesh(chart: Chart, person: Identity, expression: Expression) -> Field:
    """Cheeks and the muzzle round the mouth, in mm; smiling lifts the cheeks."""
    x, y, cheeks, smile = chart.across, chart.wy, person.cheeks, expression.smile
    return (
        (3 + cheeks.fullness) * blob(x, y, (47, -25 + cheeks.rise), (13, 11))
        + (0.9 * cheeks.fat - 1.2) * blob(x, y, (42, -62), (14, 17))
        + smile * (4.5 * blob(x, y, (38, -40), (12, 10)) - 1.5 * blob(x, y, (42, -66), (8, 12)))
        + person.mouth.muzzle * 0.4 * blob(x, y, (0, person.skull.mouth_y), (22, 15))
    )


def chin(chart: Chart, person: Identity, expression: Expression) -> Field:
    """Chin, its dimple and the groove under the lower lip, in mm."""
    x, y, jaw = chart.across, chart.wy, person.jaw
    middle = chin_y(person, expression)
    groove_y = person.skull.mouth_y - person.mouth.lower_lip - 7 - expression.jaw_drop
    return (
        (3.5 + jaw.chin) * blob(x, y, (0, middle - 3), (14 + 0.4 * person.skull.chin_width, 9.5))
        - (3.2 + jaw.groove) * blob(x, y, (0, groove_y), (17, 4.2))
        - jaw.dimple * blob(x, y, (0, middle - 2), (1.8, 5))
    )


def folds(
    chart: Chart,
    person: Identity,
    expression: Expression,
    *,
    nose: NoseForm,
    mouth: MouthForm,
    rng: np.random.Generator,
) -> Folds:
    """Nasolabial fold and the lines of age; `rng` places the lines."""
    smile, (x, y), mouth_y = expression.smile, nose.wing, person.skull.mouth_y
    path = trace(
        chart.across,
        chart.wy,
        [
            (x + 2, y + 3),
            (x + 8 + smile, y - 8),
            (mouth.half_width + 6.5 + 2 * smile, mouth_y + 3),
            (mouth.half_width + 8, mouth_y - 9),
        ],
    )
    fade = smoothstep(0, 0.12, path.along) * smoothstep(1, 0.6, path.along)
    strength = person.cheeks.fold + 1.3 * smile
    groove = bump(path.distance, 0, 1.9) * fade
    cheek_side = bump(path.distance, 5, 4) * fade * (path.side > 0)
    lines = (
        _forehead_lines(chart, person, expression, rng)
        + _crows_feet(chart, person, expression)
        + _frown_line(chart, person)
    )
    relief = strength * (0.8 * cheek_side - 1.1 * groove) - WRINKLE_DEPTH_MM * lines
    return Folds(relief, groove * strength, lines)


def _forehead_lines(chart: Chart, person: Identity, expression: Expression, rng: np.random.Generator) -> Field:
    lines = np.zeros_like(chart.across)
    for k in range(FOREHEAD_LINES):
        height = 36 + 9 * k + rng.normal(0, 1.5)
        bend = rng.normal(-0.002, 0.002)
        depth = max(0.0, person.age - 0.35 + rng.normal(0, 0.1)) * 1.2 + 0.5 * max(0.0, expression.brow)
        waves = 1.2 * np.sin(chart.across / 9 + k) + 0.8 * np.sin(chart.wx / 14 + 2 * k)
        lines += depth * bump(chart.wy, height + bend * chart.across**2 + waves, 0.8)
    return lines * smoothstep(50, 30, chart.across)


def _crows_feet(chart: Chart, person: Identity, expression: Expression) -> Field:
    smile = expression.smile
    depth = max(0.0, person.age - 0.3) + 0.9 * smile * expression.squint + 0.3 * smile
    x = person.eyes.half_distance + person.eyes.length + 4
    lines = np.zeros_like(chart.across)
    for k in range(CROWS_FEET):
        angle = -0.5 + 0.35 * k
        start = (x, 0.5 + 3 * angle)
        end = (x + 12 * np.cos(angle), start[1] + 12 * np.sin(angle))
        line = trace(chart.across, chart.wy, [start, end])
        lines += depth * bump(line.distance, 0, 0.7) * smoothstep(1, 0.4, line.along)
    return lines


def _frown_line(chart: Chart, person: Identity) -> Field:
    depth = max(0.0, person.age - 0.4) * 1.2
    line = bump(chart.across, 4 + 0.05 * (chart.wy - 18), 0.8)
    return depth * line * blob(chart.across, chart.wy, (4, 18), (9, 6))
