"""Randomness that counts: every identifier, seed, token and salt is new, and the same in each run."""

from __future__ import annotations

from itertools import count


class CountingRandomness:
    def __init__(self) -> None:
        self._numbers = count(1)

    def id(self) -> str:
        return f"{next(self._numbers):032x}"

    def seed(self) -> int:
        return next(self._numbers)

    def token(self) -> str:
        return f"counted-{next(self._numbers):043d}"

    def salt(self) -> bytes:
        return next(self._numbers).to_bytes(16)
