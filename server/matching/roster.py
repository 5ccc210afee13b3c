"""The live matchers in Redis: each announces, sealed, which gallery change it has reached.

    gallery:matcher:ID       one announcement; it vanishes by itself soon after its matcher has died
    gallery:matchers:since   since when the list has been kept; gone when Redis lost it

Nothing in an announcement tells of any person. It is sealed so that nobody else can make one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import cast
from uuid import uuid4

from redis import Redis

from server.domain.errors import SealBroken
from server.domain.matchers import Matcher
from server.matching.connection import redis_errors_translated
from server.workflow.ports import Cipher

PREFIX = "gallery:matcher:"
SINCE = "gallery:matchers:since"
LIFE_SECONDS = 10  # several heartbeats, so that a slow one is not taken for dead


class Roster:
    """Moments are those of Redis's clock, so that ages are right across machines.

    Every method raises CacheUnavailable when Redis does not answer.
    """

    def __init__(self, client: Redis, cipher: Cipher) -> None:
        self._client = client
        self._cipher = cipher
        self._key = f"{PREFIX}{uuid4().hex}"

    def announce(self, model: str, version: int, rows: int, nbytes: int) -> None:
        """Tell that this matcher has reached `version` with `rows` references of `model` in so much memory."""
        now = self._now()
        told = {"model": model, "version": version, "rows": rows, "nbytes": nbytes, "at": now}
        sealed = self._cipher.seal(json.dumps(told).encode(), self._key.encode())
        with redis_errors_translated():
            self._client.set(self._key, sealed, ex=LIFE_SECONDS)
            self._client.set(SINCE, repr(now), nx=True)

    def leave(self) -> None:
        with redis_errors_translated():
            self._client.delete(self._key)

    def whole(self) -> bool:
        """Whether the list has been kept for long enough that every live matcher is on it."""
        with redis_errors_translated():
            since = cast("bytes | None", self._client.get(SINCE))
        return since is not None and self._now() - float(since) >= LIFE_SECONDS

    def matchers(self) -> Sequence[Matcher]:
        """Every live matcher, by id. What is not sealed by us is none."""
        with redis_errors_translated():
            keys = sorted(bytes(key) for key in self._client.scan_iter(match=f"{PREFIX}*"))
            sealed = self._client.mget(keys) if keys else []
        return list(self._opened(keys, cast("list[bytes | None]", sealed), self._now()))

    def _opened(self, keys: Sequence[bytes], announcements: Sequence[bytes | None], now: float) -> Iterator[Matcher]:
        for key, sealed in zip(keys, announcements, strict=True):
            try:
                told = json.loads(self._cipher.open(sealed or b"", key))
            except SealBroken:
                continue
            at = datetime.fromtimestamp(told["at"], UTC)
            name = key.decode().removeprefix(PREFIX)
            age = max(0.0, now - told["at"])
            yield Matcher(name, told["model"], told["version"], told["rows"], at, age, told.get("nbytes"))

    def _now(self) -> float:
        with redis_errors_translated():
            seconds, microseconds = self._client.time()
        return float(seconds) + float(microseconds) / 1e6
