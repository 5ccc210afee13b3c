"""One honest world in memory: the real workflows and the real application over typed fakes.

    world = World()
    world.enrol("ada")
    search = world.search(world.officer(), photo("ada", "lying"))

Nothing is scripted: who is found follows from who is enrolled, and what a test may see it reads through the ports.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from fastapi import FastAPI

from server.audit.checkpoint import Signer
from server.domain.actors import Actor, Role
from server.domain.decision import Corroboration, Decision, Judgement, Outcome
from server.domain.errors import CacheUnavailable
from server.domain.events import Act
from server.domain.gallery import Reference, Source, Status
from server.domain.matchers import Standing
from server.domain.policy import Policy
from server.domain.probe import Purpose
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
from server.workflow.storage_ports import Receipt, TrailEntry
from server.workflow.subject_access import SubjectAccess
from server.workflow.withdrawal import Withdrawal
from tests.fakes.clock import StoppedClock
from tests.fakes.face_engine import FakeFaceEngine, photo
from tests.fakes.memory_database import MemoryDatabase
from tests.fakes.memory_gallery import MemoryGallery, MemoryMatchers, MemoryVault
from tests.fakes.passwords import PlainPasswords
from tests.fakes.randomness import CountingRandomness
from tests.fakes.samples import PURPOSE

PASSWORD = "a long enough pass phrase"
SESSION_LENGTH = timedelta(hours=1)
POLICY = Policy("2026-01", threshold=0.6)
PROVENANCE = Provenance(Source.CUSTODY, "Custody regulation 12", date(2024, 1, 31))
EVIDENCE_AGAINST = "The scar over the left brow is missing in the older photograph."


class CuttableVault(MemoryVault):
    """A vault that answers like a dead Redis while `down`."""

    down = False

    def seal(self, search_id: str, images: Sequence[bytes], keep_for: timedelta) -> bytes:
        self._ping()
        return super().seal(search_id, images, keep_for)

    def open(self, search_id: str, key: bytes) -> Sequence[bytes]:
        self._ping()
        return super().open(search_id, key)

    def discard(self, search_id: str) -> None:
        self._ping()
        super().discard(search_id)

    def _ping(self) -> None:
        if self.down:
            raise CacheUnavailable


class World:
    def __init__(self, policy: Policy = POLICY) -> None:
        self.clock, self.randomness, self.engine = StoppedClock(), CountingRandomness(), FakeFaceEngine()
        self.passwords = PlainPasswords()
        signer = Signer.from_seed("world.example", bytes(32))
        self.database = MemoryDatabase(signer, clock=self.clock, fresh_salt=self.randomness.salt)
        self.gallery = MemoryGallery(self.engine.model, self.database.gallery)
        self.matchers = MemoryMatchers(Standing({}, []))
        self.coverage = Coverage(self.database.gallery, self.engine.model)
        self.vault = CuttableVault(self.clock)
        self.places = SearchPlaces(2, 0.0)
        self.policy = policy
        self.workflows = self.compose()

    def app(self) -> FastAPI:
        pings = {
            "database": self.database.ping,
            "cache": self.gallery.ping,
            "engine": self.engine.ping,
            "gallery": self.coverage.check,
        }
        return site(self.workflows, self.places, pings)

    def compose(self) -> Workflows:
        """The workflows over the parts as they are now; a test that exchanges a part composes anew."""
        retention = Retention(self.database, self.vault, self.clock)
        return Workflows(
            access=Access(self.database, self.passwords, self.clock, self.randomness, SESSION_LENGTH),
            identification=Identification(
                self.database,
                self.engine,
                self.gallery,
                self.database.gallery,
                self.coverage,
                self.vault,
                retention,
                self.policy,
                self.clock,
                self.randomness,
            ),
            adjudication=Adjudication(self.database, retention, self.clock),
            enrolment=Enrolment(
                self.database, self.engine, self.gallery, self.clock, self.randomness, self.policy.threshold
            ),
            duplicates=DuplicateReview(self.database),
            erasures=Erasures(self.database, self.database.gallery, self.matchers),
            withdrawal=Withdrawal(self.database, self.engine, self.gallery, self.database.gallery),
            records=Records(self.database),
            subject_access=SubjectAccess(self.database, self.clock),
            supervision=Supervision(self.database, retention, self.clock),
            retention=retention,
        )

    # --- people ---------------------------------------------------------------------------------------------------

    def officer(self, name: str = "4471") -> Actor:
        return self.actor(name, Role.OFFICER)

    def supervisor(self, name: str = "insp.okafor") -> Actor:
        return self.actor(name, Role.SUPERVISOR)

    def manager(self, name: str = "records") -> Actor:
        return self.actor(name, Role.GALLERY_MANAGER)

    def actor(self, name: str, *roles: Role) -> Actor:
        """The actor called `name`, added with `roles` at the first call."""
        with self.database.read() as view:
            account = view.accounts.by_name(name)
        return account.actor if account else self.workflows.access.add_account(name, PASSWORD, frozenset(roles))

    def token(self, actor: Actor) -> str:
        return self.workflows.access.sign_in(actor.name, PASSWORD).token

    # --- acts -----------------------------------------------------------------------------------------------------

    def enrol(self, person: str, source: Source = Source.CUSTODY) -> Reference:
        """Enrol one photograph of `person` as a subject of their own."""
        manager, enrolment = self.manager(), self.workflows.enrolment
        subject = enrolment.add_subject(manager, f"RN-{person}", person.capitalize(), "Quetzalowicz", None)
        provenance = Provenance(source, PROVENANCE.lawful_basis, PROVENANCE.captured_on)
        return enrolment.enrol(manager, subject.id, provenance, photo(person))

    def put(self, reference: Reference, status: Status, reason: str = "Complaint 12") -> Receipt:
        """The manager gives a reference another status."""
        return self.workflows.withdrawal.put(self.manager(), reference.subject_id, reference.id, status, reason)

    def search(self, officer: Actor, *images: bytes, purpose: Purpose = PURPOSE) -> Search:
        return self.workflows.identification.search(officer, purpose, images)

    def judge_all(self, officer: Actor, search: Search, judgement: Judgement = Judgement.SAME) -> None:
        for candidate in search.candidates:
            self.workflows.adjudication.judge(officer, search.id, candidate.label, judgement)

    def decided(self, officer: Actor, *images: bytes) -> Search:
        """A search with its decision: none of these."""
        search = self.search(officer, *images)
        self.judge_all(officer, search, Judgement.DIFFERENT)
        opened, _ = self.workflows.adjudication.decide(officer, search.id, Decision(Outcome.NONE_OF_THESE))
        return opened.search

    def run_out(self) -> None:
        """Let the time to decide pass."""
        self.clock.move(POLICY.time_to_decide)

    # --- what a test may look at ----------------------------------------------------------------------------------

    def entries(self) -> Sequence[TrailEntry]:
        with self.database.read() as view:
            return list(view.trail.stream())

    def acts(self) -> list[str]:
        return [entry.act for entry in self.entries()]

    def last(self, act: Act) -> TrailEntry:
        return [entry for entry in self.entries() if entry.act == act][-1]

    def stored(self) -> Mapping[str, object]:
        """Everything that is kept but the trail and the sessions, to compare before and after."""
        state = vars(self.database.state.copy())
        return {name: part for name, part in state.items() if name not in {"trail", "sessions"}}


def named(label: str) -> Decision:
    """The decision for the candidate `label`, with corroboration and evidence against."""
    return Decision(Outcome.CANDIDATE, label, frozenset({Corroboration.DOCUMENT}), EVIDENCE_AGAINST)
