"""Who acts: a signed-in operator and what their roles allow."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from server.domain.errors import RoleMissing


class Role(StrEnum):
    OFFICER = "officer"
    SUPERVISOR = "supervisor"
    GALLERY_MANAGER = "gallery-manager"


@dataclass(frozen=True)
class Actor:
    """A signed-in operator. `name` is the sign-in name, such as a service number."""

    id: str
    name: str
    roles: frozenset[Role]

    def require(self, *roles: Role) -> None:
        """Raise RoleMissing unless the actor holds at least one of `roles`."""
        if not self.roles.intersection(roles):
            raise RoleMissing


@dataclass(frozen=True)
class Account:
    """An actor and the hash (argon2id, encoded form) of their password."""

    actor: Actor
    password_hash: str


@dataclass(frozen=True)
class Session:
    """One sign-in. Only the SHA-256 digest (hex) of its bearer token is kept."""

    token_digest: str
    actor: Actor
    opened_at: datetime
    expires_at: datetime
    ended_at: datetime | None = None

    def live(self, now: datetime) -> bool:
        return self.ended_at is None and now < self.expires_at
