"""What travels between handheld and server, version 1, as values.

Parsing is strict about what it reads (a missing field or a wrong type raises `WireInvalid`) and blind to what it
does not know: a field that this version has no use for, a score for instance, cannot reach a screen.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from mobile_client.core.reading import (
    WireInvalid,
    choice,
    day,
    digest,
    fields_of,
    items,
    moment,
    optional_text,
    text,
    texts,
    whole,
)


class Ground(StrEnum):
    UNABLE_TO_IDENTIFY = "unable-to-identify"
    REFUSES = "refuses"
    FALSE_DETAILS = "false-details"
    MISSING_OR_AT_RISK = "missing-or-at-risk"

    @property
    def welfare(self) -> bool:
        """True where the search is for the person's own sake; only then can a life be stated to be at risk."""
        return self in {Ground.UNABLE_TO_IDENTIFY, Ground.MISSING_OR_AT_RISK}


class Place(StrEnum):
    PUBLIC = "public"
    HOME = "home"
    SCHOOL = "school"
    MEDICAL = "medical"
    WORSHIP = "worship"


class Alternative(StrEnum):
    ASKED_PERSON = "asked-person"
    DOCUMENTS = "documents"
    ASKED_OTHERS = "asked-others"
    FINGERPRINT = "fingerprint"
    NONE_POSSIBLE = "none-possible"


class Judgement(StrEnum):
    SAME = "same"
    DIFFERENT = "different"
    CANNOT_TELL = "cannot-tell"


class Outcome(StrEnum):
    CANDIDATE = "candidate"
    NONE_OF_THESE = "none-of-these"
    CANNOT_TELL = "cannot-tell"


class Corroboration(StrEnum):
    DOCUMENT = "document"
    PERSONAL_DETAILS = "personal-details"
    SCAR_MARK_TATTOO = "scar-mark-tattoo"
    KNOWN_TO_WITNESS = "known-to-witness"
    PERSONAL_ITEM = "personal-item"
    FINGERPRINT = "fingerprint"


class SearchState(StrEnum):
    ANSWERED = "answered"
    DECIDED = "decided"
    EXPIRED = "expired"


@dataclass(frozen=True)
class Purpose:
    """Why this face may be searched, in the officer's words.

    `harm` is needed in a private place and where `life_at_risk` has a poor photograph searched all the same.
    """

    ground: Ground
    necessity: str
    place: Place
    alternatives: frozenset[Alternative]
    power: str
    no_force: bool
    incident: str = ""
    harm: str = ""
    life_at_risk: bool = False

    def document(self) -> dict[str, object]:
        required: dict[str, object] = {
            "ground": self.ground,
            "necessity": self.necessity,
            "place": self.place,
            "alternatives": sorted(self.alternatives),
            "power": self.power,
            "no_force": self.no_force,
        }
        optional = ("incident", "harm", "life_at_risk")
        return required | {name: said for name in optional if (said := getattr(self, name))}


@dataclass(frozen=True)
class Record:
    """Who stands behind a letter; the server opens it once every face is judged, and this one "same"."""

    record_number: str
    given_name: str
    family_name: str
    born_on: date | None
    source: str
    captured_on: date
    lawful_basis: str

    @classmethod
    def parse(cls, value: object) -> Record:
        fields = fields_of(value, "record")
        born_on = optional_text(fields, "born_on")
        return cls(
            record_number=text(fields, "record_number"),
            given_name=text(fields, "given_name"),
            family_name=text(fields, "family_name"),
            born_on=None if born_on is None else day(born_on, "born_on"),
            source=text(fields, "source"),
            captured_on=day(text(fields, "captured_on"), "captured_on"),
            lawful_basis=text(fields, "lawful_basis"),
        )


@dataclass(frozen=True)
class Candidate:
    """A face put forward under a letter that says nothing about likeness."""

    label: str
    judgement: Judgement | None
    record: Record | None

    @classmethod
    def parse(cls, value: object) -> Candidate:
        fields = fields_of(value, "candidate")
        judged, record = fields.get("judgement"), fields.get("record")
        judgement = None if judged is None else choice(Judgement, judged, "judgement")
        if record is not None and judgement is not Judgement.SAME:
            raise WireInvalid("record: opened before the face was judged the same")
        return cls(text(fields, "label"), judgement, None if record is None else Record.parse(record))


@dataclass(frozen=True)
class Decision:
    """The officer's conclusion; `label` names the candidate when the outcome is one."""

    outcome: Outcome
    label: str | None = None
    corroboration: frozenset[Corroboration] = frozenset()
    evidence_against: str = ""

    @classmethod
    def parse(cls, value: object) -> Decision:
        fields = fields_of(value, "decision")
        return cls(
            outcome=choice(Outcome, fields.get("outcome"), "outcome"),
            label=optional_text(fields, "label"),
            corroboration=frozenset(
                choice(Corroboration, kind, "corroboration") for kind in items(fields, "corroboration")
            ),
            evidence_against=optional_text(fields, "evidence_against") or "",
        )

    def document(self) -> dict[str, object]:
        answer: dict[str, object] = {"outcome": self.outcome}
        if self.label is not None:
            answer["label"] = self.label
        if self.corroboration:
            answer["corroboration"] = sorted(self.corroboration)
        if self.evidence_against:
            answer["evidence_against"] = self.evidence_against
        return answer


@dataclass(frozen=True)
class Capture:
    """What the server found about the photograph: `advice` in its own sentences, none when all is well."""

    advice: tuple[str, ...]

    @classmethod
    def parse(cls, value: object) -> Capture:
        return cls(texts(fields_of(value, "capture"), "advice"))


@dataclass(frozen=True)
class SearchView:
    """One search as its officer may see it: letters, judgements, and the records that the last judgement opened.

    `capture` is None from a server that does not judge photographs yet. Raises WireInvalid when a record is open while
    a face waits for its judgement: no screen may then show it.
    """

    id: str
    state: SearchState
    ground: Ground
    answered_at: datetime
    expires_at: datetime
    candidates: tuple[Candidate, ...]
    decision: Decision | None
    capture: Capture | None = None

    def __post_init__(self) -> None:
        if self.unjudged and self.opened:
            raise WireInvalid("record: opened before every face was judged")

    @classmethod
    def parse(cls, value: object) -> SearchView:
        fields = fields_of(value, "search")
        decision, capture = fields.get("decision"), fields.get("capture")
        return cls(
            id=text(fields, "id"),
            state=choice(SearchState, fields.get("state"), "state"),
            ground=choice(Ground, fields.get("ground"), "ground"),
            answered_at=moment(fields, "answered_at"),
            expires_at=moment(fields, "expires_at"),
            candidates=tuple(Candidate.parse(item) for item in items(fields, "candidates")),
            decision=None if decision is None else Decision.parse(decision),
            capture=None if capture is None else Capture.parse(capture),
        )

    @property
    def labels(self) -> tuple[str, ...]:
        return tuple(candidate.label for candidate in self.candidates)

    @property
    def unjudged(self) -> tuple[str, ...]:
        return tuple(candidate.label for candidate in self.candidates if candidate.judgement is None)

    @property
    def judged_same(self) -> tuple[Candidate, ...]:
        return tuple(candidate for candidate in self.candidates if candidate.judgement is Judgement.SAME)

    @property
    def opened(self) -> tuple[str, ...]:
        """The letters whose records are open: none while a face waits for its judgement."""
        return tuple(candidate.label for candidate in self.candidates if candidate.record is not None)

    def candidate(self, label: str) -> Candidate:
        return next(candidate for candidate in self.candidates if candidate.label == label)


@dataclass(frozen=True)
class Receipt:
    """An entry of the trail with its RFC 6962 inclusion proof: sibling hashes of 32 bytes, leaf to root."""

    index: int
    leaf: str
    size: int
    proof: tuple[bytes, ...]
    checkpoint: str

    @classmethod
    def parse(cls, value: object) -> Receipt:
        fields = fields_of(value, "receipt")
        return cls(
            index=whole(fields, "index"),
            leaf=text(fields, "leaf"),
            size=whole(fields, "size"),
            proof=tuple(digest(item) for item in items(fields, "proof")),
            checkpoint=text(fields, "checkpoint"),
        )
