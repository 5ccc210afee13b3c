"""A server whose Redis is full, slow or flushed: it says so, loses nothing, and goes on by itself."""

from __future__ import annotations

from collections.abc import Callable

import httpx

from server.matching.embedded import EmbeddedRedis
from tests.integration.service.caller import Caller
from tests.integration.service.installation import Installation, eventually
from tests.integration.service.photographs import field_photograph
from tests.integration.service.staff import OFFICER, SUPERVISOR, enrol_pair, hire

Install = Callable[..., Installation]

RECOVERY = 30.0
PAUSE_MILLISECONDS = 6000
"""Longer than a server waits for an answer, three times in a row."""


def test_full_slow_and_flushed(install: Install, own_redis: EmbeddedRedis) -> None:
    installation = install(redis_url=own_redis.url)
    hire(installation)
    with installation.serving():
        people = set(enrol_pair(installation))
        with (
            own_redis.client() as redis,
            Caller(installation.url, OFFICER) as officer,
            Caller(installation.url, SUPERVISOR) as supervisor,
        ):
            redis.config_set("maxmemory", 1)
            assert refusal(officer) == "cache-full"
            assert cache_of(installation) == "cache-full"
            redis.config_set("maxmemory", 0)
            assert found(officer, supervisor) == people
            redis.client_pause(PAUSE_MILLISECONDS)
            assert refusal(officer) == "cache-unavailable"
            assert found(officer, supervisor) == people
            redis.flushall()
            assert found(officer, supervisor) == people
            eventually(lambda: cache_of(installation) == "ok", RECOVERY, "it is ready")


def refusal(officer: Caller) -> str:
    """Why the search was refused; nothing of it stays behind."""
    refused = officer.search(field_photograph())
    assert refused.status_code == 503, refused.text
    assert int(refused.headers["Retry-After"]) > 0
    assert officer.current().status_code == 404
    return str(refused.json()["type"])


def cache_of(installation: Installation) -> str:
    return str(httpx.get(f"{installation.url}/readyz", timeout=30).json()["parts"]["cache"])


def found(officer: Caller, supervisor: Caller) -> set[str]:
    eventually(lambda: officer.search(field_photograph()).status_code in {201, 409}, RECOVERY, "searching works")
    view = officer.current().json()
    officer.settle(view)
    return supervisor.references_found(view["id"])
