"""The chart: one grid of ROWS x COLUMNS texels over head, neck and shoulders.

Mesh vertices and texture texels are the same grid, so nothing is unwrapped: a feature is a formula in the
texel's own position. Columns run round the head, densest at the front; rows run from crown to chest.
"""

from dataclasses import dataclass

import numpy as np

from server.demo.people.expression import Expression
from server.demo.people.randomness import Stream, stream
from server.demo.people.shaping import Field, bump, smoothstep, value_noise
from server.demo.people.traits import Identity, Skull

COLUMNS, ROWS = 576, 720
SHAPE = (ROWS, COLUMNS)

# Mean adult in mm: y at front, side and back; half width; depth to front and back; grid rows to the next section.
SECTIONS = np.array(
    [
        [119, 119, 119, 0, 0, 0, 26],
        [113, 112, 112, 34, 40, 46, 26],
        [99, 97, 97, 56, 66, 72, 34],
        [75, 72, 72, 70, 85, 90, 50],
        [50, 46, 46, 76, 94, 99, 60],
        [22, 20, 20, 76, 97, 100, 44],
        [4, 2, 2, 74, 91, 97, 60],
        [-20, -18, -20, 72, 90, 88, 64],
        [-45, -38, -40, 69, 94, 74, 46],
        [-62, -50, -58, 65, 97, 64, 46],
        [-80, -61, -72, 61, 95, 60, 46],
        [-98, -71, -82, 56, 94, 58, 28],
        [-108, -79, -90, 51, 91, 58, 20],
        [-114, -87, -96, 45, 82, 57, 24],
        [-119, -96, -102, 43, 62, 56, 24],
        [-124, -105, -108, 44, 44, 57, 24],
        [-134, -118, -115, 46, 35, 59, 24],
        [-148, -136, -130, 49, 35, 63, 20],
        [-166, -148, -138, 60, 40, 70, 14],
        [-180, -158, -146, 92, 50, 80, 12],
        [-196, -172, -160, 132, 66, 90, 12],
        [-222, -196, -182, 166, 88, 101, 14],
        [-275, -255, -245, 188, 108, 110, 14],
        [-420, -420, -420, 192, 114, 114, 2],
    ],
    np.float32,
)
MEAN_FRONT_Y = SECTIONS[:, 0]
MEAN_KNOTS = (-425, -180, -113, -69, -48, 0, 20, 75, 119)
HEAD_ABOVE, NECK_ABOVE, TORSO_BELOW = -116, -180, -185

ROW_OF_SECTION = np.concatenate([[0], np.cumsum(SECTIONS[:-1, 6])])
ROW_POSITION = np.linspace(0, ROW_OF_SECTION[-1], ROWS)
SMOOTHING_ROWS = 7

# Exponents of the outline: the lift makes a jaw line, a square would make a pointed chin.
FRONT_ROUNDNESS = 2.15
JAW_LIFT = 2.7
ASYMMETRY_CELL = 150
ASYMMETRY_ACROSS_MM, ASYMMETRY_UP_MM = 0.42, 0.38


@dataclass(frozen=True)
class Chart:
    """Base surface and the coordinates features are written in; fields are (ROWS, COLUMNS), mm.

    `x, y, z`: surface before features. `wx, wy`: x and y warped by a slight asymmetry; `across` is |wx|.
    `side`: -1 or +1. `front`: 1 on the front of the face, 0 elsewhere. `facing`: cosine of the azimuth.
    `azimuth`: degrees from straight ahead, 0..180.
    """

    x: Field
    y: Field
    z: Field
    wx: Field
    wy: Field
    across: Field
    side: Field
    front: Field
    facing: Field
    azimuth: Field


def person_height(skull: Skull, mean_y: Field | float) -> Field:
    """Where a height of the mean adult lies on this person, in mm."""
    torso_shift = skull.menton_y + 113
    own = (
        *(-425 + torso_shift, -180 + torso_shift),
        *(skull.menton_y, skull.mouth_y, skull.nose_base_y, 0, 20),
        *(75 + skull.forehead_height * 0.5, 119 + skull.forehead_height),
    )
    return np.asarray(np.interp(mean_y, MEAN_KNOTS, own))


def head_weight() -> Field:
    """Share of the head's rotation each texel follows: 1 above the chin, 0 at the shoulders."""
    per_section = np.interp(MEAN_FRONT_Y, [NECK_ABOVE, -122], [0, 1])
    per_row = smoothstep(0, 1, np.interp(ROW_POSITION, ROW_OF_SECTION, per_section))
    return np.repeat(per_row[:, None], COLUMNS, axis=1).astype(np.float32)


def lay_out(person: Identity, expression: Expression) -> Chart:
    """The base surface of a person, jaw dropped as far as the expression opens the mouth."""
    x, y, z, azimuth = _surface(_person_sections(person, expression))
    wx = x + _asymmetry(Stream.ASYMMETRY_ACROSS, person.seed) * ASYMMETRY_ACROSS_MM
    wy = y + _asymmetry(Stream.ASYMMETRY_UP, person.seed) * ASYMMETRY_UP_MM
    front = smoothstep(0, 30, z) * (wy > person.skull.menton_y - 12)
    facing = np.cos(azimuth)[None]
    degrees = np.broadcast_to(np.degrees(np.abs(azimuth))[None], SHAPE)
    return Chart(x, y, z, wx, wy, np.abs(wx), np.sign(wx), front, facing, degrees)


def _asymmetry(purpose: Stream, seed: int) -> Field:
    return value_noise(stream(purpose, seed), SHAPE, ASYMMETRY_CELL)


def _person_sections(person: Identity, expression: Expression) -> Field:
    sections = SECTIONS.copy()
    _place_heights(sections, person, expression)
    _shape_width(sections[:, 3], person)
    _shape_depth(sections[:, 4], person)
    return sections


def _place_heights(sections: Field, person: Identity, expression: Expression) -> None:
    sections[:, :3] = person_height(person.skull, sections[:, :3])
    jaw_side = np.interp(MEAN_FRONT_Y, [-114, -98, -80, -62], [1, 1, 0.6, 0]) * (MEAN_FRONT_Y > -130)
    sections[:, 1] -= jaw_side * person.jaw.angle
    drop = expression.jaw_drop * smoothstep(-66, -100, MEAN_FRONT_Y) * (MEAN_FRONT_Y > -150)
    sections[:, 0] -= drop
    sections[:, 1] -= 0.3 * drop


def _shape_width(width: Field, person: Identity) -> None:
    skull, y = person.skull, MEAN_FRONT_Y
    is_head = y > HEAD_ABOVE
    width *= np.where(is_head, skull.width, person.jaw.neck_width)
    width[y < TORSO_BELOW] *= (0.97 + 0.16 * (person.robustness - 0.5)) / person.jaw.neck_width
    width += is_head * (
        skull.cheekbones * bump(y, -15, 22)
        + skull.jaw_width * (bump(y, -78, 20) + 0.5 * bump(y, -108, 12))
        + skull.forehead_width * bump(y, 55, 25)
        + skull.chin_width * bump(y, -108, 9)
        + person.cheeks.fat * bump(y, -60, 20)
    )


def _shape_depth(depth: Field, person: Identity) -> None:
    skull, y = person.skull, MEAN_FRONT_Y
    depth += (y > HEAD_ABOVE) * (
        skull.forehead_slope * bump(y, 70, 28)
        + skull.midface * bump(y, -30, 22)
        + person.mouth.muzzle * bump(y, -68, 14)
    )


def _surface(sections: Field) -> tuple[Field, Field, Field, Field]:
    front_y, side_y, back_y, width, depth, back_depth = (_along_rows(sections[:, i])[:, None] for i in range(6))
    u = np.linspace(-1, 1, COLUMNS, dtype=np.float32)
    azimuth = (np.pi * (0.5 * u + 0.5 * u**3)).astype(np.float32)
    sin, cos = np.sin(azimuth)[None], np.cos(azimuth)[None]
    aside = np.abs(sin)
    roundness = np.sqrt(np.clip(1 - aside**FRONT_ROUNDNESS, 0, 1))
    lift = np.where(cos > 0, front_y + (side_y - front_y) * aside**JAW_LIFT, back_y + (side_y - back_y) * sin**2)
    y = lift.astype(np.float32)
    z = np.where(cos > 0, depth * roundness, -back_depth * roundness) - 6 * smoothstep(60, 119, y)
    return width * sin, y, z, azimuth


def _along_rows(column: Field) -> Field:
    """One column of the section table as a smooth curve over the rows; its ends are reflected about themselves."""
    values = np.interp(ROW_POSITION, ROW_OF_SECTION, column).astype(np.float32)
    reach = SMOOTHING_ROWS * 3
    before, after = 2 * values[0] - values[reach:0:-1], 2 * values[-1] - values[-2 : -reach - 2 : -1]
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / SMOOTHING_ROWS) ** 2)
    smooth = np.convolve(np.concatenate([before, values, after]), kernel / kernel.sum(), "valid")
    return smooth.astype(np.float32)
