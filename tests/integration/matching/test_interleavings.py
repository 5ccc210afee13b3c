"""Any interleaving of enrolling, erasing, withdrawing, putting back and searching in two processes shows who is there.

Each desk is a process as far as it can be told apart: a database connection, a Redis client, a matcher and workflows of
its own, over one SQLite file and one Redis.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from datetime import date
from itertools import count
from pathlib import Path
from threading import Lock
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis import Redis

from server.domain.actors import Actor, Role
from server.domain.gallery import Reference, Source, Status
from server.domain.policy import Policy
from server.matching.embedded import EmbeddedRedis
from server.matching.exact import ExactGallery
from server.storage.unit_of_work import SqlDatabase, open_database
from server.workflow.coverage import Coverage
from server.workflow.enrolment import Enrolment, Provenance
from server.workflow.identification import Identification
from server.workflow.retention import Retention
from server.workflow.withdrawal import Withdrawal
from tests.fakes.clock import StoppedClock
from tests.fakes.face_engine import FakeFaceEngine, photo
from tests.fakes.memory_gallery import MemoryVault
from tests.fakes.randomness import CountingRandomness
from tests.fakes.samples import PURPOSE
from tests.real_databases import MASTER, SIGNER

MANAGER = Actor("a" * 32, "records", frozenset({Role.GALLERY_MANAGER}))
PROVENANCE = Provenance(Source.CUSTODY, "Custody regulation 12", date(2024, 1, 31))
POLICY = Policy("2026-01", threshold=0.6, cap=26)
PEOPLE = ("ada", "ben", "cyn", "dov")


class Desk:
    def __init__(self, database: SqlDatabase, client: Redis, randomness: CountingRandomness) -> None:
        engine, clock, vault = FakeFaceEngine(), StoppedClock(), MemoryVault(StoppedClock())
        self.gallery = ExactGallery(engine.model, database.gallery, client, MASTER.derived_cipher("gallery cache"))
        self.enrolment = Enrolment(database, engine, self.gallery, clock, randomness, POLICY.threshold)
        self._identification = Identification(
            database,
            engine,
            self.gallery,
            database.gallery,
            Coverage(database.gallery, engine.model),
            vault,
            Retention(database, vault, clock),
            POLICY,
            clock,
            randomness,
        )
        self.withdrawal = Withdrawal(database, engine, self.gallery, database.gallery)
        self._randomness = randomness

    def put(self, reference: Reference, status: Status) -> None:
        self.withdrawal.put(MANAGER, reference.subject_id, reference.id, status, "Complaint 12")

    def shown(self, person: str) -> set[str]:
        """The references put forward to an officer who has not searched before."""
        officer = Actor(self._randomness.id(), "4471", frozenset({Role.OFFICER}))
        search = self._identification.search(officer, PURPOSE, [photo(person)])
        return {candidate.reference_id for candidate in search.candidates}


class Force:
    """Two desks, and what every one of them must know: who is enrolled."""

    def __init__(self, desks: tuple[Desk, Desk], client: Redis) -> None:
        self.desks = desks
        self.client = client
        self.enrolled: dict[str, list[Reference]] = {person: [] for person in PEOPLE}
        self.held_back: dict[str, list[Reference]] = {person: [] for person in PEOPLE}
        self._numbers = count(1)

    def enrol(self, desk: Desk, person: str) -> None:
        name = f"RN-{next(self._numbers)}"
        subject = desk.enrolment.add_subject(MANAGER, name, person, "Quetzalowicz", None)
        self.enrolled[person].append(desk.enrolment.enrol(MANAGER, subject.id, PROVENANCE, photo(person)))

    def erase(self, desk: Desk, person: str) -> None:
        if self.enrolled[person]:
            gone = self.enrolled[person].pop()
            desk.enrolment.erase_reference(MANAGER, gone.subject_id, gone.id)

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
        assert desk.shown(person) == {reference.id for reference in self.enrolled[person]}

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
    randomness = CountingRandomness()
    with ExitStack() as closing_all:

        def desk() -> Desk:
            url = f"sqlite:///{tmp_path / 'oifr.db'}"
            opened = open_database(url, MASTER, SIGNER, clock=StoppedClock(), fresh_salt=lambda: os.urandom(16))
            database = closing_all.enter_context(closing(opened))
            made = Desk(database, closing_all.enter_context(embedded_redis.client()), randomness)
            closing_all.enter_context(made.gallery.following())
            return made

        yield Force((desk(), desk()), redis_client)


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
            subject = desk.enrolment.add_subject(MANAGER, f"RN-{number}-{turn}", "Ada", "Quetzalowicz", None)
            reference = desk.enrolment.enrol(MANAGER, subject.id, PROVENANCE, photo("ada"))
            with noting:
                there.add(reference.id)
            if turn % 3 != 2:
                with noting:
                    there.discard(reference.id)
                if turn % 3:
                    desk.enrolment.erase_reference(MANAGER, subject.id, reference.id)
                else:
                    desk.put(reference, Status.WITHDRAWN)
                with noting:
                    gone.add(reference.id)

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
