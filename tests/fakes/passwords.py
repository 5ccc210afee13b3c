"""Passwords without argon2id's price; `checked` keeps which hashes were compared, None for an unknown account."""

from __future__ import annotations

from server.domain.errors import PasswordUnfit

MINIMUM_LENGTH = 12


class PlainPasswords:
    def __init__(self) -> None:
        self.checked: list[str | None] = []

    def hash(self, password: str) -> str:
        if len(password) < MINIMUM_LENGTH:
            raise PasswordUnfit
        return f"plain:{password}"

    def verify(self, password: str, encoded: str | None) -> bool:
        self.checked.append(encoded)
        return encoded == f"plain:{password}"
