"""A real start: it answers from the first moment, tells how far it is, serves when it can, and ends when it is told."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise

import httpx
import pytest

from server.matching.cache import NOBODYS_LOCK_SECONDS
from server.matching.embedded import EmbeddedRedis
from tests.integration.service.installation import OIFR, ROOT, START_LIMIT, Installation, eventually
from tests.integration.service.photographs import field_photograph
from tests.integration.service.staff import enrol_pair, hire

Install = Callable[..., Installation]

STAGES = ["database", "cache", "engine", "gallery", "open"]
PROMPT = 25.0
"""Seconds; a server that did not care would wait for another matcher's lock for 31, and a busy machine is slow."""


@contextmanager
def starting(installation: Installation) -> Iterator[subprocess.Popen[bytes]]:
    """`oifr serve` as a child, from its very beginning; killed at the end where it still runs."""
    command = [*OIFR, "serve", "--port", str(installation.port)]
    with (
        installation.log.open("ab") as log,
        subprocess.Popen(command, stdout=log, stderr=log, cwd=ROOT, env=installation.environment()) as process,
    ):
        try:
            yield process
        finally:
            process.kill()


def readiness(installation: Installation) -> httpx.Response | None:
    try:
        return httpx.get(f"{installation.url}/readyz", timeout=10)
    except httpx.TransportError:
        return None


def at_stage(installation: Installation, stage: str) -> bool:
    answer = readiness(installation)
    return answer is not None and answer.json()["stage"] == stage


def test_it_answers_from_the_first_moment_and_tells_how_far_it_is(install: Install) -> None:
    installation = install()
    seen: list[str] = []

    def ready() -> bool:
        answer = readiness(installation)
        if answer is None:
            assert not seen, "it answered before, and does no more"
            return False
        if not seen:
            assert_not_yet(installation)
        seen.append(answer.json()["stage"])
        assert (answer.status_code == 200) == answer.json()["ready"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        return answer.is_success

    with starting(installation):
        eventually(ready, START_LIMIT, "it is ready")
        stages = list(dict.fromkeys(seen))
        assert stages == [stage for stage in STAGES if stage in stages]
        assert {"engine", "open"} <= set(stages)
        assert all(STAGES.index(one) <= STAGES.index(other) for one, other in pairwise(seen))
        assert httpx.post(f"{installation.url}/v1/searches").status_code == 401


def assert_not_yet(installation: Installation) -> None:
    """Health is told; whoever wants more is told when to come again."""
    assert httpx.get(f"{installation.url}/healthz").json() == {"status": "ok"}
    loading = httpx.get(f"{installation.url}/readyz").json()
    assert loading["ready"] is False
    assert loading["loading"].keys() == {"phase", "rows", "total", "percent"}
    image = {"image": ("probe.jpg", field_photograph())}
    for path in ("/v1/searches", "/console/", "/nowhere"):
        refused = httpx.post(f"{installation.url}{path}", files=image)
        assert (refused.status_code, refused.json()["type"]) == (503, "starting")
        assert refused.headers["Content-Type"] == "application/problem+json"
        assert int(refused.headers["Retry-After"]) > 0


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_in_the_midst_of_loading_the_engine(install: Install, how: signal.Signals) -> None:
    installation = install()
    with starting(installation) as process:
        eventually(lambda: at_stage(installation, "engine"), START_LIMIT, "it loads the engine")
        process.send_signal(how)
        assert process.wait(PROMPT) != 0
    assert b"Traceback" not in installation.log.read_bytes()


def test_it_ends_while_it_waits_for_another_servers_load(install: Install, own_redis: EmbeddedRedis) -> None:
    """Another matcher holds the turn to read the database, for longer than the start takes."""
    installation = install(redis_url=own_redis.url)
    hire(installation)
    with installation.serving():
        enrol_pair(installation)
    with own_redis.client() as client:
        client.flushall()
        client.set("gallery:{dlib-resnet/2}:lock", b"another matcher", px=int(NOBODYS_LOCK_SECONDS * 1000) - 1)
    with starting(installation) as process:
        eventually(lambda: at_stage(installation, "gallery"), START_LIMIT, "all but the gallery is there")
        answer = readiness(installation)
        assert answer is not None
        assert (answer.status_code, answer.json()["parts"]["cache"]) == (503, "gallery-loading")
        process.send_signal(signal.SIGTERM)
        assert process.wait(PROMPT) == 128 + signal.SIGTERM
    assert b"Traceback" not in installation.log.read_bytes()


def test_it_ends_in_order_when_it_serves(install: Install) -> None:
    installation = install()
    with installation.serving() as server:
        assert server.stop() == 128 + signal.SIGTERM
        assert server.redis_ids() == []
