"""The way through one check, step by step; what a step does not offer cannot be done.

Sign in, state the purpose, photograph, wait; choose who is meant where the photograph shows several people; compare
the faces blind, or read that there is none; decide; keep the receipt. A search without a decision holds the handheld:
from its answer on, no step leads back to the purpose, and signing in again leads to that search. A failed exchange
becomes a step of its own that names the way on.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from enum import StrEnum

from mobile_client.core.check import Check
from mobile_client.core.drafts import DecisionDraft, Incomplete, PurposeDraft
from mobile_client.core.exchanges import Exchanges
from mobile_client.core.faces import FACE_NOT_THERE, SeveralFaces, faces_to_choose
from mobile_client.core.failures import Offline, Problem, ServerFailure
from mobile_client.core.server import Server
from mobile_client.core.session import Photograph, Session
from mobile_client.core.trouble import POOR_IMAGE, SEARCH_EXPIRED, SESSION_ENDED, Attempt, Remedy, Trouble, trouble_of
from mobile_client.core.wire import Judgement, SearchState


class Step(StrEnum):
    SIGN_IN = "sign-in"
    PURPOSE = "purpose"
    CAPTURE = "capture"
    WAITING = "waiting"
    CHOICE = "choice"
    NO_CANDIDATES = "no-candidates"
    COMPARE = "compare"
    DECISION = "decision"
    RECEIPT = "receipt"
    OFFLINE = "offline"
    PROBLEM = "problem"
    LOCKED = "locked"


class OutOfStep(Exception):
    """The present step does not offer this act, or another act is still under way."""


class Flow:
    """`step`, `check`, `trouble` and `notice` are for reading; the methods are the officer's acts.

    Every act raises OutOfStep where the step does not offer it.
    """

    def __init__(self, server: Server, clock: Callable[[], datetime]) -> None:
        self._exchanges = Exchanges(server)
        self._clock = clock
        self._watchers: list[Callable[[], None]] = []
        self.step = Step.SIGN_IN
        self.trouble: Trouble | None = None
        self.notice = ""
        self.working = False

    @property
    def check(self) -> Check:
        return self._exchanges.check

    @property
    def session(self) -> Session | None:
        return self._exchanges.session if self._exchanges.signed_in else None

    @property
    def may_decide(self) -> bool:
        return self.check.undecided and self.check.judged

    @property
    def may_sign_out(self) -> bool:
        return self._exchanges.signed_in and not self.check.undecided and not self.working

    @property
    def may_go_back(self) -> bool:
        if self.step in {Step.PROBLEM, Step.OFFLINE}:
            return not self.check.undecided and self.check.purpose is not None
        return self.step in {Step.CAPTURE, Step.CHOICE, Step.DECISION}

    @property
    def may_state_risk(self) -> bool:
        """True where a photograph was too poor, and a life at risk would have it searched all the same."""
        poor = self.step is Step.PROBLEM and self.trouble is not None and self.trouble.slug == POOR_IMAGE
        purpose = self.check.purpose
        return poor and purpose is not None and purpose.ground.welfare and not purpose.life_at_risk

    def watch(self, watcher: Callable[[], None]) -> None:
        """Call `watcher` after every change."""
        self._watchers.append(watcher)

    async def sign_in(self, name: str, password: str) -> None:
        """Then an undecided search, if there is one, opens by itself."""
        self._require(Step.SIGN_IN)
        await self._attempt(lambda: self._exchanges.sign_in(name, password))

    async def sign_out(self) -> None:
        """Forget everything here first, then tell the server, as far as it can be reached."""
        if not self.may_sign_out:
            raise OutOfStep
        session = self._exchanges.session
        self._forget("You are signed out.")
        try:
            await self._exchanges.sign_out(session)
        except ServerFailure:
            self._go(
                Step.SIGN_IN, "You are signed out here. The server was not told; the session ends there by itself."
            )

    def state_purpose(self, draft: PurposeDraft) -> None:
        self._require(Step.PURPOSE)
        try:
            self._exchanges.begin(draft.purpose())
        except Incomplete as incomplete:
            self._go(Step.PURPOSE, str(incomplete))
        else:
            self._go(Step.CAPTURE)

    async def photograph(self, jpeg: bytearray) -> None:
        """Send one photograph; the buffer is ours from here on and is overwritten in the end."""
        self._require(Step.CAPTURE)
        self.check.photograph = Photograph(jpeg)
        await self._send()

    async def choose(self, letter: str) -> None:
        """Name the face that is meant, and send the same photograph again."""
        self._require(Step.CHOICE)
        if self.check.several is None or letter not in self.check.several.boxes:
            raise OutOfStep
        self.check.named = self.check.several.named(letter)
        await self._send()

    async def look_at(self, label: str) -> None:
        """Show the face behind a letter."""
        self._require(Step.COMPARE)
        await self._attempt(lambda: self._exchanges.show(label))

    async def judge(self, judgement: Judgement) -> None:
        """Judge the face shown, once; the last judgement opens the records of the faces judged the same."""
        self._require(Step.COMPARE)
        if self.check.candidate is None or self.check.candidate.judgement is not None:
            raise OutOfStep
        await self._attempt(lambda: self._exchanges.judge(judgement))

    def open_decision(self) -> None:
        """From an empty list at once, from a list when every face has been judged."""
        self._require(Step.COMPARE, Step.NO_CANDIDATES)
        if not self.may_decide:
            raise OutOfStep
        self._go(Step.DECISION)

    async def decide(self, draft: DecisionDraft) -> None:
        self._require(Step.DECISION)
        try:
            self.check.decision = draft.decision()
        except Incomplete as incomplete:
            self._go(Step.DECISION, str(incomplete))
        else:
            await self._attempt(self._exchanges.decide, Attempt.DECIDING)

    def back(self) -> None:
        if not self.may_go_back or self.working:
            raise OutOfStep
        if self.step is Step.DECISION:
            self._go(standing(self.check))
        elif self.step is Step.CAPTURE:
            self._go(Step.PURPOSE)
        else:
            self.check.wipe()
            self._go(Step.CAPTURE)

    def state_risk(self) -> None:
        """Back to the purpose, whose words are kept, to state that a life is at risk."""
        if not self.may_state_risk or self.working:
            raise OutOfStep
        self._go(Step.PURPOSE, STATE_THE_RISK)

    async def resolve(self) -> None:
        """Take the way on that the trouble names."""
        self._require(Step.PROBLEM, Step.OFFLINE)
        remedy = self.trouble.remedy if self.trouble else Remedy.RESUME
        if remedy is Remedy.RESUME:
            await self._attempt(self._exchanges.resume)
        elif remedy is not Remedy.RETRY:
            self._go(Step.CAPTURE if remedy is Remedy.RETAKE else Step.PURPOSE)
        elif self.check.undecided:
            await self._attempt(self._exchanges.decide, Attempt.DECIDING)
        else:
            await self._send()

    def start_anew(self) -> None:
        """After the receipt, or after reading that the time to decide has run out."""
        self._require(Step.RECEIPT, Step.LOCKED)
        self._exchanges.begin()
        self._go(Step.PURPOSE)

    async def keep_time(self) -> None:
        """To be called now and then: asks the server, whose clock counts, about a search that looks overdue."""
        search = self.check.search
        waiting = self.step in {Step.NO_CANDIDATES, Step.COMPARE, Step.DECISION} and not self.working
        if waiting and search is not None and self._clock() >= search.expires_at:
            await self._attempt(self._exchanges.resume)

    async def _send(self) -> None:
        self._go(Step.WAITING)
        await self._attempt(self._exchanges.send, Attempt.SENDING)

    async def _attempt(self, exchange: Callable[[], Awaitable[None]], attempt: Attempt = Attempt.READING) -> None:
        """Run one exchange with the server and stand where its answer, or its failure, leads."""
        self.working = True
        self._changed()
        try:
            await exchange()
        except ServerFailure as failure:
            self.working = False
            self._fail(failure, attempt)
        else:
            self.working = False
            self._arrive()

    def _arrive(self) -> None:
        step = standing(self.check)
        if self.step is Step.DECISION and self.check.undecided:
            step = Step.DECISION
        if step in {Step.RECEIPT, Step.LOCKED}:
            self.check.wipe()
        self._go(step, EXPIRED if step is Step.LOCKED else "")

    def _fail(self, failure: ServerFailure, attempt: Attempt) -> None:
        trouble = trouble_of(failure, attempt)
        several = faces_to_choose(failure, self.check.several)
        if not self._exchanges.signed_in:
            self._go(Step.SIGN_IN, trouble.sentence)
        elif trouble.slug in SESSION_ENDED:
            self._forget(trouble.sentence)
        elif isinstance(failure, Problem) and trouble.slug == SEARCH_EXPIRED:
            self.check.wipe()
            self._go(Step.LOCKED, trouble.sentence)
        elif several is not None and self.check.photograph is not None:
            self._ask(several, trouble)
        else:
            self._halt(trouble, Step.OFFLINE if isinstance(failure, Offline) else Step.PROBLEM)

    def _ask(self, several: SeveralFaces, trouble: Trouble) -> None:
        self.check.several, self.check.named = several, None
        self._go(Step.CHOICE, trouble.sentence if trouble.slug == FACE_NOT_THERE else "")

    def _halt(self, trouble: Trouble, step: Step) -> None:
        if self.check.search is None and trouble.remedy is not Remedy.RETRY:
            self.check.wipe_photograph()
        self._go(step)
        self.trouble = trouble
        self._changed()

    def _forget(self, notice: str) -> None:
        self._exchanges.forget()
        self._go(Step.SIGN_IN, notice)

    def _go(self, step: Step, notice: str = "") -> None:
        self.step, self.notice, self.trouble = step, notice, None
        self._changed()

    def _require(self, *steps: Step) -> None:
        if self.working or self.step not in steps:
            raise OutOfStep

    def _changed(self) -> None:
        for watcher in self._watchers:
            watcher()


STATE_THE_RISK = "If the person's life is at risk, switch that on and say what may happen."
EXPIRED = "The time to decide has run out. The search is closed and flagged for your supervisor."


def standing(check: Check) -> Step:
    """The step a check stands at, from what is known of its search."""
    if check.search is None:
        return Step.PURPOSE if check.purpose is None else Step.CAPTURE
    if check.search.state is SearchState.EXPIRED:
        return Step.LOCKED
    if check.search.state is SearchState.DECIDED:
        return Step.RECEIPT
    return Step.COMPARE if check.search.candidates else Step.NO_CANDIDATES
