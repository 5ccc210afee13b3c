"""Signing in, and the one gate that every act passes: which role may do what."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from server.domain.actors import Account, Actor, Role, Session
from server.domain.errors import NotSignedIn, SessionExpired, SignInRefused
from server.domain.events import Act, Event
from server.workflow.ports import Clock, Passwords, Randomness
from server.workflow.storage_ports import Database


class Right(StrEnum):
    SEARCH = "search"
    ADJUDICATE = "adjudicate"
    ENROL = "enrol"
    ERASE = "erase"
    READ_RECORDS = "read-records"
    EXPORT_RECORD = "export-record"
    FOLLOW_ERASURE = "follow-erasure"
    REVIEW = "review"
    READ_TRAIL = "read-trail"
    PROVE = "prove"


RIGHTS: dict[Right, frozenset[Role]] = {
    Right.SEARCH: frozenset({Role.OFFICER}),
    Right.ADJUDICATE: frozenset({Role.OFFICER}),
    Right.ENROL: frozenset({Role.GALLERY_MANAGER}),
    Right.ERASE: frozenset({Role.GALLERY_MANAGER}),
    Right.READ_RECORDS: frozenset({Role.GALLERY_MANAGER}),
    Right.EXPORT_RECORD: frozenset({Role.GALLERY_MANAGER}),
    Right.FOLLOW_ERASURE: frozenset({Role.GALLERY_MANAGER, Role.SUPERVISOR}),
    Right.REVIEW: frozenset({Role.SUPERVISOR}),
    Right.READ_TRAIL: frozenset({Role.SUPERVISOR}),
    Right.PROVE: frozenset(Role),
}


def permit(actor: Actor, right: Right) -> None:
    """Raise RoleMissing unless one of the actor's roles has `right`."""
    actor.require(*RIGHTS[right])


def digest_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


@dataclass(frozen=True)
class SignedIn:
    """A fresh session and its bearer token, which exists nowhere else."""

    token: str
    session: Session

    def __repr__(self) -> str:
        return f"SignedIn(actor={self.session.actor.id!r})"


@dataclass(frozen=True)
class Access:
    database: Database
    passwords: Passwords
    clock: Clock
    randomness: Randomness
    session_length: timedelta

    def sign_in(self, name: str, password: str) -> SignedIn:
        """Raises SignInRefused, the same for an unknown name and a wrong password, after the same work."""
        with self.database.read() as view:
            account = view.accounts.by_name(name)
        if not self.passwords.verify(password, account.password_hash if account else None) or account is None:
            self._record(Event(Act.SIGN_IN_REFUSED, account.actor.id if account else None))
            raise SignInRefused
        return self._open_session(account.actor)

    def actor(self, token: str) -> Actor:
        """The signed-in actor behind a token; raises NotSignedIn or SessionExpired."""
        session = self._session(token)
        if not session.live(self.clock.now()):
            raise SessionExpired
        return session.actor

    def owner(self, token: str) -> Actor | None:
        """Whom the token was given to, live or not: the person a refusal is recorded for."""
        with self.database.read() as view:
            session = view.accounts.session(digest_of(token))
        return session.actor if session else None

    def sign_out(self, token: str) -> None:
        session = self._session(token)
        with self.database.write() as unit:
            unit.accounts.end_session(session.token_digest, self.clock.now())
            unit.commit(Event(Act.SIGNED_OUT, session.actor.id))

    def add_account(self, name: str, password: str, roles: frozenset[Role]) -> Actor:
        """Raises NameTaken or PasswordUnfit."""
        actor = Actor(self.randomness.id(), name, roles)
        hashed = self.passwords.hash(password)
        with self.database.write() as unit:
            unit.accounts.add(Account(actor, hashed))
            unit.commit(
                Event(
                    Act.ACCOUNT_ADDED,
                    None,
                    details={"account": actor.id, "roles": sorted(role.value for role in roles)},
                )
            )
        return actor

    def record_refusal(self, actor: Actor, slug: str, attempted: str, search_id: str | None = None) -> None:
        """Every refusal is an act too: who wanted what, and the problem type they got."""
        event = Event(Act.REFUSED, actor.id, search_id, {"attempted": attempted, "problem": slug})
        self._record(event)

    def _session(self, token: str) -> Session:
        with self.database.read() as view:
            session = view.accounts.session(digest_of(token))
        if session is None:
            raise NotSignedIn
        return session

    def _open_session(self, actor: Actor) -> SignedIn:
        token, now = self.randomness.token(), self.clock.now()
        session = Session(digest_of(token), actor, now, now + self.session_length)
        with self.database.write() as unit:
            unit.accounts.open_session(session)
            unit.commit(Event(Act.SIGNED_IN, actor.id))
        return SignedIn(token, session)

    def _record(self, event: Event) -> None:
        with self.database.write() as unit:
            unit.commit(event)
