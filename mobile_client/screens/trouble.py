from __future__ import annotations

from kivy.properties import BooleanProperty, StringProperty

from mobile_client.core.drafts import UNFOUNDED
from mobile_client.core.flow import Flow, Step
from mobile_client.core.trouble import POOR_IMAGE, Remedy
from mobile_client.screens.page import Page
from mobile_client.screens.words import in_lines
from mobile_client.widgets.loading import load_rules

_TITLES = {
    "offline": "No connection",
    "busy": "The server is busy",
    "no-face": "No face was found",
    "poor-image": "The photograph is too poor",
    "several-faces": "Several faces",
    "unresolved-search": "A search is undecided",
    "role-missing": "Not allowed",
}
_WAYS = {
    Remedy.RETRY: "Try again",
    Remedy.RESUME: "Continue",
    Remedy.RETAKE: "Take another photograph",
    Remedy.RESTATE: "Correct the reason",
}


class TroubleScreen(Page):
    """A refusal, a lost network or an expired search: what happened, and the one way on."""

    title = StringProperty("")
    sentence = StringProperty("")
    advice = StringProperty("")
    risk = StringProperty("")
    detail = StringProperty("")
    way = StringProperty("")
    icon = StringProperty("warn")
    offline = BooleanProperty(False)
    locked = BooleanProperty(False)
    may_go_back = BooleanProperty(False)
    may_state_risk = BooleanProperty(False)
    may_sign_out = BooleanProperty(False)

    def refresh(self) -> None:
        super().refresh()
        step, trouble = self.flow.step, self.flow.trouble
        self.offline, self.locked = step is Step.OFFLINE, step is Step.LOCKED
        self.may_go_back = self.flow.may_go_back and trouble is not None and trouble.remedy is not Remedy.RETAKE
        self.may_sign_out, self.may_state_risk = self.flow.may_sign_out, self.flow.may_state_risk
        self.advice = in_lines(trouble.advice) if trouble is not None else ""
        self.risk = _risk(self.flow)
        self.detail = _detail(self.flow)
        if self.locked:
            self.title, self.sentence, self.way, self.icon = "Time is over", self.notice, "Continue", "clock"
        elif trouble is not None:
            self.title, self.sentence = _TITLES.get(trouble.slug, "This did not work"), trouble.sentence
            self.way = "Try again" if self.offline else _WAYS[trouble.remedy]
            self.icon = "online" if self.offline else "warn"

    def go_on(self) -> None:
        if self.locked:
            self.flow.start_anew()
        else:
            self.begin(self.flow.resolve())

    def state_risk(self) -> None:
        self.flow.state_risk()

    def back(self) -> None:
        self.flow.back()


def _risk(flow: Flow) -> str:
    """How a life at risk changes what is said of a poor photograph; nothing where it was stated already."""
    if flow.may_state_risk:
        return "If the person's life is at risk, state it and say why: then a poor photograph is searched too."
    if flow.trouble is None or flow.trouble.slug != POOR_IMAGE:
        return ""
    purpose = flow.check.purpose
    return "" if purpose is None or purpose.life_at_risk else UNFOUNDED


def _detail(flow: Flow) -> str:
    """What is held, and what is gone, on this handheld."""
    if flow.check.undecided and flow.check.decision is not None and flow.step is Step.OFFLINE:
        return "Your decision waits here, without any photograph of its own, until it can be sent."
    if flow.check.undecided:
        return "The search still waits for your decision."
    if flow.check.photograph is not None:
        return "The photograph is held in memory until it is sent or you take another."
    return "The photograph is erased from this handheld." if flow.check.purpose else ""


load_rules(__file__)
