"""Any interleaving of enrolling, erasing, withdrawing, putting back and searching in two processes shows who is there.

Each desk is a process of its own, with a database connection, a Redis client, a matcher and workflows, over one SQLite
file and one Redis.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from threading import Lock
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis import Redis

from server.domain.gallery import Status
from server.matching.embedded import EmbeddedRedis
from tests.integration.matching.desks import Desk, Placed, distant_desk, near_desk

PEOPLE = ("ada", "ben", "cyn", "dov")


class Force:
    """Two desks, and what every one of them must know: who is enrolled."""

    def __init__(self, desks: tuple[Desk, Desk], client: Redis) -> None:
        self.desks = desks
        self.client = client
        self.enrolled: dict[str, list[Placed]] = {person: [] for person in PEOPLE}
        self.held_back: dict[str, list[Placed]] = {person: [] for person in PEOPLE}
        self._numbers = count(1)

    def enrol(self, desk: Desk, person: str) -> None:
        self.enrolled[person].append(desk.enrol(f"RN-{next(self._numbers)}", person))

    def erase(self, desk: Desk, person: str) -> None:
        if self.enrolled[person]:
            desk.erase(self.enrolled[person].pop())

    def withdraw(self, desk: Desk, person: str) -> None:
        if self.enrolled[person]:
            gone = self.enrolled[person].pop(0)
            desk.put(gone, Status.WITHDRAWN)

    def quarantine(self, desk: Desk, person: str) -> None:
        if self.enrolled[person]:
            held_back = self.enrolled[person].pop()
            desk.put(held_back, Status.QUARANTINED)
            self.held_back[person].append(held_back)

    def put_back(self, desk: Desk, person: str) -> None:
        if self.held_back[person]:
            back = self.held_back[person].pop(0)
            desk.put(back, Status.ACTIVE)
            self.enrolled[person].append(back)

    def search(self, desk: Desk, person: str) -> None:
        assert desk.shown(person) == {placed.reference_id for placed in self.enrolled[person]}

    def flush(self, _: Desk, __: str) -> None:
        self.client.flushall()

    def clear(self) -> None:
        for person in PEOPLE:
            while self.held_back[person]:
                self.put_back(self.desks[0], person)
            while self.enrolled[person]:
                self.erase(self.desks[0], person)


class Act(NamedTuple):
    what: str
    desk: int
    person: str


ACTS_OF_DESKS = [
    *("enrol", "enrol", "erase", "withdraw", "quarantine", "put_back", "put_back"),
    *("search", "search", "search", "flush"),
]
ACTS = st.builds(
    Act,
    st.sampled_from(ACTS_OF_DESKS),
    st.integers(0, 1),
    st.sampled_from(PEOPLE),
)


@pytest.fixture
def force(tmp_path: Path, embedded_redis: EmbeddedRedis, redis_client: Redis) -> Iterator[Force]:
    urls = f"sqlite:///{tmp_path / 'oifr.db'}", embedded_redis.url
    with near_desk(*urls) as near, distant_desk(*urls) as distant:
        yield Force((near, distant), redis_client)


def test_no_order_of_acts_shows_who_has_left_or_misses_who_is_there(force: Force) -> None:
    @settings(max_examples=25, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(ACTS, max_size=14))
    def play(acts: list[Act]) -> None:
        for act in acts:
            getattr(force, act.what)(force.desks[act.desk], act.person)
        for desk in force.desks:
            for person in PEOPLE:
                force.search(desk, person)
        force.clear()

    play()


def test_nobody_is_shown_by_a_search_that_began_after_the_erasure(force: Force) -> None:
    """Everything at the same time: what has gone before a search began must not be in its answer."""
    gone: set[str] = set()
    there: set[str] = set()
    noting = Lock()

    def change(desk: Desk, number: int) -> None:
        for turn in range(12):
            placed = desk.enrol(f"RN-{number}-{turn}", "ada")
            with noting:
                there.add(placed.reference_id)
            if turn % 3 != 2:
                with noting:
                    there.discard(placed.reference_id)
                if turn % 3:
                    desk.erase(placed)
                else:
                    desk.put(placed, Status.WITHDRAWN)
                with noting:
                    gone.add(placed.reference_id)

    def look(desk: Desk) -> None:
        with noting:
            gone_before, there_before = set(gone), set(there)
        shown = desk.shown("ada")
        assert not shown & gone_before
        with noting:
            assert (there_before & there) <= shown

    with ThreadPoolExecutor(4) as pool:
        changing = [pool.submit(change, desk, number) for number, desk in enumerate(force.desks)]
        while not all(one.done() for one in changing):
            list(pool.map(look, force.desks))
        for one in changing:
            one.result()
    for desk in force.desks:
        assert desk.shown("ada") == there
