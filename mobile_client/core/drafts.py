"""What the officer has filled in so far, and the first thing that is still missing.

The same rules stand in the server, which has the last word; here they spare the officer a refused photograph.
"""

from __future__ import annotations

from dataclasses import dataclass

from mobile_client.core.wire import Alternative, Corroboration, Decision, Ground, Outcome, Place, Purpose

MINIMUM_WORDING = 20
FILLERS = "\u115f\u1160\u3164\uffa0"  # letters of Hangul that nobody sees
"""Characters that a necessity and a stated harm must have."""

UNFOUNDED = "Life at risk is for a person who is missing or cannot say who they are."


class Incomplete(Exception):
    """The draft cannot be sent yet; the text says what is missing."""


@dataclass(frozen=True)
class PurposeDraft:
    ground: Ground | None = None
    necessity: str = ""
    place: Place = Place.PUBLIC
    harm: str = ""
    alternatives: frozenset[Alternative] = frozenset()
    power: str = ""
    no_force: bool = False
    incident: str = ""
    life_at_risk: bool = False

    @property
    def needs_harm(self) -> bool:
        """True where a risk of significant harm must be stated."""
        return self.life_at_risk or self.place is not Place.PUBLIC

    @property
    def gap(self) -> str:
        """The first thing missing, in words; empty when the purpose is complete."""
        checks = (
            (self.ground is not None, "Choose what applies to the person."),
            (bool(self.alternatives), "Say what you have tried already."),
            (_worded(self.necessity), f"Say why it is necessary, in {MINIMUM_WORDING} characters or more."),
            (bool(self.power.strip()), "Name the legal power you rely on."),
            (not self.life_at_risk or self._welfare, UNFOUNDED),
            (not self.needs_harm or _worded(self.harm), "State the risk of significant harm."),
            (self.no_force, "Confirm that no force is used."),
        )
        return next((sentence for fulfilled, sentence in checks if not fulfilled), "")

    def purpose(self) -> Purpose:
        """Raises Incomplete."""
        if self.gap or self.ground is None:
            raise Incomplete(self.gap)
        return Purpose(
            ground=self.ground,
            necessity=self.necessity.strip(),
            place=self.place,
            alternatives=self.alternatives,
            power=self.power.strip(),
            no_force=self.no_force,
            incident=self.incident.strip(),
            harm=self.harm.strip() if self.needs_harm else "",
            life_at_risk=self.life_at_risk,
        )

    @property
    def _welfare(self) -> bool:
        return self.ground is not None and self.ground.welfare


@dataclass(frozen=True)
class DecisionDraft:
    outcome: Outcome | None = None
    label: str | None = None
    corroboration: frozenset[Corroboration] = frozenset()
    evidence_against: str = ""

    @property
    def gap(self) -> str:
        """The first thing missing, in words; empty when the decision is complete."""
        if self.outcome is None:
            return "Choose one of the answers."
        if self.outcome is Outcome.CANDIDATE and self.label is None:
            return "Choose the record you mean."
        if self.outcome is Outcome.CANDIDATE and not self.corroboration:
            return "Pick at least one thing that supports it."
        return ""

    def decision(self) -> Decision:
        """Raises Incomplete."""
        if self.gap or self.outcome is None:
            raise Incomplete(self.gap)
        if self.outcome is not Outcome.CANDIDATE:
            return Decision(self.outcome, evidence_against=self.evidence_against.strip())
        return Decision(self.outcome, self.label, self.corroboration, self.evidence_against.strip())


def wording(text: str) -> int:
    """How much a text says, as the server counts it: letters and digits, and one for each blank between words."""
    words = "".join(sign if sign.isalnum() and sign not in FILLERS else " " for sign in text).split()
    return sum(map(len, words)) + max(0, len(words) - 1)


def _worded(text: str) -> bool:
    return wording(text) >= MINIMUM_WORDING
