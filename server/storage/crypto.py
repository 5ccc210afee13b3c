"""The master key and what is derived from it: AES-256-GCM with a fresh nonce for every sealing."""

from __future__ import annotations

import binascii
import os
from base64 import b64decode, b64encode
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from server.domain.errors import SealBroken
from server.storage.private_file import load_or_create

KEY_LENGTH = 32
NONCE_LENGTH = 12
TAG_LENGTH = 16


def fresh_key() -> bytes:
    return os.urandom(KEY_LENGTH)


class AesCipher:
    """`ports.Cipher`: nonce (12 bytes), ciphertext and tag (16 bytes) in one piece."""

    def __init__(self, key: bytes) -> None:
        self._aead = AESGCM(key)

    def seal(self, plaintext: bytes, context: bytes) -> bytes:
        nonce = os.urandom(NONCE_LENGTH)
        return nonce + self._aead.encrypt(nonce, plaintext, context)

    def open(self, sealed: bytes, context: bytes) -> bytes:
        """Raises SealBroken when altered, moved to another context, or sealed under another key."""
        try:
            return self._aead.decrypt(sealed[:NONCE_LENGTH], sealed[NONCE_LENGTH:], context)
        except (InvalidTag, ValueError, TypeError):  # altered, too short, or no bytes at all
            raise SealBroken from None

    def open_own(self, sealed: bytes, context: bytes) -> bytearray:
        """As `open`, in memory that the caller may overwrite after use."""
        plain = bytearray(max(0, len(sealed) - NONCE_LENGTH - TAG_LENGTH))
        try:
            self._aead.decrypt_into(sealed[:NONCE_LENGTH], sealed[NONCE_LENGTH:], context, plain)
        except (InvalidTag, ValueError):  # altered or too short
            raise SealBroken from None
        return plain


@dataclass(frozen=True)
class MasterKey:
    """32 secret bytes that stay outside the database and seal nothing but keys."""

    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.secret) != KEY_LENGTH:
            raise SealBroken("The master key must be the base64 text of exactly 32 bytes.")

    @classmethod
    def from_text(cls, text: str) -> MasterKey:
        """Read base64 of 32 bytes, as `OIFR_MASTER_KEY` holds it; raises SealBroken."""
        try:
            return cls(b64decode(text.strip(), validate=True))
        except (binascii.Error, ValueError):
            raise SealBroken("The master key must be the base64 text of exactly 32 bytes.") from None

    @classmethod
    def from_file(cls, path: Path) -> MasterKey:
        """Read the key file, made with mode 0600 at the first call; raises SealBroken if others can read it."""
        content = load_or_create(path, lambda: b64encode(fresh_key()) + b"\n")
        return cls.from_text(content.decode("ascii", errors="replace"))

    def derived_cipher(self, purpose: str) -> AesCipher:
        """A cipher under a key of its own for `purpose` (HKDF-SHA256, RFC 5869)."""
        derivation = HKDF(algorithm=SHA256(), length=KEY_LENGTH, salt=None, info=f"oifr/{purpose}".encode())
        return AesCipher(derivation.derive(self.secret))
