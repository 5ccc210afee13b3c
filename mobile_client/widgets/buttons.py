"""What the officer taps; nothing here is smaller than 48 dp."""

from __future__ import annotations

from kivy.graphics import Color, SmoothEllipse, SmoothLine
from kivy.metrics import dp
from kivy.properties import BooleanProperty, ColorProperty, StringProperty
from kivy.uix.behaviors import ButtonBehavior
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.widget import Widget

import mobile_client.widgets.text  # noqa: F401  # its rules are used here
from mobile_client.widgets.drawn import Drawn, theme
from mobile_client.widgets.loading import load_rules

_PRESSED = 0.82


class BaseButton(ButtonBehavior, BoxLayout):
    """`fill` and `ink` while it can be tapped, `fill_off` and `ink_off` while it cannot."""

    text = StringProperty("")
    icon = StringProperty("")
    fill = ColorProperty([1, 1, 1, 1])
    fill_off = ColorProperty([0.5, 0.5, 0.5, 1])
    ink = ColorProperty([0, 0, 0, 1])
    ink_off = ColorProperty([0.5, 0.5, 0.5, 1])
    edge = ColorProperty([0, 0, 0, 0])
    fill_now = ColorProperty([1, 1, 1, 1])
    ink_now = ColorProperty([0, 0, 0, 1])

    def __init__(self, **properties: object) -> None:
        super().__init__(**properties)
        for name in ("fill", "fill_off", "ink", "ink_off", "disabled", "state"):
            self.fbind(name, self._repaint)
        self._repaint()

    def _repaint(self, *_: object) -> None:
        red, green, blue, alpha = self.fill_off if self.disabled else self.fill
        shade = _PRESSED if self.state == "down" else 1.0
        self.fill_now = red * shade, green * shade, blue * shade, alpha
        self.ink_now = self.ink_off if self.disabled else self.ink


class RoundButton(ButtonBehavior, Widget):
    icon = StringProperty("flip")
    label = StringProperty("")
    fill = ColorProperty([0, 0, 0, 0.5])
    ink = ColorProperty([1, 1, 1, 1])


class IconTap(ButtonBehavior, Widget):
    """An icon alone; `label` says in words what it does."""

    icon = StringProperty("back")
    label = StringProperty("")


class Shutter(ButtonBehavior, Drawn):
    """Its ring shows whether the picture looks good; its use is never barred."""

    good = BooleanProperty(True)
    redraw_on = ("good", "state", "disabled")

    def draw(self) -> None:
        radius = min(self.size) / 2
        inner = radius - dp(9)
        with self.canvas.before:
            Color(*(theme().text if self.good else theme().warn))
            SmoothLine(circle=(*self.center, radius - dp(2)), width=dp(1.6))
            Color(*theme().text[:3], 0.6 if self.state == "down" or self.disabled else 1)
            SmoothEllipse(pos=(self.center_x - inner, self.center_y - inner), size=(2 * inner, 2 * inner))


load_rules(__file__)
