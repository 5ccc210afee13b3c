"""A photograph of several people, on which the officer points at the one who is meant."""

from __future__ import annotations

from kivy.graphics import Color, Rectangle, SmoothEllipse, SmoothLine
from kivy.metrics import dp
from kivy.properties import BooleanProperty, DictProperty, ListProperty, StringProperty
from kivy.uix.behaviors import ButtonBehavior

from mobile_client.core.failures import Box
from mobile_client.icons import rgba
from mobile_client.palette import DARK, SCRIM
from mobile_client.widgets.drawn import Drawn
from mobile_client.widgets.loading import load_rules
from mobile_client.widgets.painting import letter_texture
from mobile_client.widgets.pictures import Photo

_LEAST_TARGET = 48
"""dp of a target's sides, however small the face."""

_BADGE = 14
"""dp of the radius of a letter's badge, which stands outside its face."""

_AROUND = 2.4
"""Width and height of a face's surroundings, in those of its box."""


class FaceTarget(ButtonBehavior, Drawn):
    """One face, drawn as `frame` (left, bottom, width, height on the screen), and its letter at `badge`.

    The target holds both and is never small. Colours are those of the dark palette: they lie on a photograph.
    """

    letter = StringProperty("A")
    chosen = BooleanProperty(False)
    frame = ListProperty([0, 0, 0, 0])
    badge = ListProperty([0, 0])
    redraw_on = ("letter", "chosen", "frame", "badge")

    def collide_point(self, x: float, y: float) -> bool:
        """Where targets overlap, the touch is for the face whose middle is nearest."""
        under = [target for target in self.parent.children if target.covers(x, y)]
        return self in under and min(under, key=lambda target: target.away(x, y)) is self

    def covers(self, x: float, y: float) -> bool:
        return bool(super().collide_point(x, y))

    def away(self, x: float, y: float) -> float:
        left, bottom, width, height = self.frame
        return float((left + width / 2 - x) ** 2 + (bottom + height / 2 - y) ** 2)

    def draw(self) -> None:
        with self.canvas.before:
            # A dark line under the light one is seen on any photograph.
            for colour, width in ((SCRIM, 3), (self._line(), 2 if self.chosen else 1.2)):
                Color(*rgba(colour))
                SmoothLine(rounded_rectangle=(*self.frame, dp(6)), width=dp(width))
        self._draw_badge(*self.badge)

    def _line(self) -> str:
        return DARK["primary" if self.chosen else "text"]

    def _draw_badge(self, x: float, y: float) -> None:
        texture, radius = letter_texture(self.letter), dp(_BADGE)
        width, height = texture.size
        with self.canvas.before:
            Color(*rgba(DARK["primary" if self.chosen else "bg"]))
            SmoothEllipse(pos=(x - radius, y - radius), size=(2 * radius, 2 * radius))
            Color(*rgba(self._line()))
            SmoothLine(circle=(x, y, radius - dp(1)), width=dp(0.9))
            Color(*rgba(DARK["primary_ink" if self.chosen else "text"]))
            Rectangle(texture=texture, size=texture.size, pos=(x - width / 2, y - height / 2))


class FaceChoice(Photo):
    """The whole photograph with a target on each of `boxes`; `on_choose` tells which was tapped."""

    boxes = DictProperty()
    chosen = StringProperty("")

    def __init__(self, **properties: object) -> None:
        self.register_event_type("on_choose")
        super().__init__(**properties)
        self.bind(boxes=self._build, texture=self._build, pos=self._place, size=self._place, chosen=self._mark)

    def on_choose(self, letter: str) -> None:
        """A face was tapped."""

    def _build(self, *_: object) -> None:
        self.clear_widgets()
        for letter in self.boxes if self.texture else ():
            target = FaceTarget(letter=letter, size_hint=(None, None))
            target.bind(on_release=lambda tapped: self.dispatch("on_choose", tapped.letter))
            self.add_widget(target)
        self._place()
        self._mark()

    def _mark(self, *_: object) -> None:
        for target in self.children:
            target.chosen = target.letter == self.chosen

    def _place(self, *_: object) -> None:
        for target in self.children:
            left, bottom, width, height = target.frame = self._frame(self.boxes[target.letter])
            above = bottom + height + 2 * dp(_BADGE) <= self.top
            middle = left + width / 2
            target.badge = [middle, bottom + height + dp(_BADGE) if above else bottom - dp(_BADGE)]
            least = dp(_LEAST_TARGET)
            target.size = max(width, least), max(height + 2 * dp(_BADGE), least)
            target.center_x = middle
            target.y = bottom if above else bottom + height - target.height

    def _frame(self, box: Box) -> list[float]:
        """Where a box of the photograph stands on the screen, as far as it lies within the photograph."""
        full_width, full_height = self.texture.size
        shown_width, shown_height = self._seen()
        scale = shown_width / full_width
        left, right = (min(max(edge, 0), full_width) for edge in (box[0], box[0] + box[2]))
        top, bottom = (min(max(edge, 0), full_height) for edge in (box[1], box[1] + box[3]))
        x, y = self.center_x - shown_width / 2, self.center_y + shown_height / 2
        return [x + left * scale, y - bottom * scale, (right - left) * scale, (bottom - top) * scale]


def surroundings(size: tuple[int, int], box: Box) -> list[float]:
    """The part of a photograph around one face (left, top, width, height), within the photograph's `size`.

    So that this face is compared, and not the middle between several.
    """
    sides = [min(side * _AROUND, full) for side, full in zip(box[2:], size, strict=True)]
    corner = [
        min(max(start + (extent - side) / 2, 0), full - side)
        for start, extent, side, full in zip(box[:2], box[2:], sides, size, strict=True)
    ]
    return [*corner, *sides]


load_rules(__file__)
