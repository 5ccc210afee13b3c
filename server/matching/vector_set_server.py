"""The border to the Redis 8 that holds the vector sets, one server or a cluster; its errors turned into ours."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from redis import Redis, RedisCluster
from redis.backoff import NoBackoff
from redis.exceptions import AskError, RedisClusterException, RedisError, ResponseError, TryAgainError
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.retry import Retry

from server.domain.errors import IndexAltered, SearchIncomplete, Unavailable
from server.domain.model_errors import TemplateInvalid
from server.matching.connection import CONNECT_TIMEOUT

LEAST_VERSION = 8
OTHER_DIMENSION = "Vector dimension mismatch"
OTHER_KIND = "WRONGTYPE"  # a list, say, where we keep a vector set

Command = tuple[str | bytes | int, ...]


class VectorServer:
    """Safe to use from several threads. Connects at its first command, and again after that failed.

    An answer is waited for `seconds`, and a command that met a dead connection or a key that has moved is tried once
    more: so everything is answered or refused in a few times that.
    """

    def __init__(self, url: str, seconds: float) -> None:
        self._url = url
        self._seconds = seconds
        self._connecting = threading.Lock()
        self._client: Redis | RedisCluster | None = None

    def ask(self, key: str, *commands: Command) -> list[object]:
        """The answers to `commands`, which all belong to the slot of `key`, sent in one go and done in this order.

        Raises TemplateInvalid for a vector of another dimension than the set's, and SearchIncomplete.
        """
        with _errors_translated():
            client = self._connected()
            try:
                return _piped(_node(client, key), commands)
            except (AskError, TryAgainError, RedisConnectionError):
                return [_single(client, command) for command in commands]

    def keys(self, pattern: str) -> frozenset[str]:
        """Every key of that pattern, on every node; raises SearchIncomplete."""
        with _errors_translated():
            found = self._connected().scan_iter(match=pattern, count=1000)
            return frozenset(bytes(key).decode(errors="replace") for key in found)

    def close(self) -> None:
        with self._connecting:
            if self._client is not None:
                self._client.close()
                self._client = None

    def _connected(self) -> Redis | RedisCluster:
        with self._connecting:
            if self._client is None:
                self._client = self._connect()
            return self._client

    def _connect(self) -> Redis | RedisCluster:
        waits = {"socket_timeout": self._seconds, "socket_connect_timeout": CONNECT_TIMEOUT, "protocol": 2}
        once_more = Retry(NoBackoff(), 1, supported_errors=(RedisConnectionError,))
        single = Redis.from_url(self._url, retry=once_more, **waits)
        facts = single.info("server")
        if int(str(facts["redis_version"]).partition(".")[0]) < LEAST_VERSION:
            single.close()
            raise Unavailable("The Redis of OIFR_VECTOR_SET_URL is older than version 8: it has no vector sets.")
        if facts["redis_mode"] != "cluster":
            return single
        single.close()
        return RedisCluster.from_url(self._url, retry=Retry(NoBackoff(), 1), require_full_coverage=False, **waits)


def _node(client: Redis | RedisCluster, key: str) -> Redis:
    """The server that owns the slot of `key`."""
    if isinstance(client, Redis):
        return client
    return client.get_redis_connection(client.get_node_from_key(key))  # type: ignore[no-untyped-call]  # redis-py's


def _single(client: Redis | RedisCluster, command: Command) -> object:
    """The answer of whichever node owns the command's key by now."""
    return client.execute_command(*command)  # type: ignore[no-untyped-call]  # redis-py's


def _piped(node: Redis, commands: Sequence[Command]) -> list[object]:
    with node.pipeline(transaction=False) as pipe:
        for command in commands:
            pipe.execute_command(*command)  # type: ignore[no-untyped-call]  # redis-py's
        answers = pipe.execute(raise_on_error=False)
    for answer in answers:
        if isinstance(answer, RedisError):
            raise answer
    return answers


@contextmanager
def _errors_translated() -> Iterator[None]:
    try:
        yield
    except ResponseError as error:
        if OTHER_DIMENSION in str(error):
            raise TemplateInvalid from None
        if OTHER_KIND in str(error):
            raise IndexAltered from None
        raise SearchIncomplete from None
    except (RedisError, RedisClusterException):
        # These can quote commands, and with them templates: nothing of them goes on.
        raise SearchIncomplete from None
