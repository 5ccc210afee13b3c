"""What holds the content: pages, bars, cards and banners."""

from __future__ import annotations

from kivy.graphics import Color, SmoothRoundedRectangle
from kivy.metrics import dp
from kivy.properties import BooleanProperty, ColorProperty, NumericProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.screenmanager import Screen
from kivy.uix.widget import Widget

import mobile_client.widgets.buttons  # noqa: F401  # its rules are used here
from mobile_client.widgets.drawn import Drawn, theme
from mobile_client.widgets.loading import load_rules


class Ground(Screen):
    """A screen painted in the theme's background."""


class Column(BoxLayout):
    """As tall as what it holds."""


class Card(Column):
    fill = ColorProperty([0, 0, 0, 1])


class Reveal(Column):
    """Holds its content only while `shown`: what is hidden takes no room and no touch."""

    shown = BooleanProperty(True)

    def __init__(self, **properties: object) -> None:
        self._content: list[Widget] = []
        super().__init__(**properties)

    def add_widget(self, widget: Widget, *_: object, **__: object) -> None:
        self._content.append(widget)
        if self.shown:
            super().add_widget(widget)

    def on_shown(self, *_: object) -> None:
        self.clear_widgets()
        if self.shown:
            for widget in self._content:
                super().add_widget(widget)


class AppBar(BoxLayout):
    """`icon` is what stands at the left, with `act` called when it is tapped; empty for none."""

    title = StringProperty("")
    subtitle = StringProperty("")
    icon = StringProperty("")
    label = StringProperty("")
    online = BooleanProperty(True)

    def __init__(self, **properties: object) -> None:
        self.register_event_type("on_act")
        super().__init__(**properties)

    def on_act(self) -> None:
        """The left icon was tapped."""


class StepBar(Drawn):
    """How many of `total` steps are reached."""

    step = NumericProperty(1)
    total = NumericProperty(4)
    redraw_on = ("step", "total")

    def draw(self) -> None:
        gap, margin, total = dp(4), dp(16), int(self.total)
        width = (self.width - 2 * margin - gap * (total - 1)) / total
        for place in range(total):
            with self.canvas.before:
                Color(*(theme().primary if place < self.step else theme().divider))
                left = self.x + margin + place * (width + gap)
                SmoothRoundedRectangle(pos=(left, self.y), size=(width, dp(4)), radius=[dp(2)])


class Pill(BoxLayout):
    icon = StringProperty("info")
    text = StringProperty("")
    ink = ColorProperty([1, 1, 1, 1])
    fill = ColorProperty([0, 0, 0, 1])


class Banner(BoxLayout):
    """A sentence with an icon and an edge in its own colour; `text` may carry markup of ours, never the server's."""

    icon = StringProperty("info")
    text = StringProperty("")
    ink = ColorProperty([1, 1, 1, 1])
    fill = ColorProperty([0, 0, 0, 1])


class Hint(BoxLayout):
    """What is still missing, above the button that waits for it; takes no room when `text` is empty."""

    text = StringProperty("")


class Fact(BoxLayout):
    """A name and its value."""

    name = StringProperty("")
    value = StringProperty("")
    font = StringProperty("Roboto")


load_rules(__file__)
