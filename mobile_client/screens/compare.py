from __future__ import annotations

from kivy.properties import BooleanProperty, ListProperty, NumericProperty, ObjectProperty, StringProperty

from mobile_client.core.wire import Judgement, Record
from mobile_client.screens.page import Page
from mobile_client.screens.words import JUDGEMENTS, day_in_words, in_lines, name_of
from mobile_client.widgets.faces import surroundings
from mobile_client.widgets.loading import load_rules
from mobile_client.widgets.pictures import texture_of

_ENLARGED = 1.9


class CompareScreen(Page):
    """One face beside the person, judged blind; records open when every face has been judged."""

    person = ObjectProperty(None, allownone=True)
    part = ListProperty()
    face = ObjectProperty(None, allownone=True)
    face_absent = StringProperty("")
    advice = StringProperty("")
    letters = ListProperty()
    shown = StringProperty("")
    following = StringProperty("")
    judged = ListProperty()
    judgement = StringProperty("")
    progress = StringProperty("")
    swapped = BooleanProperty(False)
    zoom = NumericProperty(1.0)
    turns = NumericProperty(0)
    may_decide = BooleanProperty(False)
    record_known = BooleanProperty(False)
    record_facts = ListProperty(["", "", "", ""])

    def refresh(self) -> None:
        super().refresh()
        check = self.flow.check
        if check.search is None or check.candidate is None:
            return
        self._show_person()
        self._show_face()
        self.advice = in_lines(check.advice)
        self.letters = check.search.labels
        self.judged = [label for label in check.search.labels if label not in check.search.unjudged]
        self.following, self.may_decide = check.following, self.flow.may_decide
        given = check.candidate.judgement
        self.judgement = "" if given is None else JUDGEMENTS[given]
        self.progress = self._progress()
        self._show_record(check.candidate.record)

    def on_pre_leave(self, *_: object) -> None:
        """No picture stays on a screen that is not shown."""
        self.person, self.face, self.part = None, None, []
        self.shown, self.zoom, self.turns, self.swapped = "", 1.0, 0, False
        self._show_record(None)

    def look_at(self, letter: str) -> None:
        if not self.flow.working:
            self.begin(self.flow.look_at(letter))

    def judge(self, judgement: str) -> None:
        self.begin(self.flow.judge(Judgement(judgement)))

    def decide(self) -> None:
        self.flow.open_decision()

    def enlarge(self) -> None:
        self.zoom = 1.0 if self.zoom > 1 else _ENLARGED

    def turn(self) -> None:
        """A lying person beside an upright record: turn the photograph, not the head."""
        self.turns = (self.turns + 1) % 4

    def swap(self) -> None:
        self.swapped = not self.swapped

    def _show_person(self) -> None:
        check = self.flow.check
        self.person = self.person or texture_of(check.photograph)
        if self.person is not None and check.named is not None:
            self.part = surroundings(self.person.size, check.named.box)

    def _show_face(self) -> None:
        check = self.flow.check
        if self.shown != check.shown:
            self.face = texture_of(check.faces[check.shown])
            self.face_absent = "This record was withdrawn. Judge it as: cannot tell."
            self.shown = check.shown

    def _progress(self) -> str:
        counted = f"Judged: {self.judgement}.  {len(self.judged)} of {len(self.letters)}"
        return counted if self.may_decide else f"{counted}. Records open when all are judged."

    def _show_record(self, record: Record | None) -> None:
        self.record_known = record is not None
        if record is None:
            self.record_facts = ["", "", "", ""]
            return
        born = day_in_words(record.born_on) if record.born_on else "not recorded"
        self.record_facts = [name_of(record), born, day_in_words(record.captured_on), record.source.capitalize()]


load_rules(__file__)
