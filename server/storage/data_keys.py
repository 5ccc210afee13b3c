"""Envelope encryption: data keys seal the columns, the master key seals the data keys.

A sealed value is key id (8 bytes), nonce, ciphertext, tag. Its associated data name the key, the column and the row,
so a value copied elsewhere in the database does not open. Changing the master key rewraps two rows, no data.
"""

from __future__ import annotations

import hmac
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Connection, insert, select

from server.domain.errors import SealBroken
from server.storage.crypto import AesCipher, MasterKey, fresh_key
from server.storage.tables import AnyRow, data_keys, raw

KEY_ID_LENGTH = 8
COLUMNS = "columns"
DIGESTS = "digests"
PURPOSES = (COLUMNS, DIGESTS)


@dataclass(frozen=True)
class OpeningKeys:
    """Opens column values that were sealed under one of `ciphers`, which are held by their ids."""

    ciphers: Mapping[bytes, AesCipher] = field(repr=False)

    def open(self, column: Column[Any] | str, row: object, sealed: object) -> bytes:
        """Raises SealBroken when altered, moved from another column or row, or sealed under an unknown key."""
        if not isinstance(sealed, bytes):  # SQLite lets anybody put a number or a text there
            raise SealBroken
        key_id = sealed[:KEY_ID_LENGTH]
        cipher = self.ciphers.get(key_id)
        if cipher is None:
            raise SealBroken
        return cipher.open(sealed[KEY_ID_LENGTH:], _context(key_id, column, row))


@dataclass(frozen=True)
class DataKeys(OpeningKeys):
    """Seals and opens column values. `newest` is the id of the key that seals."""

    newest: bytes
    digest_key: bytes = field(repr=False)

    def seal(self, column: Column[Any] | str, row: object, plaintext: bytes) -> bytes:
        cipher = self.ciphers[self.newest]
        return self.newest + cipher.seal(plaintext, _context(self.newest, column, row))

    def digest(self, column: Column[Any], text: str) -> bytes:
        """HMAC-SHA-256 of `text`: finds an equal value without showing it (a blind index)."""
        return hmac.digest(self.digest_key, f"{column}\0{text}".encode(), "sha256")


def load_data_keys(connection: Connection, master: MasterKey, now: datetime) -> DataKeys:
    """Unwrap the stored keys, making those that are missing; raises SealBroken under another master key."""
    for purpose in PURPOSES:
        if connection.scalar(select(data_keys.c.id).where(data_keys.c.purpose == purpose).limit(1)) is None:
            _create(connection, master, purpose, now)
    columns, digests = (_unwrap_all(connection, master, purpose) for purpose in PURPOSES)
    newest = next(reversed(columns))
    ciphers = {key_id: AesCipher(key) for key_id, key in columns.items()}
    return DataKeys(ciphers, newest, digest_key=next(iter(digests.values())))


def load_opening_keys(connection: Connection, master: MasterKey) -> OpeningKeys:
    """The stored keys of columns that `master` unwraps; the others are left out, and what they sealed stays shut."""
    ciphers: dict[bytes, AesCipher] = {}
    stored = select(*map(raw, (data_keys.c.id, data_keys.c.wrapped))).where(data_keys.c.purpose == COLUMNS)
    for row in connection.execute(stored):
        with suppress(SealBroken):
            ciphers |= {key_id: AesCipher(key) for key_id, key in _unwrapped(row, master, COLUMNS).items()}
    return OpeningKeys(ciphers)


def _create(connection: Connection, master: MasterKey, purpose: str, now: datetime) -> None:
    key_id = os.urandom(KEY_ID_LENGTH).hex()
    wrapped = master.derived_cipher("data-keys").seal(fresh_key(), _wrapping_context(key_id, purpose))
    connection.execute(insert(data_keys).values(id=key_id, purpose=purpose, wrapped=wrapped, created_at=now))


def _unwrap_all(connection: Connection, master: MasterKey, purpose: str) -> dict[bytes, bytes]:
    """Keys by their id, oldest first."""
    oldest_first = (
        select(data_keys).where(data_keys.c.purpose == purpose).order_by(data_keys.c.created_at, data_keys.c.id)
    )
    keys: dict[bytes, bytes] = {}
    for row in connection.execute(oldest_first):
        keys |= _unwrapped(row, master, purpose)
    return keys


def _unwrapped(row: AnyRow, master: MasterKey, purpose: str) -> dict[bytes, bytes]:
    """Raises SealBroken where the row was altered, or wrapped under another master key."""
    key = master.derived_cipher("data-keys").open(row.wrapped, _wrapping_context(row.id, purpose))
    return {bytes.fromhex(row.id): key}


def _wrapping_context(key_id: str, purpose: str) -> bytes:
    return f"data_keys\0{purpose}\0{key_id}".encode(errors="surrogateescape")


def _context(key_id: bytes, column: Column[Any] | str, row: object) -> bytes:
    return key_id + f"{column}\0{row}".encode()
