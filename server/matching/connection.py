"""The border to Redis: clients with sensible timeouts, and Redis errors turned into ours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import OutOfMemoryError, RedisError
from redis.retry import Retry

from server.domain.errors import CacheFull, CacheUnavailable

SOCKET_TIMEOUT = 2.0
CONNECT_TIMEOUT = 1.0


def connect(url: str) -> Redis:
    """A client of the Redis at `url` (redis://, rediss:// or unix://); connects at its first command.

    A command on a connection that has died is tried once more on a fresh one; a slow answer is not waited for
    beyond SOCKET_TIMEOUT seconds.
    """
    retry = Retry(NoBackoff(), 1, supported_errors=(RedisConnectionError,))
    return Redis.from_url(
        url, socket_timeout=SOCKET_TIMEOUT, socket_connect_timeout=CONNECT_TIMEOUT, retry=retry, protocol=2
    )


@contextmanager
def redis_errors_translated() -> Iterator[None]:
    """Raise CacheUnavailable for whatever goes wrong between us and Redis inside the block; CacheFull where it is full.

    Redis errors can quote keys and addresses: nothing of them goes on.
    """
    try:
        yield
    except OutOfMemoryError:
        raise CacheFull from None
    except RedisError:
        raise CacheUnavailable from None
