"""SIGKILL of the server: between answer and decision, and at random moments while officers work."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from typing import Any

import httpx

from server import stores
from server.domain.search_errors import ProbeGone
from server.matching.embedded import EmbeddedRedis
from server.storage.probe_vault import RedisProbeVault
from tests.integration.service.caller import Caller
from tests.integration.service.installation import Installation, RunningServer, eventually
from tests.integration.service.photographs import field_photograph
from tests.integration.service.staff import OFFICER, OTHER_OFFICER, enrol_pair, hire
from tests.integration.service.traces import (
    assert_nothing_half_done,
    assert_trail_intact,
    entries_of,
    opened_database,
    probe_key,
    proven,
    searches_of,
    vault_of,
)

Install = Callable[..., Installation]
Acknowledged = list[Any]

SEEDS = (20, 21)  # one installation each, side by side
ROUNDS = 2
MOST_STEPS = 5  # acknowledged searches and decisions, of both officers together, before the end comes near
LAST_SECONDS = 0.6  # within which it comes


def test_between_answer_and_decision(install: Install) -> None:
    installation = install()
    hire(installation)
    with installation.serving() as server:
        enrol_pair(installation)
        with Caller(installation.url, OFFICER) as officer:
            view = officer.answered(field_photograph())
            server.kill()
            _assert_redis_ended_too(server)
            _assert_all_is_intact(installation, view["id"])
            with installation.serving():
                _assert_still_undecided(officer, view)
                officer.settle(view)
                assert vault_of(installation) == set()
                with opened_database(installation) as database:
                    assert probe_key(database, view["id"]) is None


def test_at_random_moments(install: Install) -> None:
    """Whatever was acknowledged stands in the trail, once; whatever was not is there wholly or not at all."""
    installations = [install(f"seed-{seed}", patience_seconds="30") for seed in SEEDS]
    with ThreadPoolExecutor(len(SEEDS)) as towns:
        lives = [towns.submit(_die_often, *life) for life in zip(installations, SEEDS, strict=True)]
    assert sum(life.result() for life in lives) >= len(SEEDS), "hardly a decision was reached"


def _die_often(installation: Installation, seed: int) -> int:
    """Serve and die, round after round; returns how many decisions were acknowledged."""
    moments = random.Random(seed)  # noqa: S311 - a repeatable choice of moments
    hire(installation)
    acknowledged: Acknowledged = []
    for number in range(ROUNDS):
        with installation.serving() as server:
            if number == 0:
                enrol_pair(installation)
            end = Deadline(server, moments.randint(1, MOST_STEPS), moments.uniform(0, LAST_SECONDS))
            acknowledged += _work_until_killed(installation, end)
            _assert_redis_ended_too(server)
        _assert_books_agree(installation, acknowledged)
    return len(acknowledged)


# --- the officers at work


class Deadline:
    """SIGKILL for the server `seconds` after `steps` of work were done, wherever the next ones stand by then."""

    def __init__(self, server: RunningServer, steps: int, seconds: float) -> None:
        self._steps = steps
        self._lock = threading.Lock()
        self._killer = threading.Timer(seconds, server.kill)

    def step_done(self) -> None:
        with self._lock:
            self._steps -= 1
            if self._steps == 0:
                self._killer.start()

    def await_end(self) -> None:
        self._killer.join()


def _work_until_killed(installation: Installation, end: Deadline) -> Acknowledged:
    acknowledged: Acknowledged = []
    with ThreadPoolExecutor(2) as street:
        shifts = [street.submit(_shift, installation, name, end, acknowledged) for name in (OFFICER, OTHER_OFFICER)]
    for shift in shifts:
        shift.result()
    end.await_end()
    return acknowledged


def _shift(installation: Installation, name: str, end: Deadline, acknowledged: Acknowledged) -> None:
    """One officer searches and decides until the server is gone; only what was answered is acknowledged."""
    with suppress(httpx.TransportError), Caller(installation.url, name) as officer:
        for view in _searches(officer):
            end.step_done()
            acknowledged.append((view["id"], officer.settle(view)))
            end.step_done()


def _searches(officer: Caller) -> Iterator[Any]:
    """What the last round left undecided, then one search after another."""
    left = officer.current()
    if left.status_code == 200:
        yield left.json()
    while True:
        yield officer.answered(field_photograph())


# --- what must hold afterwards


def _assert_books_agree(installation: Installation, acknowledged: Acknowledged) -> None:
    key = stores.verifier(installation.settings).text()
    with opened_database(installation) as database:
        assert_trail_intact(installation, database)
        assert_nothing_half_done(database)
        entries = entries_of(database)
        for search_id, receipt in acknowledged:
            assert proven(receipt, key) == entries[receipt["index"]]
            recorded = [entry.index for entry in entries if (entry.kind, entry.search) == _decision_on(search_id)]
            assert recorded == [receipt["index"]]
        _assert_vault_opens(installation, {s.id: probe_key(database, s.id) for s in searches_of(database)})


def _decision_on(search_id: str) -> tuple[str, str]:
    return "decision-recorded", search_id


def _assert_all_is_intact(installation: Installation, search_id: str) -> None:
    with opened_database(installation) as database:
        assert_trail_intact(installation, database)
        assert_nothing_half_done(database)
        keys = {search_id: probe_key(database, search_id)}
    assert keys[search_id] is not None
    assert _assert_vault_opens(installation, keys) == 1


def _assert_vault_opens(installation: Installation, keys: dict[str, bytes | None]) -> int:
    """Each probe that has a key is in the vault as it was sent, or expired; returns how many are there."""
    with EmbeddedRedis(installation.home / "redis") as redis, closing(redis.client()) as client:
        vault = RedisProbeVault(client)
        opened = [images for search_id, key in keys.items() if key and (images := _opened(vault, search_id, key))]
    assert all(images == [field_photograph()] for images in opened)
    return len(opened)


def _opened(vault: RedisProbeVault, search_id: str, key: bytes) -> list[bytes] | None:
    try:
        return list(vault.open(search_id, key))
    except ProbeGone:
        return None


def _assert_redis_ended_too(server: RunningServer) -> None:
    eventually(lambda: not server.redis_ids(), 10, "the embedded Redis ends with its server")


def _assert_still_undecided(officer: Caller, view: Any) -> None:
    current = officer.current()
    assert current.status_code == 200, current.text
    assert current.json() == view
