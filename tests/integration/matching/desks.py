"""Desks at which the gallery is changed and searched: one in this process, one in another."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import date
from multiprocessing.connection import Connection
from threading import Lock
from typing import Any, NamedTuple, Protocol

from server.domain.actors import Actor, Role
from server.domain.gallery import Source, Status
from server.domain.policy import Policy
from server.identity.tokens import SystemRandomness
from server.matching.connection import connect
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
from tests.fakes.samples import PURPOSE
from tests.real_databases import MASTER, SIGNER

MANAGER = Actor("a" * 32, "records", frozenset({Role.GALLERY_MANAGER}))
PROVENANCE = Provenance(Source.CUSTODY, "Custody regulation 12", date(2024, 1, 31))
POLICY = Policy("2026-01", threshold=0.6, cap=26)


class Placed(NamedTuple):
    """One reference, as those who enrolled it know it."""

    subject_id: str
    reference_id: str


class Desk(Protocol):
    def enrol(self, record_number: str, person: str) -> Placed: ...

    def erase(self, gone: Placed) -> None: ...

    def put(self, placed: Placed, status: Status) -> None: ...

    def shown(self, person: str) -> set[str]:
        """The references put forward to an officer who has not searched before."""


class NearDesk:
    """Database connection, Redis client, matcher and workflows of its own."""

    def __init__(self, database: SqlDatabase, gallery: ExactGallery, engine: FakeFaceEngine) -> None:
        clock, vault, randomness = StoppedClock(), MemoryVault(StoppedClock()), SystemRandomness()
        self._randomness = randomness
        self._withdrawal = Withdrawal(database, engine, gallery, database.gallery)
        self._enrolment = Enrolment(database, engine, gallery, clock, randomness, POLICY.threshold)
        self._identification = Identification(
            database,
            engine,
            gallery,
            database.gallery,
            Coverage(database.gallery, engine.model),
            vault,
            Retention(database, vault, clock),
            POLICY,
            clock,
            randomness,
        )

    def enrol(self, record_number: str, person: str) -> Placed:
        subject = self._enrolment.add_subject(MANAGER, record_number, person, "Quetzalowicz", None)
        return Placed(subject.id, self._enrolment.enrol(MANAGER, subject.id, PROVENANCE, photo(person)).id)

    def erase(self, gone: Placed) -> None:
        self._enrolment.erase_reference(MANAGER, *gone)

    def put(self, placed: Placed, status: Status) -> None:
        self._withdrawal.put(MANAGER, *placed, status, "Complaint 12")

    def shown(self, person: str) -> set[str]:
        officer = Actor(self._randomness.id(), "4471", frozenset({Role.OFFICER}))
        search = self._identification.search(officer, PURPOSE, [photo(person)])
        return {candidate.reference_id for candidate in search.candidates}


@contextmanager
def near_desk(database_url: str, redis_url: str) -> Iterator[NearDesk]:
    with ExitStack() as stack:
        opened = open_database(database_url, MASTER, SIGNER, clock=StoppedClock(), fresh_salt=lambda: os.urandom(16))
        database = stack.enter_context(closing(opened))
        client, engine = stack.enter_context(connect(redis_url)), FakeFaceEngine()
        gallery = ExactGallery(engine.model, database.gallery, client, MASTER.derived_cipher("gallery cache"))
        stack.enter_context(gallery.following())
        yield NearDesk(database, gallery, engine)


class DistantDesk:
    """A desk in another process, asked one thing at a time."""

    def __init__(self, line: Connection[Any, Any]) -> None:
        self._line = line
        self._asking = Lock()

    def enrol(self, record_number: str, person: str) -> Placed:
        return Placed(*self._ask("enrol", record_number, person))

    def erase(self, gone: Placed) -> None:
        self._ask("erase", gone)

    def put(self, placed: Placed, status: Status) -> None:
        self._ask("put", placed, status)

    def shown(self, person: str) -> set[str]:
        return set(self._ask("shown", person))

    def _ask(self, what: str, *arguments: object) -> Any:
        with self._asking:
            self._line.send((what, arguments))
            return self._line.recv()


@contextmanager
def distant_desk(database_url: str, redis_url: str) -> Iterator[DistantDesk]:
    ours, theirs = multiprocessing.Pipe()
    spawning = multiprocessing.get_context("spawn")
    process = spawning.Process(target=_attend, args=(theirs, database_url, redis_url), daemon=True)
    process.start()
    theirs.close()  # so that a desk that has died ends our waiting
    try:
        assert ours.recv() == "open"
        yield DistantDesk(ours)
        ours.send(None)
        process.join(10)
        assert process.exitcode == 0
    finally:
        process.kill()
        ours.close()


def _attend(line: Connection[Any, Any], database_url: str, redis_url: str) -> None:
    with near_desk(database_url, redis_url) as desk:
        line.send("open")
        while (asked := line.recv()) is not None:
            what, arguments = asked
            act: Callable[..., object] = getattr(desk, what)
            line.send(act(*arguments))
