"""An officer submits a probe with a purpose and is given a candidate list, which may be empty."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from server.domain.actors import Actor
from server.domain.candidates import Scored, lettered, shortlist
from server.domain.errors import UnresolvedSearch
from server.domain.events import Act, Event, Json
from server.domain.face import Template
from server.domain.policy import Policy
from server.domain.probe import Ground, Purpose, check_frames
from server.domain.search import Search
from server.workflow.access import Right, permit
from server.workflow.coverage import Coverage
from server.workflow.ports import Clock, Database, FaceEngine, GalleryIndex, GallerySource, ProbeVault, Randomness
from server.workflow.retention import Retention


@dataclass(frozen=True)
class Identification:
    database: Database
    engine: FaceEngine
    gallery: GalleryIndex
    records: GallerySource
    coverage: Coverage
    vault: ProbeVault
    retention: Retention
    policy: Policy
    clock: Clock
    randomness: Randomness

    def search(self, actor: Actor, purpose: Purpose, images: Sequence[bytes]) -> Search:
        """Answer one probe. Raises RoleMissing, PurposeInvalid, UnresolvedSearch, ImageRefused or Unavailable."""
        permit(actor, Right.SEARCH)
        purpose.check()
        check_frames(len(images))
        self._require_resolved(actor)
        self.coverage.check()
        leads = self._leads(self.engine.template_of(images), purpose.ground)
        search = self._answer(actor, purpose, leads)
        probe_key = self.vault.seal(search.id, images, self.policy.time_to_decide)
        with self.database.write() as unit:
            unit.searches.add(search, probe_key)
            unit.commit(_answered(search, len(images)))
        return search

    def _require_resolved(self, actor: Actor) -> None:
        self.retention.sweep()
        with self.database.read() as view:
            undecided = view.searches.undecided_of(actor.id)
        if undecided is not None:
            raise UnresolvedSearch(undecided.id)

    def _leads(self, template: Template, ground: Ground) -> Sequence[Scored]:
        scored = self.gallery.search(template, self.policy.sources(ground), self.policy.threshold)
        active = self.records.active([entry.reference_id for entry in scored])
        current = [entry for entry in scored if entry.reference_id in active]
        return shortlist(current, self.policy.threshold, self.policy.cap)

    def _answer(self, actor: Actor, purpose: Purpose, leads: Sequence[Scored]) -> Search:
        now, seed = self.clock.now(), self.randomness.seed()
        return Search(
            id=self.randomness.id(),
            officer_id=actor.id,
            purpose=purpose,
            candidates=lettered(leads, seed),
            seed=seed,
            model=self.engine.model,
            threshold=self.policy.threshold,
            policy_version=self.policy.version,
            answered_at=now,
            expires_at=now + self.policy.time_to_decide,
        )


def _answered(search: Search, frames: int) -> Event:
    purpose = search.purpose
    details: dict[str, Json] = {
        "ground": purpose.ground.value,
        "place": purpose.place.value,
        "alternatives": sorted(item.value for item in purpose.alternatives),
        "frames": frames,
        "references": {candidate.label: candidate.reference_id for candidate in search.candidates},
        "seed": search.seed,
        "model": search.model,
        "policy": search.policy_version,
    }
    private = {
        "necessity": purpose.necessity,
        "power": purpose.power,
        "incident": purpose.incident,
        "harm": purpose.harm,
    }
    return Event(Act.SEARCH_ANSWERED, search.officer_id, search.id, details, private)
