"""Photographs, the oval they are taken through, and the letters they are known by."""

from __future__ import annotations

import io
import math

from kivy.animation import Animation
from kivy.core.image import Image as CoreImage
from kivy.graphics import (
    Color,
    Mesh,
    PopMatrix,
    PushMatrix,
    Rectangle,
    Rotate,
    RoundedRectangle,
    SmoothEllipse,
    SmoothLine,
)
from kivy.graphics.texture import Texture
from kivy.metrics import dp
from kivy.properties import BooleanProperty, ListProperty, NumericProperty, ObjectProperty, StringProperty
from kivy.uix.behaviors import ButtonBehavior
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.widget import Widget

from mobile_client.core.session import Photograph
from mobile_client.device.camera import Frame
from mobile_client.icons import rgba
from mobile_client.palette import DARK, SCRIM
from mobile_client.widgets.drawn import Drawn, theme
from mobile_client.widgets.loading import load_rules
from mobile_client.widgets.painting import letter_texture, paint

_OVAL = 1.32
"""Height of the oval for its width, about that of a head."""


def texture_of(photograph: Photograph | None) -> Texture | None:
    """The photograph as a texture, cached nowhere; None when there is nothing to show."""
    if photograph is None:
        return None
    return CoreImage(io.BytesIO(photograph.jpeg), ext="jpg", nocache=True).texture


def texture_of_frame(frame: Frame) -> Texture:
    texture = Texture.create(size=(frame.width, frame.height), colorfmt="rgb")
    texture.blit_buffer(frame.rgb, colorfmt="rgb", bufferfmt="ubyte")
    texture.flip_vertical()
    return texture


class Photo(Drawn):
    """Fills its place with the middle of the picture, enlarged `zoom` times and turned by `turns` quarters.

    With `part` (left, top, width, height in its pixels), that part of it stands for the picture. With `whole`, all of
    the picture is shown instead, as large as the place allows.
    """

    texture = ObjectProperty(None, allownone=True)
    radius = NumericProperty("14dp")
    zoom = NumericProperty(1.0)
    middle = NumericProperty(0.45)
    turns = NumericProperty(0)
    whole = BooleanProperty(False)
    part = ListProperty()
    redraw_on = ("texture", "radius", "zoom", "middle", "turns", "whole", "part")

    def draw(self) -> None:
        with self.canvas.before:
            if self.texture is None:
                Color(*theme().surface2)
                RoundedRectangle(pos=self.pos, size=self.size, radius=[self.radius])
            else:
                self._draw_picture()
            if self.radius:
                Color(*theme().divider)
                SmoothLine(rounded_rectangle=(*self.pos, *self.size, self.radius), width=dp(0.7))

    def _draw_picture(self) -> None:
        width, height = self._seen()
        texture = self.texture if self.whole else self._filling(width, height)
        Color(1, 1, 1, 1)
        PushMatrix()
        Rotate(angle=-90 * self.turns, origin=self.center)
        place = (self.center_x - width / 2, self.center_y - height / 2)
        paint(texture, place, (width, height), self.radius)
        PopMatrix()

    def _seen(self) -> tuple[float, float]:
        """Width and height of what is painted, before it is turned."""
        if self.whole:
            width, height = self.texture.size
            scale = min(self.width / width, self.height / height)
            return width * scale, height * scale
        return (self.height, self.width) if self.turns % 2 else (self.width, self.height)

    def _filling(self, width: float, height: float) -> Texture:
        """What of the picture fills the place; `middle` is its centre's height, from the top."""
        full_width, full_height = self.texture.size
        part_left, part_top, part_width, part_height = self.part or (0, 0, full_width, full_height)
        scale = max(width / part_width, height / part_height) * self.zoom
        wide, high = width / scale, height / scale
        left = part_left + (part_width - wide) / 2
        lowest = full_height - part_top - part_height * self.middle - high / 2
        bottom = min(max(0, lowest), full_height - high)
        return self.texture.get_region(left, bottom, wide, high)


class FacePanel(BoxLayout):
    """A photograph and what it is."""

    texture = ObjectProperty(None, allownone=True)
    absent = StringProperty("")
    caption = StringProperty("")
    zoom = NumericProperty(1.0)
    turns = NumericProperty(0)
    part = ListProperty()


class LetterDot(ButtonBehavior, Drawn):
    """A candidate's letter: lit while its face is shown, ticked once it is judged."""

    letter = StringProperty("A")
    shown = BooleanProperty(False)
    judged = BooleanProperty(False)
    redraw_on = ("letter", "shown", "judged")

    def draw(self) -> None:
        radius = dp(18)
        with self.canvas.before:
            Color(*(theme().primary if self.shown else theme().surface2))
            SmoothEllipse(pos=(self.center_x - radius, self.center_y - radius), size=(2 * radius, 2 * radius))
            Color(*(theme().primary if self.shown or self.judged else theme().outline))
            SmoothLine(circle=(*self.center, radius - dp(1)), width=dp(0.9))
        self._draw_letter()
        if self.judged:
            self._draw_tick(self.center_x + dp(12), self.center_y - dp(12))

    def _draw_letter(self) -> None:
        texture = letter_texture(self.letter)
        width, height = texture.size
        with self.canvas.before:
            Color(*(theme().primary_ink if self.shown else theme().text))
            place = (self.center_x - width / 2, self.center_y - height / 2)
            Rectangle(texture=texture, size=(width, height), pos=place)

    def _draw_tick(self, x: float, y: float) -> None:
        with self.canvas.before:
            Color(*theme().ok)
            SmoothEllipse(pos=(x - dp(8), y - dp(8)), size=(dp(16), dp(16)))
            Color(*theme().bg)
            points = [x - dp(4.2), y - dp(0.2), x - dp(1.2), y - dp(3.2), x + dp(4.2), y + dp(3)]
            SmoothLine(points=points, width=dp(0.9), cap="round", joint="round")


class LetterDots(BoxLayout):
    """One dot for each letter; `on_choose` tells which was tapped."""

    letters = ListProperty()
    shown = StringProperty("")
    judged = ListProperty()

    def __init__(self, **properties: object) -> None:
        self.register_event_type("on_choose")
        super().__init__(**properties)
        self.bind(letters=self._build, shown=self._mark, judged=self._mark)

    def on_choose(self, letter: str) -> None:
        """A dot was tapped."""

    def _build(self, *_: object) -> None:
        self.clear_widgets()
        for letter in self.letters:
            dot = LetterDot(letter=letter)
            dot.bind(on_release=lambda tapped: self.dispatch("on_choose", tapped.letter))
            self.add_widget(dot)
        self._mark()

    def _mark(self, *_: object) -> None:
        for dot in self.children:
            dot.shown, dot.judged = dot.letter == self.shown, dot.letter in self.judged


class Oval(Drawn):
    """Darkens the picture around the place for the face. The edge is whole where all is well, dashed where not."""

    good = BooleanProperty(True)
    lying = BooleanProperty(False)
    above = NumericProperty(0)
    below = NumericProperty(0)
    redraw_on = ("good", "lying", "above", "below")

    def draw(self) -> None:
        width, height = self._oval()
        left, bottom = self.center_x - width / 2, self._middle() - height / 2
        with self.canvas.before:
            Color(*rgba(SCRIM))
            self._draw_scrim(width, height)
            Color(*rgba(DARK["ok" if self.good else "warn"]))
            if self.good:
                SmoothLine(ellipse=(left, bottom, width, height, 0, 360, 180), width=dp(1.8))
            else:
                for start in range(0, 360, 12):
                    SmoothLine(ellipse=(left, bottom, width, height, start, start + 7, 6), width=dp(1.8), cap="none")

    def _middle(self) -> float:
        return float(self.y + self.below + (self.height - self.below - self.above) / 2)

    def _oval(self) -> tuple[float, float]:
        room = self.height - self.below - self.above
        if self.lying:
            width = min(self.width * 0.86, room * 0.8 * _OVAL)
            return width, width / _OVAL
        height = min(room * 0.86, self.width * 0.74 * _OVAL)
        return height / _OVAL, height

    def _draw_scrim(self, width: float, height: float) -> None:
        """A strip of triangles from the oval outwards: no stencil, so that every graphics driver draws it."""
        far, segments = 2 * max(self.size), 96
        vertices: list[float] = []
        for segment in range(segments + 1):
            turn = 2 * math.pi * segment / segments
            for across, up in ((width / 2, height / 2), (far, far)):
                vertices += [self.center_x + across * math.cos(turn), self._middle() + up * math.sin(turn), 0, 0]
        Mesh(vertices=vertices, indices=list(range(2 * (segments + 1))), mode="triangle_strip")


class TurningRing(Drawn):
    """Turns while the server works."""

    turn = NumericProperty(0)
    redraw_on = ("turn",)

    def start(self) -> None:
        turning = Animation(turn=360, duration=1.2) + Animation(turn=0, duration=0)
        turning.repeat = True
        turning.start(self)

    def stop(self) -> None:
        Animation.cancel_all(self)

    def draw(self) -> None:
        radius = min(self.size) / 2 - dp(3)
        with self.canvas.before:
            Color(*theme().divider)
            SmoothLine(circle=(*self.center, radius), width=dp(2))
            Color(*theme().primary)
            SmoothLine(circle=(*self.center, radius, self.turn, self.turn + 90), width=dp(2.4), cap="round")


class Emblem(Drawn):
    """A large icon in a ring of its colour."""

    icon = StringProperty("check")
    ink = ListProperty([1, 1, 1, 1])
    fill = ListProperty([0, 0, 0, 1])
    redraw_on = ("ink", "fill")

    def draw(self) -> None:
        radius = min(self.size) / 2
        with self.canvas.before:
            Color(*self.fill)
            SmoothEllipse(pos=(self.center_x - radius, self.center_y - radius), size=(2 * radius, 2 * radius))
            Color(*self.ink)
            SmoothLine(circle=(*self.center, radius - dp(1.5)), width=dp(1.4))


class Logo(Widget):
    """A head in a shield."""


class HintPill(BoxLayout):
    text = StringProperty("")
    good = BooleanProperty(True)


class QualityRow(BoxLayout):
    text = StringProperty("")
    good = BooleanProperty(True)


load_rules(__file__)
