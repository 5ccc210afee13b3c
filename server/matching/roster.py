"""The live matchers in Redis: each announces, sealed, which gallery change it has reached.

    gallery:matcher:ID       one announcement; it vanishes by itself soon after its matcher has died
    gallery:matchers:since   since when the list has been kept; gone when Redis lost it

Nothing in an announcement tells of any person. It is sealed so that nobody else can make one.

An erasure is complete when every matcher of a whole list has passed it. That is sure because a matcher that is not on
the list answers no search: it is `listed` for no longer than its announcement lasts, counted from before that was sent,
and must follow the database and announce itself before it answers again. After the list was lost it is whole only when
everything that was announced before the loss has run out, too.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from uuid import uuid4

from redis import Redis

from server.domain.errors import CacheAltered, SealBroken
from server.domain.matchers import Matcher
from server.matching.connection import read, read_each, redis_errors_translated
from server.workflow.ports import Cipher

PREFIX = "gallery:matcher:"
SINCE = "gallery:matchers:since"
LIFE_SECONDS = 10  # several heartbeats, so that a slow one is not taken for dead
MOST = 4096  # bytes of an announcement, or of the moment since when


class Roster:
    """Moments are those of Redis's clock, so that ages are right across machines.

    Every method raises CacheUnavailable when Redis does not answer.
    """

    def __init__(self, client: Redis, cipher: Cipher) -> None:
        self._client = client
        self._cipher = cipher
        self._key = f"{PREFIX}{uuid4().hex}"
        self._listed_until = -math.inf

    @property
    def listed(self) -> bool:
        """Whether this matcher is surely on the list now."""
        return time.monotonic() < self._listed_until

    def announce(self, model: str, version: int, rows: int, nbytes: int) -> None:
        """Tell that this matcher has reached `version` with `rows` references of `model` in so much memory."""
        before, was_listed, now = time.monotonic(), self.listed, self._now()
        told = {"model": model, "version": version, "rows": rows, "nbytes": nbytes, "at": now}
        sealed = self._cipher.seal(json.dumps(told).encode(), self._key.encode())
        was_there = self._put(sealed)
        with redis_errors_translated():
            # Where ours was lost before its time, others may have been.
            self._client.set(SINCE, repr(now), nx=was_there or not was_listed)
        self._listed_until = before + LIFE_SECONDS

    def leave(self) -> None:
        """Whoever leaves answers no more searches, or announces itself again before."""
        self._listed_until = -math.inf
        with redis_errors_translated():
            self._client.delete(self._key)

    def whole(self) -> bool:
        """Whether the list has been kept for long enough that every live matcher is on it."""
        told, now = read(self._client, SINCE, MOST), self._now()
        since = _moment(told)
        if since is None or since > now:  # the next announcement sets it anew
            with redis_errors_translated():
                self._client.delete(SINCE)
            return False
        return now - since >= LIFE_SECONDS

    def matchers(self) -> Sequence[Matcher]:
        """Every live matcher, by id. What is not sealed by us is none."""
        with redis_errors_translated():
            keys = sorted(bytes(key) for key in self._client.scan_iter(match=f"{PREFIX}*"))
        return list(self._opened(keys, read_each(self._client, keys, MOST), self._now()))

    def _put(self, sealed: bytes) -> bool:
        """Put our announcement on the list; whether one of ours was there still."""
        try:
            with redis_errors_translated():
                return self._client.set(self._key, sealed, ex=LIFE_SECONDS, get=True) is not None
        except CacheAltered:
            with redis_errors_translated():
                self._client.delete(self._key)
                self._client.set(self._key, sealed, ex=LIFE_SECONDS)
            return False

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


def _moment(text: bytes | None) -> float | None:
    """Seconds since 1970; None for what is no number."""
    try:
        moment = float(text or b"")
    except ValueError:
        return None
    return moment if math.isfinite(moment) else None
