"""The colours and the type size of the handheld: dark for the night, day for the sun."""

from __future__ import annotations

from kivy.event import EventDispatcher
from kivy.properties import ColorProperty, NumericProperty, StringProperty

from mobile_client.palette import PALETTES


class Theme(EventDispatcher):
    """Every colour is a property, so that a change of palette repaints what is bound to it."""

    name = StringProperty("dark")
    font_scale = NumericProperty(1.0)
    bg = ColorProperty()
    surface = ColorProperty()
    surface2 = ColorProperty()
    outline = ColorProperty()
    divider = ColorProperty()
    text = ColorProperty()
    muted = ColorProperty()
    primary = ColorProperty()
    primary_ink = ColorProperty()
    primary_soft = ColorProperty()
    ok = ColorProperty()
    ok_soft = ColorProperty()
    warn = ColorProperty()
    warn_soft = ColorProperty()
    danger = ColorProperty()
    danger_soft = ColorProperty()

    def __init__(self, name: str = "dark", font_scale: float = 1.0) -> None:
        super().__init__()
        self.font_scale = font_scale
        self.use(name)

    def use(self, name: str) -> None:
        """Paint in the palette `name`: dark or day."""
        for token, colour in PALETTES[name].items():
            setattr(self, token, colour)
        self.name = name

    def switch(self) -> None:
        self.use("day" if self.name == "dark" else "dark")
