"""Accounts and sessions. Names are sealed and found through a keyed digest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import IntegrityError

from server.domain.actors import Account, Actor, Role, Session
from server.domain.errors import NameTaken
from server.storage.data_keys import DataKeys
from server.storage.tables import AnyRow, accounts, sessions


class SqlAccounts:
    """`ports.AccountsWriter` on one connection."""

    def __init__(self, connection: Connection, keys: DataKeys) -> None:
        self._connection = connection
        self._keys = keys

    def by_name(self, name: str) -> Account | None:
        digest = self._keys.digest(accounts.c.name, name)
        row = self._connection.execute(select(accounts).where(accounts.c.name_digest == digest)).one_or_none()
        if row is None:
            return None
        password_hash = self._keys.open(accounts.c.password_hash, row.id, row.password_hash).decode()
        return Account(self._actor(row), password_hash)

    def names(self, actor_ids: Sequence[str]) -> Mapping[str, str]:
        rows = self._connection.execute(select(accounts.c.id, accounts.c.name).where(accounts.c.id.in_(actor_ids)))
        return {row.id: self._name(row) for row in rows}

    def session(self, token_digest: str) -> Session | None:
        found = select(sessions, accounts).join(accounts).where(sessions.c.token_digest == token_digest)
        row = self._connection.execute(found).one_or_none()
        if row is None:
            return None
        return Session(row.token_digest, self._actor(row), row.opened_at, row.expires_at, row.ended_at)

    def add(self, account: Account) -> None:
        """Raises NameTaken."""
        actor = account.actor
        digest = self._keys.digest(accounts.c.name, actor.name)
        try:
            with self._connection.begin_nested():
                self._connection.execute(
                    insert(accounts).values(
                        id=actor.id,
                        name_digest=digest,
                        name=self._keys.seal(accounts.c.name, actor.id, actor.name.encode()),
                        password_hash=self._keys.seal(
                            accounts.c.password_hash, actor.id, account.password_hash.encode()
                        ),
                        roles=sorted(actor.roles),
                    )
                )
        except IntegrityError as error:
            if self.by_name(actor.name) is None:
                raise
            raise NameTaken from error

    def open_session(self, session: Session) -> None:
        self._connection.execute(
            insert(sessions).values(
                token_digest=session.token_digest,
                actor_id=session.actor.id,
                opened_at=session.opened_at,
                expires_at=session.expires_at,
                ended_at=session.ended_at,
            )
        )

    def end_session(self, token_digest: str, at: datetime) -> None:
        self._connection.execute(
            update(sessions)
            .where(sessions.c.token_digest == token_digest, sessions.c.ended_at.is_(None))
            .values(ended_at=at)
        )

    def _actor(self, row: AnyRow) -> Actor:
        return Actor(row.id, self._name(row), frozenset(map(Role, row.roles)))

    def _name(self, row: AnyRow) -> str:
        return self._keys.open(accounts.c.name, row.id, row.name).decode()
