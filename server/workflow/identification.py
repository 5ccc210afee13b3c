"""An officer submits a probe with a purpose and is given a candidate list, which may be empty."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from server.domain.actors import Actor
from server.domain.candidates import Scored, lettered, shortlist
from server.domain.capture import Capture, Sample
from server.domain.events import Act, Event, Json
from server.domain.face import NamedFace
from server.domain.policy import Policy
from server.domain.probe import Ground, Purpose, check_frames, check_named
from server.domain.quality import cap
from server.domain.search import Search
from server.domain.search_errors import UnresolvedSearch
from server.workflow.access import Right, permit
from server.workflow.coverage import Coverage
from server.workflow.ports import Clock, FaceEngine, GalleryIndex, GallerySource, ProbeVault, Randomness
from server.workflow.retention import Retention
from server.workflow.storage_ports import Database


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

    def search(
        self, actor: Actor, purpose: Purpose, images: Sequence[bytes], named: Sequence[NamedFace] = ()
    ) -> Search:
        """Answer one probe. Raises RoleMissing, PurposeInvalid, UnresolvedSearch, ImageRefused or Unavailable.

        named: of photographs with several faces, which one is meant.
        """
        permit(actor, Right.SEARCH)
        purpose.check()
        check_frames(len(images))
        check_named(named, len(images))
        self._require_resolved(actor)
        self.coverage.check()
        sample = self.engine.sample_of(images, named)
        capture = sample.capture(purpose)
        search = self._answer(actor, purpose, self._leads(sample, purpose.ground), capture)
        probe_key = self.vault.seal(search.id, images, self.policy.time_to_decide)
        with self.database.write() as unit:
            unit.searches.add(search, probe_key)
            unit.commit(_answered(search, len(images), len(named)))
        return search

    def _require_resolved(self, actor: Actor) -> None:
        self.retention.sweep()
        with self.database.read() as view:
            undecided = view.searches.undecided_of(actor.id)
        if undecided is not None:
            raise UnresolvedSearch(undecided.id)

    def _leads(self, sample: Sample, ground: Ground) -> Sequence[Scored]:
        length = cap(sample.quality, self.policy.cap)
        scored, active = self._searched(sample, ground, length)
        if len(active) < len(scored):  # some left the gallery meanwhile, and others may take their place
            scored, active = self._searched(sample, ground, 2 * length)
        current = [entry for entry in scored if entry.reference_id in active]
        return shortlist(current, self.policy.threshold, length)

    def _searched(self, sample: Sample, ground: Ground, limit: int) -> tuple[Sequence[Scored], frozenset[str]]:
        """What the index answers, and which references of it are active."""
        scored = self.gallery.search(sample.template, self.policy.sources(ground), self.policy.threshold, limit)
        return scored, self.records.active([entry.reference_id for entry in scored])

    def _answer(self, actor: Actor, purpose: Purpose, leads: Sequence[Scored], capture: Capture) -> Search:
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
            capture=capture,
        )


def _answered(search: Search, frames: int, named: int) -> Event:
    purpose, capture = search.purpose, search.capture
    details: dict[str, Json] = {
        "ground": purpose.ground.value,
        "place": purpose.place.value,
        "alternatives": sorted(item.value for item in purpose.alternatives),
        "frames": frames,
        "faces_named": named,
        "faults": [fault.value for fault in capture.faults],
        "recapture": capture.recapture,
        "agreement": capture.agreement.value if capture.agreement else None,
        "life_at_risk": purpose.life_at_risk,
        "faults_overridden": capture.overridden,
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
