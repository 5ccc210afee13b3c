from __future__ import annotations

from mobile_client.screens.page import Page
from mobile_client.widgets.loading import load_rules


class WaitingScreen(Page):
    """While the server looks; there is nothing to do here, and nothing to interrupt."""

    def on_pre_enter(self, *_: object) -> None:
        self.ids.ring.start()

    def on_pre_leave(self, *_: object) -> None:
        self.ids.ring.stop()


load_rules(__file__)
