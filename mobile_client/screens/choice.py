from __future__ import annotations

from kivy.properties import DictProperty, ObjectProperty, StringProperty

from mobile_client.screens.page import Page
from mobile_client.screens.words import in_lines
from mobile_client.widgets.loading import load_rules
from mobile_client.widgets.pictures import texture_of


class ChoiceScreen(Page):
    """Several faces on the photograph: the officer taps the one who is meant, sees it marked, and sends it."""

    texture = ObjectProperty(None, allownone=True)
    boxes = DictProperty()
    chosen = StringProperty("")
    refusal = StringProperty("")

    def refresh(self) -> None:
        super().refresh()
        several = self.flow.check.several
        if several is None:
            return
        self.texture = self.texture or texture_of(self.flow.check.photograph)
        self.boxes = several.boxes
        self.refusal = in_lines([self.notice]) if self.notice else ""

    def on_pre_leave(self, *_: object) -> None:
        """Neither the picture nor where its faces stood stays on a screen that is not shown."""
        self.texture, self.boxes, self.chosen = None, {}, ""

    def choose(self) -> None:
        self.begin(self.flow.choose(self.chosen))

    def back(self) -> None:
        self.flow.back()


load_rules(__file__)
