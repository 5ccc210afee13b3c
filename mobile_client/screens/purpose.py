from __future__ import annotations

from kivy.clock import Clock
from kivy.properties import BooleanProperty, ObjectProperty, StringProperty

from mobile_client.core.drafts import MINIMUM_WORDING, PurposeDraft, wording
from mobile_client.core.wire import Alternative, Ground, Place
from mobile_client.screens.page import Page
from mobile_client.widgets.inputs import Chip, OptionTile, chosen
from mobile_client.widgets.loading import load_rules


class GroundTile(OptionTile):
    screen = ObjectProperty(None, rebind=True)


class PlaceChip(Chip):
    screen = ObjectProperty(None, rebind=True)


class AlternativeChip(Chip):
    screen = ObjectProperty(None, rebind=True)


class PurposeScreen(Page):
    """The ground before the camera; `missing` is the first thing the draft still lacks."""

    ground = StringProperty("")
    place = StringProperty(Place.HOME.value)
    private = BooleanProperty(False)
    no_force = BooleanProperty(False)
    life_at_risk = BooleanProperty(False)
    offers_risk = BooleanProperty(False)
    needs_harm = BooleanProperty(False)
    missing = StringProperty("")
    may_sign_out = BooleanProperty(False)

    def refresh(self) -> None:
        super().refresh()
        self.may_sign_out = self.flow.may_sign_out
        if self.flow.check.purpose is None:
            self._clear()
        self.update()

    def on_enter(self, *_: object) -> None:
        """Sent here to state a risk: show where, once the page has its place."""
        if self.flow.notice and self.offers_risk:
            Clock.schedule_once(lambda _: self.ids.scroll.scroll_to(self.ids.life_at_risk, animate=False))

    def on_ground(self, *_: object) -> None:
        """A life at risk is offered, and kept, only where the search is for the person's own sake."""
        self.offers_risk = bool(self.ground) and Ground(self.ground).welfare
        self.life_at_risk = self.life_at_risk and self.offers_risk

    def update(self) -> None:
        draft = self.draft()
        self.missing, self.needs_harm = draft.gap, draft.needs_harm

    def draft(self) -> PurposeDraft:
        fields = self.ids
        return PurposeDraft(
            ground=Ground(self.ground) if self.ground else None,
            necessity=fields.necessity.text,
            place=Place(self.place) if self.private else Place.PUBLIC,
            harm=fields.harm.text,
            alternatives=frozenset(Alternative(value) for value in chosen(fields.alternatives)),
            power=fields.power.text,
            no_force=self.no_force,
            incident=fields.incident.text,
            life_at_risk=self.life_at_risk,
        )

    def state(self) -> None:
        self.flow.state_purpose(self.draft())

    @staticmethod
    def length_of(text: str) -> str:
        length = wording(text)
        return "Long enough" if length >= MINIMUM_WORDING else f"{length} of {MINIMUM_WORDING} characters"

    def _clear(self) -> None:
        """A new check begins with nothing of the last one."""
        self.ground, self.private, self.no_force = "", False, False
        for name in ("necessity", "harm", "power", "incident"):
            self.ids[name].text = ""
        for chip in self.ids.alternatives.children:
            chip.selected = False
        self.ids.scroll.scroll_y = 1


load_rules(__file__)
