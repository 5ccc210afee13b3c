"""Plots as inline SVG: two scales, lines, bands, bars and marks. Colours come from the page's style sheet."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final, Protocol

from markupsafe import Markup, escape

WIDTH: Final = 400
HEIGHT: Final = 272
LEFT: Final = 56
RIGHT: Final = 376
TOP: Final = 22
BOTTOM: Final = 222
"""The frame in units of the view box: small, so that the labels can be read on a narrow screen."""


class Scale(Protocol):
    """Values to places along an axis."""

    def at(self, value: float) -> float:
        """0 at the beginning of the axis, 1 at its end; values beyond are held at the ends."""

    def ticks(self) -> Sequence[tuple[float, str]]:
        """Values and labels, few enough for a narrow screen."""


@dataclass(frozen=True)
class Linear:
    """Even steps, about `count` of them; `label` writes a value beside its tick."""

    low: float
    high: float
    label: Callable[[float], str] = "{:g}".format
    count: int = 6

    def at(self, value: float) -> float:
        return min(1.0, max(0.0, (value - self.low) / (self.high - self.low)))

    def ticks(self) -> Sequence[tuple[float, str]]:
        step = _round_step((self.high - self.low) / self.count)
        first = math.ceil(self.low / step - 1e-9)
        last = math.floor(self.high / step + 1e-9)
        return [(number * step, self.label(round(number * step, 10))) for number in range(first, last + 1)]


@dataclass(frozen=True)
class Logarithmic:
    """Powers of ten of shares, labelled in per cent; nothing lies below `low`, which is above 0."""

    low: float
    high: float = 1.0

    def at(self, value: float) -> float:
        if value <= self.low:
            return 0.0
        return min(1.0, math.log(value / self.low) / math.log(self.high / self.low))

    def ticks(self) -> Sequence[tuple[float, str]]:
        first, last = math.ceil(math.log10(self.low) - 1e-9), math.floor(math.log10(self.high) + 1e-9)
        return [(10.0**power, share_of(10.0**power)) for power in range(first, last + 1)]


def share_of(value: float) -> str:
    """A share in per cent, as short as it can be."""
    return f"{value * 100:g}\u00a0%"


def floor_of(smallest: float) -> float:
    """The power of ten at or below a share above 0, for the low end of a logarithmic axis."""
    return float(10.0 ** math.floor(math.log10(smallest) + 1e-9))


def _round_step(rough: float) -> float:
    power = 10.0 ** math.floor(math.log10(rough))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= rough * (1 - 1e-9))


Point = tuple[float, float]


@dataclass(frozen=True)
class Plot:
    """One plot under construction; what is drawn first lies below."""

    x: Scale
    y: Scale
    x_label: str
    y_label: str
    drawn: list[Markup] = field(default_factory=list)

    def band(self, xs: Sequence[float], lows: Sequence[float], highs: Sequence[float], style: str) -> None:
        """The area between two lines, such as an interval."""
        outline = [*zip(xs, highs, strict=True), *reversed([*zip(xs, lows, strict=True)])]
        self._add('<polygon class="band {}" points="{}"/>', style, self._path(outline))

    def line(self, points: Sequence[Point], style: str) -> None:
        self._add('<polyline class="line {}" points="{}"/>', style, self._path(points))

    def steps(self, points: Sequence[Point], style: str) -> None:
        """A line that holds each value until the next: for shares that change at single events."""
        corners = [corner for before, after in pairwise(points) for corner in (before, (after[0], before[1]))]
        self.line([*corners, *points[-1:]], style)

    def bars(self, edges: Sequence[float], heights: Sequence[float], style: str) -> None:
        """A histogram's outline, filled."""
        pairs = zip(pairwise(edges), heights, strict=True)
        tops = [corner for (left, right), height in pairs for corner in ((left, height), (right, height))]
        self._add('<polygon class="bars {}" points="{}"/>', style, self._path([(edges[0], 0), *tops, (edges[-1], 0)]))

    def mark(self, point: Point, style: str) -> None:
        self._add('<circle class="mark {}" cx="{}" cy="{}" r="4"/>', style, *self._place(point))

    def upright(self, value: float, words: str) -> None:
        """A vertical line with words above it, such as the threshold in use."""
        x = _unit(min(LEFT + self.x.at(value) * (RIGHT - LEFT), RIGHT))
        self._add('<line class="rule" x1="{0}" x2="{0}" y1="{1}" y2="{2}"/>', x, TOP, BOTTOM)
        self._add('<text class="note" text-anchor="middle" x="{}" y="{}">{}</text>', x, TOP - 6, words)

    def svg(self, name: str, title: str, description: str) -> Markup:
        """The whole picture; `name` is unique on the page."""
        return Markup(
            '<svg class="plot" viewBox="0 0 {w} {h}" role="img" aria-labelledby="{n}-t {n}-d">'
            '<title id="{n}-t">{t}</title><desc id="{n}-d">{d}</desc>{axes}{drawn}</svg>'
        ).format(
            w=WIDTH, h=HEIGHT, n=name, t=title, d=description, axes=self._axes(), drawn=Markup("").join(self.drawn)
        )

    def _axes(self) -> Markup:
        parts = [self._x_tick(self.x.at(value), words) for value, words in self.x.ticks()]
        parts += [self._y_tick(self.y.at(value), words) for value, words in self.y.ticks()]
        frame = Markup('<path class="axis" d="M{} {}V{}H{}"/>').format(LEFT, TOP, BOTTOM, RIGHT)
        middle_x, middle_y = (LEFT + RIGHT) / 2, (TOP + BOTTOM) / 2
        labels = Markup(
            '<text text-anchor="middle" x="{}" y="{}">{}</text>'
            '<text text-anchor="middle" transform="translate(13 {}) rotate(-90)">{}</text>'
        ).format(middle_x, HEIGHT - 8, self.x_label, middle_y, self.y_label)
        return Markup("").join([*parts, frame, labels])

    def _x_tick(self, share: float, words: str) -> Markup:
        x = _unit(LEFT + share * (RIGHT - LEFT))
        return Markup(
            '<path class="grid" d="M{0} {1}V{2}"/><text text-anchor="middle" x="{0}" y="{3}">{4}</text>'
        ).format(x, TOP, BOTTOM, BOTTOM + 18, words)

    def _y_tick(self, share: float, words: str) -> Markup:
        y = BOTTOM - share * (BOTTOM - TOP)
        return Markup('<path class="grid" d="M{0} {1}H{2}"/><text text-anchor="end" x="{3}" y="{4}">{5}</text>').format(
            LEFT, _unit(y), RIGHT, LEFT - 5, _unit(y + 4), words
        )

    def _place(self, point: Point) -> tuple[str, str]:
        x = LEFT + self.x.at(point[0]) * (RIGHT - LEFT)
        return _unit(x), _unit(BOTTOM - self.y.at(point[1]) * (BOTTOM - TOP))

    def _path(self, points: Sequence[Point]) -> str:
        return " ".join(",".join(self._place(point)) for point in points)

    def _add(self, form: str, *values: object) -> None:
        self.drawn.append(Markup(form).format(*map(escape, values)))  # noqa: S704 - the forms stand above


def _unit(value: float) -> str:
    return f"{value:.1f}"
