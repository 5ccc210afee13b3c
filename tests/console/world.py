"""A small force with a day of searches behind it, and the real site in front of it: real workflows, no disk.

The face engine and the gallery are scripted, and the clock moves when it is told to, so every run draws the same
history.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import numpy as np
from fastapi import FastAPI

from server.audit.checkpoint import Signer
from server.domain.actors import Actor, Role
from server.domain.candidates import Scored
from server.domain.capture import Agreement, Likeness, Sample
from server.domain.decision import Corroboration, Decision, Judgement, Outcome
from server.domain.face import NamedFace, Template
from server.domain.gallery import Census, IndexedReference, Source
from server.domain.image_errors import ImageRefused
from server.domain.matchers import Standing
from server.domain.policy import Policy
from server.domain.probe import Alternative, Ground, Place, Purpose
from server.domain.quality import Quality
from server.domain.search import Search
from server.web.deps import SearchPlaces, Workflows
from server.web.site import site
from server.workflow.access import Access
from server.workflow.adjudication import Adjudication
from server.workflow.coverage import Coverage
from server.workflow.duplicates import DuplicateReview
from server.workflow.enrolment import Enrolment, Provenance
from server.workflow.erasure import Erasures
from server.workflow.identification import Identification
from server.workflow.records import Records
from server.workflow.retention import Retention
from server.workflow.review import Supervision
from server.workflow.subject_access import SubjectAccess
from server.workflow.withdrawal import Withdrawal
from tests.fakes.clock import StoppedClock
from tests.fakes.face_engine import graded
from tests.fakes.memory_database import MemoryDatabase
from tests.fakes.memory_gallery import MemoryMatchers, MemoryVault

MORNING = datetime(2026, 3, 2, 6, 4, 11, tzinfo=UTC)
SESSION_LENGTH = timedelta(hours=12)
PASSWORD = "a drawn pass phrase"
MODEL = "drawn-model"
OFFICERS = ("4471", "3982", "5120", "2207")
SUPERVISOR = "insp.okafor"

ASKED = frozenset({Alternative.ASKED_PERSON, Alternative.DOCUMENTS})
FALSE_DETAILS = Purpose(
    Ground.FALSE_DETAILS,
    "Stopped after a shop theft; the date of birth given does not fit the name, and no document is carried.",
    Place.PUBLIC,
    ASKED,
    "PACE 1984 s.64A",
    no_force=True,
    incident="2026-03-02/0117",
)
UNCONSCIOUS = Purpose(
    Ground.UNABLE_TO_IDENTIFY,
    "Found unconscious in the stairwell; the ambulance crew needs to know of allergies and next of kin.",
    Place.HOME,
    frozenset({Alternative.DOCUMENTS, Alternative.ASKED_OTHERS}),
    "Common law duty to protect life",
    no_force=True,
    incident="2026-03-02/0094",
    harm="Without a name the hospital cannot rule out an allergy to the drug he needs.",
)
MISSING = Purpose(
    Ground.MISSING_OR_AT_RISK,
    "An elderly woman in night clothes at the bus station cannot say where she lives.",
    Place.PUBLIC,
    frozenset({Alternative.ASKED_PERSON, Alternative.ASKED_OTHERS}),
    "Common law duty to protect life",
    no_force=True,
)
PURPOSES = (FALSE_DETAILS, UNCONSCIOUS, MISSING, FALSE_DETAILS)


@dataclass
class DrawnRandomness:
    source: random.Random = field(default_factory=lambda: random.Random(64))  # noqa: S311 - a drawn history

    def id(self) -> str:
        return self.source.randbytes(16).hex()

    def seed(self) -> int:
        return self.source.randrange(2**31)

    def token(self) -> str:
        return self.source.randbytes(32).hex()

    def salt(self) -> bytes:
        return self.source.randbytes(16)


class PlainPasswords:
    """Passwords for a world without secrets: argon2id would cost every test its time."""

    def hash(self, password: str) -> str:
        return f"plain:{password}"

    def verify(self, password: str, encoded: str | None) -> bool:
        return encoded == f"plain:{password}"


@dataclass
class OneFaceEngine:
    """Finds the same face, and about the photographs what it is told to find."""

    model = MODEL
    quality: Quality = field(default_factory=lambda: graded({}))
    recapture: bool = False
    agreement: Agreement | None = None

    def sample_of(self, images: Sequence[bytes], named: Sequence[NamedFace] = ()) -> Sample:
        return Sample(self.template_of(images), self.quality, self.recapture, self.agreement)

    def template_of(self, images: Sequence[bytes]) -> Template:
        return Template(MODEL, np.array([1, 0], dtype=np.float32))

    def likenesses_of(self, images: Sequence[bytes]) -> Sequence[Likeness | ImageRefused]:
        return [Likeness(self.template_of([image]), self.quality, image) for image in images]

    def portrait_of(self, image: bytes) -> bytes:
        return image

    def ping(self) -> None:
        """Always ready."""


@dataclass
class ScriptedGallery:
    """Gallery and its records in one: answers every search with `leads`, all of them active."""

    leads: Sequence[Scored] = ()

    def search(self, template: Template, sources: frozenset[Source], threshold: float, limit: int) -> Sequence[Scored]:
        return self.leads

    def active(self, reference_ids: Sequence[str]) -> frozenset[str]:
        return frozenset(reference_ids)

    def version(self) -> int:
        return 0

    def references(self, model: str) -> tuple[int, Sequence[IndexedReference]]:
        return 0, ()

    def census(self) -> Census:
        return Census(0, 0, {}, {})

    def supplemented(self, references: Sequence[IndexedReference], version: int) -> None:
        """The leads are scripted."""

    def dropped(self, version: int) -> None:
        """The leads are scripted."""

    def added(self, reference: IndexedReference, version: int) -> None:
        """The leads are scripted."""

    def removed(self, reference_id: str, version: int) -> None:
        """The leads are scripted."""

    def ping(self) -> None:
        """Always ready."""


@dataclass
class World:
    database: MemoryDatabase
    clock: StoppedClock
    gallery: ScriptedGallery
    engine: OneFaceEngine
    workflows: Workflows
    app: FastAPI
    supervisor: Actor
    officers: Sequence[Actor]
    enrolled: Sequence[Scored]

    def search(self, officer: Actor, purpose: Purpose = FALSE_DETAILS, leads: int = 0) -> Search:
        self.gallery.leads = self.enrolled[:leads]
        self.clock.move(timedelta(seconds=37))
        return self.workflows.identification.search(officer, purpose, [b"drawn"])

    def decide(self, officer: Actor, search: Search, decision: Decision) -> None:
        """Look at every face, judge it, decide: the candidate that is named is judged the same person."""
        adjudication = self.workflows.adjudication
        for candidate in search.candidates:
            self.clock.move(timedelta(seconds=9))
            adjudication.image(officer, search.id, candidate.label)
            self.clock.move(timedelta(seconds=6))
            judgement = Judgement.SAME if candidate.label == decision.label else Judgement.DIFFERENT
            adjudication.judge(officer, search.id, candidate.label, judgement)
        self.clock.move(timedelta(seconds=21))
        adjudication.decide(officer, search.id, decision)

    def decided(self, officer: Actor, purpose: Purpose = FALSE_DETAILS, leads: int = 3) -> Search:
        search = self.search(officer, purpose, leads)
        self.decide(officer, search, NAMED_B if leads >= 2 else Decision(Outcome.NONE_OF_THESE))
        return search


NAMED_B = Decision(
    Outcome.CANDIDATE,
    "B",
    frozenset({Corroboration.PERSONAL_DETAILS, Corroboration.SCAR_MARK_TATTOO}),
    "The custody photograph is six years old, and the ears are covered in both pictures.",
)


def open_world() -> World:
    """A world in which accounts and records exist and nobody has searched yet."""
    clock, randomness = StoppedClock(MORNING), DrawnRandomness()
    gallery, engine = ScriptedGallery(), OneFaceEngine()
    database = MemoryDatabase(Signer.from_seed("drawn.example", bytes(32)), clock=clock, fresh_salt=randomness.salt)
    workflows = _workflows(database, clock, randomness, gallery, engine)
    add = workflows.access.add_account
    supervisor = add(SUPERVISOR, PASSWORD, frozenset({Role.SUPERVISOR}))
    officers = [add(name, PASSWORD, frozenset({Role.OFFICER})) for name in OFFICERS]
    manager = add("records", PASSWORD, frozenset({Role.GALLERY_MANAGER}))
    enrolled = [_enrol(workflows.enrolment, manager, number) for number in range(4)]
    app = site(workflows, SearchPlaces(places=1, patience=1.0), pings={})
    return World(database, clock, gallery, engine, workflows, app, supervisor, officers, enrolled)


def live_a_day(world: World) -> Search:
    """Draw a day's history; returns a decided search in a private place that waits for its review."""
    for number in range(9):
        officer = world.officers[number % 3]
        world.workflows.access.sign_in(officer.name, PASSWORD)
        world.decided(officer, PURPOSES[number % 4], leads=(3, 0, 1)[number % 3])
        world.clock.move(timedelta(minutes=18, seconds=13 * number))
    world.search(world.officers[3], MISSING, leads=2)
    world.clock.move(timedelta(minutes=40))
    featured = world.decided(world.officers[0], UNCONSCIOUS, leads=3)
    world.clock.move(timedelta(minutes=4))
    return featured


def _workflows(
    database: MemoryDatabase,
    clock: StoppedClock,
    randomness: DrawnRandomness,
    gallery: ScriptedGallery,
    engine: OneFaceEngine,
) -> Workflows:
    vault = MemoryVault(clock)
    retention = Retention(database, vault, clock)
    policy, coverage = Policy("2026-01", 0.5), Coverage(gallery, engine.model)
    return Workflows(
        access=Access(database, PlainPasswords(), clock, randomness, SESSION_LENGTH),
        identification=Identification(
            database, engine, gallery, gallery, coverage, vault, retention, policy, clock, randomness
        ),
        adjudication=Adjudication(database, retention, clock),
        enrolment=Enrolment(database, engine, gallery, clock, randomness, policy.threshold),
        duplicates=DuplicateReview(database),
        erasures=Erasures(database, database.gallery, MemoryMatchers(Standing({}, []))),
        withdrawal=Withdrawal(database, engine, gallery, database.gallery),
        records=Records(database),
        subject_access=SubjectAccess(database, clock),
        supervision=Supervision(database, retention, clock),
        retention=retention,
    )


def _enrol(enrolment: Enrolment, manager: Actor, number: int) -> Scored:
    subject = enrolment.add_subject(manager, f"R-{number:04}", "Drawn", "Person", None)
    provenance = Provenance(Source.CUSTODY, "Custody record", date(2020, 5, 1))
    reference = enrolment.enrol(manager, subject.id, provenance, b"drawn")
    return Scored(reference.id, subject.id, 0.9 - number / 10)
