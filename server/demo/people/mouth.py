"""The mouth: the line between the lips, the borders of their red, the gap when it opens, the philtrum."""

from dataclasses import dataclass

import numpy as np

from server.demo.people.chart import Chart
from server.demo.people.expression import Expression
from server.demo.people.shaping import Field, blob, bump, edge, smoothstep
from server.demo.people.traits import Identity

OPEN_FROM_MM = 0.3
CLOSED_BELOW_MM = 0.5
GAP_DEPTH_MM = 7.0


@dataclass(frozen=True)
class MouthForm:
    """Relief in mm and the masks (0..1) the skin is painted by; `t` is the share of the half width from the middle.

    `upper_edge_y` is where the upper lip ends at the gap, in mm.
    """

    relief: Field
    upper_lip: Field
    lower_lip: Field
    gap: Field
    line: Field
    t: Field
    upper_edge_y: Field
    half_width: float


@dataclass(frozen=True)
class _Borders:
    """Heights in mm of the lips' borders at every texel."""

    line: Field
    top: Field
    upper_edge: Field
    lower_edge: Field
    bottom: Field
    envelope: Field


def shape_mouth(chart: Chart, person: Identity, expression: Expression) -> MouthForm:
    """The mouth of a person with this expression."""
    half_width = person.mouth.half_width * (1 + 0.2 * expression.smile - 0.06 * expression.open)
    t = chart.across / half_width
    borders = _borders(chart, person, expression, np.clip(t, 0, 1))
    y, inside = chart.wy, smoothstep(1.04, 0.96, t)
    jaw = expression.jaw_drop
    gap = edge(borders.upper_edge - y, 0.35) * edge(y - borders.lower_edge, 0.35) * inside * min(1.0, jaw)
    line = bump(y, borders.line, 0.8) * inside * (jaw < CLOSED_BELOW_MM)
    relief = (
        _lip_relief(chart, person, borders, t, jaw)
        - 2 * line * (0.5 + 0.5 * borders.envelope)
        - gap * GAP_DEPTH_MM
        - _corner(chart, person, expression, half_width)
        + _philtrum(chart, person)
    )
    return MouthForm(
        relief=relief,
        upper_lip=edge(borders.top - y, 0.5) * edge(y - borders.upper_edge, 0.3) * inside,
        lower_lip=edge(y - borders.bottom, 0.5) * edge(borders.lower_edge - y, 0.3) * inside,
        gap=gap,
        line=line,
        t=t,
        upper_edge_y=borders.upper_edge,
        half_width=half_width,
    )


def corner_y(person: Identity, expression: Expression) -> float:
    """Height of the corner of the mouth in mm."""
    return person.skull.mouth_y + person.mouth.curve + 5 * expression.smile


def _borders(chart: Chart, person: Identity, expression: Expression, t: Field) -> _Borders:
    mouth, across, smile = person.mouth, chart.across, expression.smile
    line = (
        person.skull.mouth_y
        + mouth.curve * t**2
        + smile * 5 * t**2.2
        - 0.48 * mouth.bow * np.exp(-((across / 4.5) ** 2))
        + 0.5 * np.exp(-(((across - 9) / 6) ** 2))
    )
    envelope = np.sqrt(np.clip(1 - t**2.2, 0, 1))
    smiling_open = smile * (expression.open > 0.05)
    upper_edge = line + (0.15 * expression.jaw_drop + 0.6 * smiling_open) * envelope
    lower_edge = line - (0.85 * expression.jaw_drop + 0.8 * smiling_open) * envelope
    cupids_bow = np.exp(-(((across - 5) / 3.2) ** 2)) - 0.9 * np.exp(-((across / 2.6) ** 2))
    upper, lower = mouth.upper_lip * (1 - 0.25 * smile), mouth.lower_lip * (1 - 0.2 * smile)
    return _Borders(
        line=line,
        top=upper_edge + upper * envelope * (1 - 0.16 * t) + 0.8 * mouth.bow * cupids_bow,
        upper_edge=upper_edge,
        lower_edge=lower_edge,
        bottom=lower_edge - lower * envelope**1.15 * (1 - 0.1 * t),
        envelope=envelope,
    )


def _lip_relief(chart: Chart, person: Identity, borders: _Borders, t: Field, jaw: float) -> Field:
    y, protrusion = chart.wy, person.mouth.protrusion
    up = (y - borders.upper_edge) / np.maximum(borders.top - borders.upper_edge, 0.3)
    down = (borders.lower_edge - y) / np.maximum(borders.lower_edge - borders.bottom, 0.3)
    is_upper = y > 0.5 * (borders.upper_edge + borders.lower_edge)
    bulge = np.where(
        is_upper, protrusion * _lip_bulge(up, 0.45, 0.62), (protrusion + 0.8) * _lip_bulge(down, 0.5, 0.55)
    )
    near = smoothstep(14, 6, np.abs(y - borders.line) - jaw)
    return np.asarray(bulge * borders.envelope * smoothstep(1.1, 0.8, t) * near)


def _lip_bulge(share: Field, crest: float, width: float) -> Field:
    """Height of a lip over its share from the line (0) to its border (1); it falls quickly into the mouth."""
    outside = np.exp(-(((share - crest) / width) ** 2))
    at_line = np.exp(-((crest / width) ** 2))
    return np.where(share > 0, outside, at_line * np.exp(-((np.minimum(share, 0) * 1.5) ** 2)))


def _corner(chart: Chart, person: Identity, expression: Expression, half_width: float) -> Field:
    centre = (half_width + 2.5, corner_y(person, expression) - 0.5)
    return (1.2 + 1.2 * expression.smile) * blob(chart.across, chart.wy, centre, (3.2, 4.5))


def _philtrum(chart: Chart, person: Identity) -> Field:
    y = person.skull.nose_base_y - 6.5
    ridges = 0.8 * blob(chart.across, chart.wy, (4.6, y), (1.8, 5.5))
    return person.cheeks.philtrum * (ridges - blob(chart.across, chart.wy, (0, y), (2.6, 6)))
