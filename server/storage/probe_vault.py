"""Probe images in Redis, under a time limit and a key of their own that is kept elsewhere.

The key lies sealed in the database and is deleted with the decision. Whatever Redis or a copy of its memory still
holds then can never be opened again, also when the server dies before `discard`.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta

from redis import Redis
from redis.exceptions import OutOfMemoryError, RedisError

from server.domain.errors import CacheFull, CacheUnavailable
from server.domain.search_errors import ProbeGone
from server.storage.crypto import AesCipher, fresh_key

LENGTH = struct.Struct(">I")
PING_MILLISECONDS = 1000
PING = "vault-ping"


class RedisProbeVault:
    """`ports.ProbeVault` on a Redis client that answers in bytes (`decode_responses` off)."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    def seal(self, search_id: str, images: Sequence[bytes], keep_for: timedelta) -> bytes:
        """Store `images` for at most `keep_for` and return the fresh key (32 bytes) that opens them."""
        key = fresh_key()
        sealed = AesCipher(key).seal(_joined(images), search_id.encode())
        with _translated_errors():
            self._redis.set(_name(search_id), sealed, px=keep_for)
        return key

    def open(self, search_id: str, key: bytes) -> Sequence[bytes]:
        """The images; raises ProbeGone after expiry or discard, SealBroken under another key."""
        with _translated_errors():
            sealed = self._redis.get(_name(search_id))
        if not isinstance(sealed, bytes):
            raise ProbeGone
        return list(_parted(AesCipher(key).open(sealed, search_id.encode())))

    def discard(self, search_id: str) -> None:
        """Drop the ciphertext now; nothing happens if it is gone already."""
        with _translated_errors():
            self._redis.delete(_name(search_id))

    def ping(self) -> None:
        """Raise CacheUnavailable when nothing could be sealed, CacheFull where there is no room."""
        with _translated_errors():
            self._redis.set(PING, b"", px=PING_MILLISECONDS)


@contextmanager
def _translated_errors() -> Iterator[None]:
    try:
        yield
    except OutOfMemoryError:
        raise CacheFull from None
    except RedisError:
        raise CacheUnavailable from None


def _name(search_id: str) -> str:
    return f"vault:{search_id}"


def _joined(images: Sequence[bytes]) -> bytes:
    return b"".join(LENGTH.pack(len(image)) + image for image in images)


def _parted(joined: bytes) -> Iterator[bytes]:
    start = 0
    while start < len(joined):
        (length,) = LENGTH.unpack_from(joined, start)
        start += LENGTH.size
        yield joined[start : start + length]
        start += length
