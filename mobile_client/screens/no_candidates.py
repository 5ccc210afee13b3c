from __future__ import annotations

from kivy.properties import StringProperty

from mobile_client.screens.page import Page
from mobile_client.screens.words import in_lines
from mobile_client.widgets.loading import load_rules


class NoCandidatesScreen(Page):
    """Nobody in the records is alike enough; the check still ends with a decision."""

    advice = StringProperty("")

    def refresh(self) -> None:
        super().refresh()
        self.advice = in_lines(self.flow.check.advice)

    def decide(self) -> None:
        self.flow.open_decision()


load_rules(__file__)
