from __future__ import annotations

from kivy.properties import BooleanProperty, ListProperty, StringProperty

from mobile_client.core.check import Check
from mobile_client.screens.page import Page
from mobile_client.screens.words import GROUNDS, in_words, time_in_words
from mobile_client.widgets.loading import load_rules


class ReceiptScreen(Page):
    """What was recorded, and what this handheld could prove of it."""

    search = StringProperty("")
    facts = ListProperty(["", "", "", "", ""])
    proved = BooleanProperty(False)
    verdict = StringProperty("")

    def refresh(self) -> None:
        super().refresh()
        check = self.flow.check
        if check.search is None or check.decision is None:
            return
        self.search = _in_groups(check.search.id)
        officer = self.flow.session.name if self.flow.session else ""
        at = time_in_words(check.proof.at) if check.proof else "not proved"
        self.facts = [in_words(check.decision), GROUNDS[check.search.ground], at, officer, _entry(check)]
        self.proved, self.verdict = check.proof is not None, _verdict(check)

    def start_anew(self) -> None:
        self.flow.start_anew()


def _in_groups(identifier: str) -> str:
    """Two lines of groups of four, to be read aloud."""
    groups = [identifier[at : at + 4] for at in range(0, len(identifier), 4)]
    return " ".join(groups[:4]) + "\n" + " ".join(groups[4:])


def _entry(check: Check) -> str:
    if check.proof is None:
        return "not proved"
    return f"#{check.proof.index}   {check.proof.entry.hex()[:12]}"


def _verdict(check: Check) -> str:
    if check.proof is not None:
        return (
            f"[b]Record proved in the trail[/b] of {check.proof.size} entries. "
            "The trail's signature is not checked on this handheld yet."
        )
    if check.receipt is None:
        return "[b]No receipt came back.[/b] The decision is recorded; your supervisor can show the proof."
    return "[b]The receipt proves nothing.[/b] Tell your supervisor and give the number above."


load_rules(__file__)
