"""Fresh identifiers, seeds and bearer tokens from the operating system's randomness."""

from __future__ import annotations

import secrets


class SystemRandomness:
    def id(self) -> str:
        return secrets.token_hex(16)

    def seed(self) -> int:
        return secrets.randbelow(2**31)

    def token(self) -> str:
        return secrets.token_urlsafe(32)
