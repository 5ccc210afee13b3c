"""Passwords as argon2id hashes (RFC 9106) by argon2-cffi, with its low-memory profile's parameters."""

from __future__ import annotations

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

from server.domain.errors import PasswordUnfit

MINIMUM_LENGTH = 12
MAXIMUM_LENGTH = 256


class Argon2Passwords:
    def __init__(self) -> None:
        self._hasher = PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)
        self._nobody = self._hasher.hash("the hash that is checked when there is no account")

    def hash(self, password: str) -> str:
        if not MINIMUM_LENGTH <= len(password) <= MAXIMUM_LENGTH:
            raise PasswordUnfit
        return self._hasher.hash(_bytes(password))

    def verify(self, password: str, encoded: str | None) -> bool:
        try:
            right = self._hasher.verify(encoded or self._nobody, _bytes(password))
        except (VerificationError, InvalidHashError):
            return False
        return right and encoded is not None


def _bytes(password: str) -> bytes:
    return password.encode(errors="surrogatepass")  # a terminal hands over what is not UTF-8 as lone surrogates
