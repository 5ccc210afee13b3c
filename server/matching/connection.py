"""The border to Redis: clients with sensible timeouts, and Redis errors turned into ours."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import cast

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import OutOfMemoryError, RedisError, ResponseError
from redis.retry import Retry

from server.domain.errors import CacheAltered, CacheFull, CacheUnavailable

SOCKET_TIMEOUT = 2.0
CONNECT_TIMEOUT = 1.0
NOT_OURS = (
    "WRONGTYPE",  # a list where we keep a string, a string where we keep a stream
    "exhausted the last possible ID",  # a stream to which an entry was added under the last number there is
)


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
    """Raise CacheUnavailable for whatever goes wrong between us and Redis inside the block.

    CacheFull where it is full, CacheAltered where a key of ours holds what we never put there. Redis errors can quote
    keys and addresses: nothing of them goes on.
    """
    try:
        yield
    except OutOfMemoryError:
        raise CacheFull from None
    except ResponseError as error:
        if any(sign in str(error) for sign in NOT_OURS):
            raise CacheAltered from None
        raise CacheUnavailable from None
    except RedisError:
        raise CacheUnavailable from None


def read_each(client: Redis, keys: Sequence[str | bytes], most: int) -> Sequence[bytes | None]:
    """The strings at `keys`; None for one that is absent, empty or longer than `most` bytes, or that is no string.

    What is no string is deleted, so that a string can be put there. Nothing beyond `most` bytes is fetched. Raises
    CacheUnavailable.
    """
    with redis_errors_translated(), client.pipeline(transaction=False) as asking:
        for key in keys:
            asking.getrange(cast("str", key), 0, most)  # bytes will do, whatever redis-py's types say
        answers = asking.execute(raise_on_error=False) if keys else []
    return [_string(client, key, answer, most) for key, answer in zip(keys, answers, strict=True)]


def read(client: Redis, key: str, most: int) -> bytes | None:
    """The string at one key, as `read_each`."""
    return read_each(client, [key], most)[0]


def _string(client: Redis, key: str | bytes, answer: bytes | RedisError, most: int) -> bytes | None:
    if isinstance(answer, bytes):
        return answer if 0 < len(answer) <= most else None
    try:
        with redis_errors_translated():
            raise answer
    except CacheAltered:
        with redis_errors_translated():
            client.delete(key)
        return None
