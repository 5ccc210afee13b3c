"""What each act asks of the server, and what the answer changes in the check.

No order is kept here: which act may follow which is the flow's affair. Every method raises the failures of `Server`.
"""

from __future__ import annotations

from typing import TypeVar

from mobile_client.core.check import Check
from mobile_client.core.failures import Problem
from mobile_client.core.receipts import ReceiptInvalid, prove
from mobile_client.core.server import Server
from mobile_client.core.session import Photograph, Session
from mobile_client.core.wire import Judgement, Purpose, SearchState, SearchView

Value = TypeVar("Value")


class NothingToAskFor(Exception):
    """The act lacks what it is about: a session, a photograph, a search or a face."""


class Exchanges:
    """The session and the check in hand; both are replaced, never shared."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._session: Session | None = None
        self.check = Check()

    @property
    def session(self) -> Session:
        """Raises NothingToAskFor while nobody is signed in."""
        return _present(self._session)

    @property
    def signed_in(self) -> bool:
        return self._session is not None

    def begin(self, purpose: Purpose | None = None) -> None:
        """A new check; every picture of the last one is overwritten."""
        self.check.wipe()
        self.check = Check(purpose=purpose)

    def forget(self) -> None:
        """Drop the session and everything of the check."""
        self.begin()
        self._session = None

    async def sign_in(self, name: str, password: str) -> None:
        self._session = await self._server.sign_in(name, password)
        await self.resume()

    async def sign_out(self, session: Session) -> None:
        await self._server.sign_out(session)

    async def resume(self) -> None:
        """Load the search in hand again, or the one that waits for this officer, if any."""
        known = self.check.search
        view = await (self._server.view(self.session, known.id) if known else self._server.undecided(self.session))
        if view is not None:
            await self._take(view)

    async def send(self) -> None:
        purpose, photograph = _present(self.check.purpose), _present(self.check.photograph)
        await self._take(await self._server.search(self.session, purpose, photograph, self.check.named))

    async def show(self, label: str) -> None:
        """Fetch a face when it is looked at and not before, so that the trail logs what was really seen."""
        search = _present(self.check.search)
        if label not in search.labels:
            raise NothingToAskFor
        if label not in self.check.faces:
            self.check.faces[label] = await self._face(search, label)
        self.check.shown = label

    async def judge(self, judgement: Judgement) -> None:
        """Judge the face shown; after the last judgement a face is shown whose record it opened, if there is one."""
        search, candidate = _present(self.check.search), _present(self.check.candidate)
        judged = await self._server.judge(self.session, search.id, candidate.label, judgement)
        self.check.search = judged
        if judged.opened and candidate.label not in judged.opened:
            await self.show(judged.opened[0])

    async def decide(self) -> None:
        search, decision = _present(self.check.search), _present(self.check.decision)
        decided = await self._server.decide(self.session, search.id, decision)
        self.check.search, self.check.receipt = decided.search, decided.receipt
        try:
            self.check.proof = prove(decided.receipt, search.id)
        except ReceiptInvalid:
            self.check.proof = None

    async def _take(self, view: SearchView) -> None:
        self.check.search = view
        if view.state is SearchState.DECIDED:
            self.check.decision = view.decision
        elif view.state is SearchState.ANSWERED and view.candidates:
            await self.show((view.unjudged + view.opened + view.labels)[0])

    async def _face(self, search: SearchView, label: str) -> Photograph | None:
        try:
            return await self._server.face(self.session, search.id, label)
        except Problem as problem:
            if problem.slug == "candidate-withdrawn":
                return None
            raise


def _present(value: Value | None) -> Value:
    if value is None:
        raise NothingToAskFor
    return value
