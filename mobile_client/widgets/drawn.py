"""Widgets that draw themselves: repainted when the palette, their place or a listed property changes."""

from __future__ import annotations

from typing import ClassVar

from kivy.app import App
from kivy.clock import Clock
from kivy.uix.widget import Widget

from mobile_client.theme import Theme


def theme() -> Theme:
    current: Theme = App.get_running_app().theme
    return current


class Drawn(Widget):
    """Subclasses list the properties they depend on in `redraw_on` and implement `draw`."""

    redraw_on: ClassVar[tuple[str, ...]] = ()

    def __init__(self, **properties: object) -> None:
        super().__init__(**properties)
        redraw = Clock.create_trigger(self._redraw, -1)
        self.bind(pos=redraw, size=redraw, **dict.fromkeys(self.redraw_on, redraw))
        theme().bind(name=redraw)
        redraw()

    def draw(self) -> None:
        raise NotImplementedError

    def _redraw(self, *_: object) -> None:
        self.canvas.before.clear()
        if self.width > 1 and self.height > 1:
            self.draw()
