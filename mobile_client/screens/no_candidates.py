from __future__ import annotations

from mobile_client.screens.page import Page
from mobile_client.widgets.loading import load_rules


class NoCandidatesScreen(Page):
    """Nobody in the records is alike enough; the check still ends with a decision."""

    def decide(self) -> None:
        self.flow.open_decision()


load_rules(__file__)
