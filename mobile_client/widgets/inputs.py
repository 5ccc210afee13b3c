"""What the officer fills in; each carries the `value` it stands for, and tells its screen by `on_change`."""

from __future__ import annotations

from kivy.graphics import Color, SmoothEllipse, SmoothLine, SmoothRoundedRectangle
from kivy.metrics import dp
from kivy.properties import BooleanProperty, ColorProperty, NumericProperty, ObjectProperty, StringProperty
from kivy.uix.behaviors import ButtonBehavior
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.widget import Widget

import mobile_client.widgets.pictures  # noqa: F401  # its rules are used here
from mobile_client.widgets.drawn import Drawn, theme
from mobile_client.widgets.loading import load_rules


class Field(BoxLayout):
    """A labelled line, or several, of text."""

    label = StringProperty("")
    text = StringProperty("")
    hint = StringProperty("")
    helper = StringProperty("")
    error = StringProperty("")
    icon = StringProperty("")
    focused = BooleanProperty(False)
    password = BooleanProperty(False)
    multiline = BooleanProperty(False)
    box_height = NumericProperty("56dp")


class OptionTile(ButtonBehavior, BoxLayout):
    """One answer of several; the screen decides which is `selected`."""

    value = StringProperty("")
    text = StringProperty("")
    detail = StringProperty("")
    icon = StringProperty("")
    texture = ObjectProperty(None, allownone=True)
    selected = BooleanProperty(False)


class Radio(Drawn):
    on = BooleanProperty(False)
    redraw_on = ("on",)

    def draw(self) -> None:
        inner = self.width * 0.23
        with self.canvas.before:
            Color(*(theme().primary if self.on else theme().outline))
            SmoothLine(circle=(*self.center, self.width / 2 - dp(2)), width=dp(1))
            if self.on:
                SmoothEllipse(pos=(self.center_x - inner, self.center_y - inner), size=(2 * inner, 2 * inner))


class Knob(Drawn):
    on = BooleanProperty(False)
    redraw_on = ("on",)

    def draw(self) -> None:
        radius = self.height / 2
        left = self.right - dp(27) if self.on else self.x + dp(5)
        with self.canvas.before:
            Color(*(theme().primary if self.on else theme().surface2))
            SmoothRoundedRectangle(pos=self.pos, size=self.size, radius=[radius])
            Color(*(theme().primary if self.on else theme().outline))
            edge = (self.x + dp(1), self.y + dp(1), self.width - dp(2), self.height - dp(2), radius - dp(1))
            SmoothLine(rounded_rectangle=edge, width=dp(1))
            Color(*(theme().primary_ink if self.on else theme().text))
            SmoothEllipse(pos=(left, self.center_y - dp(11)), size=(dp(22), dp(22)))


class ToggleRow(ButtonBehavior, BoxLayout):
    """A statement that is on or off; its icon takes `ink_on` while it is on."""

    text = StringProperty("")
    detail = StringProperty("")
    icon = StringProperty("home")
    ink_on = ColorProperty([1, 1, 1, 1])
    active = BooleanProperty(False)

    def on_release(self) -> None:
        self.active = not self.active


class Chip(ButtonBehavior, BoxLayout):
    """One of several short answers; `toggles` says whether a tap turns it on and off by itself."""

    value = StringProperty("")
    text = StringProperty("")
    selected = BooleanProperty(False)
    toggles = BooleanProperty(True)

    def on_release(self) -> None:
        if self.toggles:
            self.selected = not self.selected


class Segments(BoxLayout):
    """Two ways, of which one is on."""

    right_on = BooleanProperty(False)


class Segment(ButtonBehavior, BoxLayout):
    icon = StringProperty("standing")
    text = StringProperty("")
    on = BooleanProperty(False)


def chosen(chips: Widget) -> frozenset[str]:
    """The values of the selected chips in a container."""
    return frozenset(chip.value for chip in chips.children if chip.selected)


load_rules(__file__)
