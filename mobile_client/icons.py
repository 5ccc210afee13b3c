"""Our line icons on a grid of 24 by 24, y downwards; the bundled typeface has no ticks and no arrows."""

from __future__ import annotations

from dataclasses import dataclass

from kivy.clock import Clock
from kivy.graphics import Color, SmoothEllipse, SmoothLine
from kivy.properties import ColorProperty, NumericProperty, StringProperty
from kivy.uix.widget import Widget
from kivy.utils import get_color_from_hex

GRID = 24.0


def rgba(colour: str) -> list[float]:
    """#RRGGBB or #RRGGBBAA as what a canvas takes."""
    values: list[float] = get_color_from_hex(colour)
    return values


@dataclass(frozen=True)
class Stroke:
    """A line through `points` (x, y, x, y, ...)."""

    points: tuple[float, ...]
    closed: bool


@dataclass(frozen=True)
class Round:
    """A circle, or its arc from `start` to `end` degrees, clockwise from the top."""

    x: float
    y: float
    radius: float
    start: float = 0
    end: float = 360
    filled: bool = False


def line(*points: float) -> Stroke:
    return Stroke(points, closed=False)


def loop(*points: float) -> Stroke:
    return Stroke(points, closed=True)


def circle(x: float, y: float, radius: float) -> Round:
    return Round(x, y, radius)


def arc(x: float, y: float, radius: float, start: float, end: float) -> Round:
    return Round(x, y, radius, start, end)


def dot(x: float, y: float, radius: float) -> Round:
    return Round(x, y, radius, filled=True)


ICONS: dict[str, tuple[Stroke | Round, ...]] = {
    "back": (line(15, 5, 8, 12, 15, 19),),
    "next": (line(9, 5, 16, 12, 9, 19),),
    "check": (line(5, 12.5, 10, 17.5, 19, 7.5),),
    "close": (
        line(6, 6, 18, 18),
        line(18, 6, 6, 18),
    ),
    "done": (
        circle(12, 12, 9),
        line(8, 12.4, 11, 15.4, 16.2, 9.2),
    ),
    "warn": (
        loop(12, 4, 21, 20, 3, 20),
        line(12, 10, 12, 14.5),
        dot(12, 17.2, 0.9),
    ),
    "info": (
        circle(12, 12, 9),
        line(12, 11, 12, 16.5),
        dot(12, 7.8, 1),
    ),
    "error": (
        loop(8, 3, 16, 3, 21, 8, 21, 16, 16, 21, 8, 21, 3, 16, 3, 8),
        line(12, 7.5, 12, 13),
        dot(12, 16.4, 1),
    ),
    "user": (
        circle(12, 8, 4),
        line(4.5, 20, 5.2, 17, 7.5, 15, 10, 14.4, 14, 14.4, 16.5, 15, 18.8, 17, 19.5, 20),
    ),
    "mask": (
        loop(4, 5, 12, 3, 20, 5, 20, 12, 18, 17, 12, 21, 6, 17, 4, 12),
        line(9.2, 9.6, 11, 7.8, 13, 7.8, 14.8, 9.4, 14.4, 11.2, 12, 12.6, 12, 14),
        dot(12, 17, 0.95),
    ),
    "cross": (
        loop(9, 3.5, 15, 3.5, 15, 9, 20.5, 9, 20.5, 15, 15, 15, 15, 20.5, 9, 20.5, 9, 15, 3.5, 15, 3.5, 9, 9, 9),
    ),
    "search": (
        circle(10.5, 10.5, 6.5),
        line(15.5, 15.5, 20.5, 20.5),
    ),
    "home": (
        line(3.5, 11.5, 12, 4, 20.5, 11.5),
        line(6, 9.8, 6, 20, 18, 20, 18, 9.8),
        line(10, 20, 10, 14, 14, 14, 14, 20),
    ),
    "lock": (
        loop(5.5, 11, 18.5, 11, 18.5, 20.5, 5.5, 20.5),
        arc(12, 9, 4.5, -90, 90),
        line(7.5, 9, 7.5, 11),
        line(16.5, 9, 16.5, 11),
        dot(12, 15.6, 1.2),
    ),
    "shield": (loop(12, 3, 20, 6, 20, 12, 17.5, 17.3, 12, 21, 6.5, 17.3, 4, 12, 4, 6),),
    "torch": (loop(13.5, 2.5, 6, 13.5, 11.4, 13.5, 10.5, 21.5, 18, 10.5, 12.6, 10.5),),
    "flip": (
        loop(4, 8, 4, 18, 20, 18, 20, 8, 16.5, 8, 15, 5.5, 9, 5.5, 7.5, 8),
        arc(12, 12.6, 3.2, -70, 120),
        line(13.4, 14.2, 14.8, 15.3, 15.6, 13.4),
    ),
    "lying": (
        circle(5.5, 12, 2.6),
        loop(9.5, 10, 17, 10, 21, 12.5, 21, 14.5, 9.5, 14.5),
        line(3, 19, 21, 19),
    ),
    "standing": (
        circle(12, 5, 2.6),
        line(8.5, 21, 8.5, 10, 15.5, 10, 15.5, 21),
        line(12, 15, 12, 21),
    ),
    "sun": (
        circle(12, 12, 4),
        line(12, 2.5, 12, 5),
        line(12, 19, 12, 21.5),
        line(2.5, 12, 5, 12),
        line(19, 12, 21.5, 12),
        line(5.3, 5.3, 7, 7),
        line(17, 17, 18.7, 18.7),
        line(5.3, 18.7, 7, 17),
        line(17, 7, 18.7, 5.3),
    ),
    "moon": (
        loop(
            19.7,
            13.8,
            18.9,
            16.3,
            17.4,
            18.4,
            15.3,
            19.9,
            12.8,
            20.7,
            10.2,
            20.7,
            7.7,
            19.9,
            5.6,
            18.4,
            4.1,
            16.3,
            3.3,
            13.8,
            3.3,
            11.2,
            4.1,
            8.7,
            5.6,
            6.6,
            7.7,
            5.1,
            10.2,
            4.3,
            9.1,
            6.5,
            8.8,
            8.9,
            9.4,
            11.2,
            10.8,
            13.2,
            12.8,
            14.6,
            15.1,
            15.2,
            17.5,
            14.9,
        ),
    ),
    "frame": (
        line(4, 9, 4, 4, 9, 4),
        line(15, 4, 20, 4, 20, 9),
        line(20, 15, 20, 20, 15, 20),
        line(9, 20, 4, 20, 4, 15),
        circle(12, 12, 4.2),
    ),
    "swap": (
        line(4, 8.5, 19, 8.5),
        line(15.5, 5, 19, 8.5, 15.5, 12),
        line(20, 15.5, 5, 15.5),
        line(8.5, 12, 5, 15.5, 8.5, 19),
    ),
    "turn": (arc(12, 12.5, 7.5, 40, 330), line(12.5, 2.5, 8.2, 6, 11.5, 9.8)),
    "zoom": (
        circle(10.5, 10.5, 6.5),
        line(15.5, 15.5, 20.5, 20.5),
        line(10.5, 7.6, 10.5, 13.4),
        line(7.6, 10.5, 13.4, 10.5),
    ),
    "clock": (
        circle(12, 12, 9),
        line(12, 7, 12, 12, 15.5, 14),
    ),
    "document": (
        loop(6, 3, 14.5, 3, 18.5, 7, 18.5, 21, 6, 21),
        line(9, 11.5, 15.5, 11.5),
        line(9, 15.5, 15.5, 15.5),
    ),
    "trash": (
        line(4.5, 6.5, 19.5, 6.5),
        line(6.5, 6.5, 7.5, 20.5, 16.5, 20.5, 17.5, 6.5),
        line(9.5, 6.5, 9.5, 3.5, 14.5, 3.5, 14.5, 6.5),
    ),
    "online": (
        dot(12, 18.6, 1.2),
        arc(12, 18.6, 5, -45, 45),
        arc(12, 18.6, 9.4, -45, 45),
        arc(12, 18.6, 13.6, -45, 45),
    ),
    "fingerprint": (
        arc(12, 12, 8.5, -70, 80),
        arc(12, 12, 5.2, -100, 100),
        line(12, 10.5, 12, 16, 11, 19.5),
        line(6.8, 12, 6.6, 15.5, 5.6, 18),
        line(17.2, 12, 17, 16.4, 16, 20),
    ),
    "flag": (line(5.5, 21, 5.5, 4, 18.5, 4, 15.5, 8.5, 18.5, 13, 5.5, 13),),
    "question": (
        circle(12, 12, 9),
        line(9.2, 9.6, 10, 8, 12, 7.2, 14, 8, 14.7, 9.8, 13.6, 11.6, 12, 12.6, 12, 14),
        dot(12, 16.9, 1),
    ),
}


class Icon(Widget):
    """The icon `name` in one colour, centred in the widget."""

    name = StringProperty("info")
    color = ColorProperty([1, 1, 1, 1])
    stroke = NumericProperty(2.0)

    def __init__(self, **properties: object) -> None:
        super().__init__(**properties)
        redraw = Clock.create_trigger(self._draw, -1)
        self.bind(name=redraw, color=redraw, pos=redraw, size=redraw, stroke=redraw)
        redraw()

    def _draw(self, *_: object) -> None:
        self.canvas.clear()
        scale = min(self.size) / GRID
        if scale <= 0:
            return
        with self.canvas:
            Color(*self.color)
            for shape in ICONS[self.name]:
                if isinstance(shape, Stroke):
                    self._draw_stroke(shape, scale)
                else:
                    self._draw_round(shape, scale)

    def _width(self, scale: float) -> float:
        """A smooth line looks about one and a half times as wide as it says."""
        return max(1.0, float(self.stroke) * scale * 0.68)

    def _place(self, x: float, y: float, scale: float) -> tuple[float, float]:
        return self.center_x + (x - GRID / 2) * scale, self.center_y - (y - GRID / 2) * scale

    def _draw_stroke(self, shape: Stroke, scale: float) -> None:
        pairs = zip(shape.points[::2], shape.points[1::2], strict=True)
        points = [coordinate for x, y in pairs for coordinate in self._place(x, y, scale)]
        SmoothLine(points=points, width=self._width(scale), close=shape.closed, joint="round", cap="round")

    def _draw_round(self, shape: Round, scale: float) -> None:
        x, y = self._place(shape.x, shape.y, scale)
        radius = shape.radius * scale
        if shape.filled:
            SmoothEllipse(pos=(x - radius, y - radius), size=(2 * radius, 2 * radius))
        else:
            SmoothLine(circle=(x, y, radius, shape.start, shape.end), width=self._width(scale), cap="round")
