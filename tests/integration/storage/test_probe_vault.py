"""The probe vault on a real Redis."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from server.domain.errors import CacheFull, CacheUnavailable, SealBroken
from server.domain.search_errors import ProbeGone
from server.matching.embedded import EmbeddedRedis
from server.storage.probe_vault import RedisProbeVault

IMAGES = (b"\xff\xd8 first", b"", b"\xff\xd8 third" * 1000)
QUARTER = timedelta(minutes=15)


@pytest.fixture
def vault(redis_client: Redis) -> RedisProbeVault:
    return RedisProbeVault(redis_client)


def test_images_come_back_in_order(vault: RedisProbeVault) -> None:
    key = vault.seal("search-1", IMAGES, QUARTER)
    assert len(key) == 32
    assert tuple(vault.open("search-1", key)) == IMAGES


def test_redis_holds_nothing_in_clear_and_for_a_time_only(vault: RedisProbeVault, redis_client: Redis) -> None:
    key = vault.seal("search-1", IMAGES, QUARTER)
    assert redis_client.keys() == [b"vault:search-1"]
    held = redis_client.get("vault:search-1")
    assert isinstance(held, bytes)
    assert IMAGES[0] not in held
    assert key not in held
    left = redis_client.pttl("vault:search-1")
    assert isinstance(left, int)
    assert 0 < left <= QUARTER / timedelta(milliseconds=1)


def test_another_key_or_search_does_not_open_them(vault: RedisProbeVault, redis_client: Redis) -> None:
    key = vault.seal("search-1", IMAGES, QUARTER)
    other = vault.seal("search-2", IMAGES, QUARTER)
    assert key != other
    with pytest.raises(SealBroken):
        vault.open("search-1", other)
    redis_client.rename("vault:search-1", "vault:search-2")
    with pytest.raises(SealBroken):
        vault.open("search-2", key)


def test_discarded_or_expired_images_are_gone(vault: RedisProbeVault, redis_client: Redis) -> None:
    key = vault.seal("search-1", IMAGES, QUARTER)
    vault.discard("search-1")
    vault.discard("search-1")
    with pytest.raises(ProbeGone):
        vault.open("search-1", key)
    key = vault.seal("search-2", IMAGES, QUARTER)
    redis_client.pexpire("vault:search-2", 0)
    with pytest.raises(ProbeGone):
        vault.open("search-2", key)


def test_a_dead_redis_is_unavailable(tmp_path: Path) -> None:
    with Redis(unix_socket_path=str(tmp_path / "none"), retry=Retry(NoBackoff(), 0)) as dead:
        vault = RedisProbeVault(dead)
        with pytest.raises(CacheUnavailable):
            vault.seal("search-1", IMAGES, QUARTER)
        with pytest.raises(CacheUnavailable):
            vault.open("search-1", b"k" * 32)
        with pytest.raises(CacheUnavailable):
            vault.discard("search-1")
        with pytest.raises(CacheUnavailable):
            vault.ping()


def test_a_full_redis_takes_nothing_and_says_so(own_redis: EmbeddedRedis) -> None:
    with own_redis.client() as client:
        vault = RedisProbeVault(client)
        vault.ping()
        key = vault.seal("search-1", IMAGES, QUARTER)
        client.config_set("maxmemory", 1)
        for act in (lambda: vault.seal("search-2", IMAGES, QUARTER), vault.ping):
            with pytest.raises(CacheFull):
                act()
        assert tuple(vault.open("search-1", key)) == IMAGES
        vault.discard("search-1")
        client.config_set("maxmemory", 0)
        vault.ping()
