from __future__ import annotations

from kivy.properties import BooleanProperty, ObjectProperty, StringProperty

from mobile_client.core.drafts import DecisionDraft
from mobile_client.core.wire import Candidate, Corroboration, Outcome
from mobile_client.screens.page import Page
from mobile_client.screens.words import name_of
from mobile_client.widgets.inputs import Chip, OptionTile, chosen
from mobile_client.widgets.loading import load_rules
from mobile_client.widgets.pictures import texture_of


class SupportChip(Chip):
    screen = ObjectProperty(None, rebind=True)


class DecisionScreen(Page):
    """The officer's conclusion. `choice` is a letter, or an outcome that names no record."""

    choice = StringProperty("")
    missing = StringProperty("")
    names_record = BooleanProperty(False)
    empty_list = BooleanProperty(False)

    def on_pre_enter(self, *_: object) -> None:
        self.choice = ""
        self.ids.against.text = ""
        for chip in self.ids.corroboration.children:
            chip.selected = False
        search = self.flow.check.search
        self.empty_list = search is None or not search.candidates
        self._list_records(() if search is None else search.judged_same)
        self.update()

    def on_pre_leave(self, *_: object) -> None:
        self._list_records(())

    def choose(self, choice: str) -> None:
        self.choice = choice
        self.update()

    def update(self) -> None:
        self.names_record = self.draft().outcome is Outcome.CANDIDATE
        self.missing = self.draft().gap

    def draft(self) -> DecisionDraft:
        against = self.ids.against.text
        if self.choice in set(Outcome):
            return DecisionDraft(Outcome(self.choice), evidence_against=against)
        if not self.choice:
            return DecisionDraft(evidence_against=against)
        support = frozenset(Corroboration(value) for value in chosen(self.ids.corroboration))
        return DecisionDraft(Outcome.CANDIDATE, self.choice, support, against)

    def record(self) -> None:
        self.begin(self.flow.decide(self.draft()))

    def back(self) -> None:
        self.flow.back()

    def _list_records(self, candidates: tuple[Candidate, ...]) -> None:
        self.ids.records.clear_widgets()
        for candidate in candidates:
            self.ids.records.add_widget(self._tile(candidate))

    def _tile(self, candidate: Candidate) -> OptionTile:
        tile = OptionTile(
            value=candidate.label,
            text=f"Record {candidate.label}",
            detail=name_of(candidate.record) if candidate.record else "",
            texture=texture_of(self.flow.check.faces.get(candidate.label)),
        )
        tile.bind(on_release=lambda tapped: self.choose(tapped.value))
        self.bind(choice=lambda _, choice: setattr(tile, "selected", choice == tile.value))
        return tile


load_rules(__file__)
