"""The life of one search: answered, then decided or expired. Pure: every change returns a new Search."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from server.domain.candidates import Candidate, CandidateList
from server.domain.capture import Capture
from server.domain.decision import Decision, Judgement, Outcome
from server.domain.probe import Purpose
from server.domain.search_errors import (
    AlreadyJudged,
    CandidateUnknown,
    CorroborationMissing,
    DecisionInvalid,
    JudgementsMissing,
    SearchDecided,
    SearchExpired,
)


class SearchState(StrEnum):
    ANSWERED = "answered"
    DECIDED = "decided"
    EXPIRED = "expired"


@dataclass(frozen=True)
class Search:
    """One open-set 1:N identification transaction, from its answer on.

    `seed` is the logged shuffle seed; `threshold` and `policy_version` are those it ran under.
    """

    id: str
    officer_id: str
    purpose: Purpose
    candidates: CandidateList
    seed: int
    model: str
    threshold: float
    policy_version: str
    answered_at: datetime
    expires_at: datetime
    state: SearchState = SearchState.ANSWERED
    judgements: Mapping[str, Judgement] = field(default_factory=dict)
    decision: Decision | None = None
    closed_at: datetime | None = None
    capture: Capture = field(default_factory=Capture)

    @property
    def undecided(self) -> bool:
        return self.state is SearchState.ANSWERED

    @property
    def judged(self) -> bool:
        """True when no face is left to judge, as in an empty list."""
        return all(candidate.label in self.judgements for candidate in self.candidates)

    def overdue(self, now: datetime) -> bool:
        return self.undecided and now >= self.expires_at

    def candidate(self, label: str) -> Candidate:
        """The candidate under `label`; raises CandidateUnknown."""
        for candidate in self.candidates:
            if candidate.label == label:
                return candidate
        raise CandidateUnknown

    def judge(self, label: str, judgement: Judgement, now: datetime) -> Search:
        """Record a blind judgement, once a face; repeating the same one changes nothing.

        Raises CandidateUnknown, AlreadyJudged, SearchDecided or SearchExpired.
        """
        self.require_open(now)
        self.candidate(label)
        if self.judgements.get(label, judgement) is not judgement:
            raise AlreadyJudged
        return replace(self, judgements={**self.judgements, label: judgement})

    def decide(self, decision: Decision, now: datetime) -> Search:
        """Close the search with the officer's conclusion.

        Raises JudgementsMissing, DecisionInvalid, CorroborationMissing, SearchDecided or SearchExpired.
        """
        self.require_open(now)
        if not self.judged:
            raise JudgementsMissing
        self._check(decision)
        return replace(self, state=SearchState.DECIDED, decision=decision, closed_at=now)

    def expire(self, now: datetime) -> Search:
        """Close an overdue search without a decision; raises SearchDecided if it is closed already."""
        if not self.undecided:
            raise SearchDecided
        return replace(self, state=SearchState.EXPIRED, closed_at=now)

    def disclosed(self, label: str) -> bool:
        """True when the record behind `label` may be read: it was judged the same, and no face is left to judge.

        A name that opened earlier would speak to the officer while they judge the other faces.
        """
        return self.judged and self.judgements.get(label) is Judgement.SAME

    def require_open(self, now: datetime) -> None:
        """Raise SearchDecided or SearchExpired unless the officer may still look and judge."""
        if self.state is SearchState.DECIDED:
            raise SearchDecided
        if self.state is SearchState.EXPIRED or self.overdue(now):
            raise SearchExpired

    def _check(self, decision: Decision) -> None:
        if decision.outcome is not Outcome.CANDIDATE:
            if decision.label is not None:
                raise DecisionInvalid
            return
        if decision.label is None or not self.disclosed(decision.label):
            raise DecisionInvalid
        if not decision.corroboration:
            raise CorroborationMissing


class ReviewOutcome(StrEnum):
    JUSTIFIED = "justified"
    FOLLOW_UP = "follow-up"


@dataclass(frozen=True)
class Review:
    """A supervisor's inspection of one closed search."""

    search_id: str
    reviewer_id: str
    outcome: ReviewOutcome
    note: str
    reviewed_at: datetime
