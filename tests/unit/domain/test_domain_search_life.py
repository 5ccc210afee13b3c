"""The life of a search under any sequence of acts: never an invalid state, and nothing changes after its end."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from server.domain.candidates import Candidate
from server.domain.decision import Corroboration, Decision, Judgement, Outcome
from server.domain.errors import OifrError
from server.domain.search import Search, SearchState
from server.domain.search_errors import (
    AlreadyJudged,
    CandidateUnknown,
    CorroborationMissing,
    DecisionInvalid,
    JudgementsMissing,
    SearchDecided,
    SearchExpired,
)
from tests.fakes.clock import NOON
from tests.fakes.samples import PURPOSE

TIME_TO_DECIDE = timedelta(minutes=15)
letters = st.sampled_from("ABCD")
decisions = st.builds(
    Decision,
    outcome=st.sampled_from(Outcome),
    label=st.none() | letters,
    corroboration=st.frozensets(st.sampled_from(Corroboration), max_size=2),
)


def answered(candidates: int) -> Search:
    put_forward = tuple(Candidate("ABC"[n], f"reference-{n}", f"subject-{n}", 0.8) for n in range(candidates))
    return Search(
        id="search-1",
        officer_id="officer-1",
        purpose=PURPOSE,
        candidates=put_forward,
        seed=1,
        model="model",
        threshold=0.6,
        policy_version="1",
        answered_at=NOON,
        expires_at=NOON + TIME_TO_DECIDE,
    )


class SearchLife(RuleBasedStateMachine):
    @initialize(candidates=st.integers(0, 3))
    def answer(self, candidates: int) -> None:
        self.search = answered(candidates)
        self.now = NOON

    @rule(minutes=st.integers(0, 8))
    def time_passes(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule(label=letters, judgement=st.sampled_from(Judgement))
    def judge(self, label: str, judgement: Judgement) -> None:
        before = self.search
        expected = self._refusal_to_judge(label, judgement)
        self._attempt(lambda: before.judge(label, judgement, self.now), expected)
        if expected is None:
            assert self.search.judgements == {**before.judgements, label: judgement}

    @rule(decision=decisions)
    def decide(self, decision: Decision) -> None:
        before = self.search
        expected = self._refusal_to_decide(decision)
        self._attempt(lambda: before.decide(decision, self.now), expected)
        if expected is None:
            assert (self.search.state, self.search.decision) == (SearchState.DECIDED, decision)

    @precondition(lambda self: self.search.overdue(self.now))
    @rule()
    def expire(self) -> None:
        self.search = self.search.expire(self.now)
        assert self.search.state is SearchState.EXPIRED

    @precondition(lambda self: not self.search.undecided)
    @rule()
    def expire_again(self) -> None:
        self._attempt(lambda: self.search.expire(self.now), SearchDecided)

    @invariant()
    def state_decision_and_closing_time_agree(self) -> None:
        search = self.search
        assert (search.decision is not None) == (search.state is SearchState.DECIDED)
        assert (search.closed_at is not None) == (search.state is not SearchState.ANSWERED)

    @invariant()
    def judgements_are_of_candidates(self) -> None:
        assert set(self.search.judgements) <= {candidate.label for candidate in self.search.candidates}

    @invariant()
    def a_record_is_open_only_when_every_face_is_judged_and_its_own_as_the_same(self) -> None:
        labels = {candidate.label for candidate in self.search.candidates}
        same = {label for label, judgement in self.search.judgements.items() if judgement is Judgement.SAME}
        opened = {label for label in "ABCD" if self.search.disclosed(label)}
        assert opened == (same if self.search.judgements.keys() == labels else set())

    @invariant()
    def a_decision_stands_on_judgements_and_corroboration(self) -> None:
        decision = self.search.decision
        if decision is None:
            return
        assert set(self.search.judgements) == {candidate.label for candidate in self.search.candidates}
        assert self.search.closed_at is not None
        assert self.search.closed_at < self.search.expires_at
        if decision.outcome is Outcome.CANDIDATE:
            assert decision.label is not None
            assert self.search.judgements[decision.label] is Judgement.SAME
            assert decision.corroboration
        else:
            assert decision.label is None

    @invariant()
    def an_expiry_is_never_early(self) -> None:
        if self.search.state is SearchState.EXPIRED:
            assert self.search.closed_at is not None
            assert self.search.closed_at >= self.search.expires_at

    def _attempt(self, act: Callable[[], Search], expected: type[OifrError] | None) -> None:
        if expected is None:
            self.search = act()
            return
        with pytest.raises(expected) as refused:
            act()
        assert type(refused.value) is expected

    def _closed(self) -> type[OifrError] | None:
        if self.search.state is SearchState.DECIDED:
            return SearchDecided
        return SearchExpired if self.now >= self.search.expires_at else None

    def _refusal_to_judge(self, label: str, judgement: Judgement) -> type[OifrError] | None:
        if closed := self._closed():
            return closed
        if label not in {candidate.label for candidate in self.search.candidates}:
            return CandidateUnknown
        return AlreadyJudged if self.search.judgements.get(label, judgement) != judgement else None

    def _refusal_to_decide(self, decision: Decision) -> type[OifrError] | None:
        if closed := self._closed():
            return closed
        if len(self.search.judgements) < len(self.search.candidates):
            return JudgementsMissing
        if decision.outcome is not Outcome.CANDIDATE:
            return DecisionInvalid if decision.label else None
        if self.search.judgements.get(decision.label or "") is not Judgement.SAME:
            return DecisionInvalid
        return None if decision.corroboration else CorroborationMissing


TestSearchLife = SearchLife.TestCase


def test_a_search_without_candidates_is_decided_without_judgements() -> None:
    decided = answered(0).decide(Decision(Outcome.NONE_OF_THESE), NOON)
    assert decided.state is SearchState.DECIDED


def test_the_last_moment_before_expiry_still_decides() -> None:
    last = NOON + TIME_TO_DECIDE - timedelta(microseconds=1)
    assert not answered(0).overdue(last)
    assert answered(0).decide(Decision(Outcome.CANNOT_TELL), last).closed_at == last
