"""The officer compares, judges each face blind, and must record one decision."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from server.domain.actors import Actor
from server.domain.decision import Decision, Judgement
from server.domain.events import Act, Event, Json
from server.domain.gallery import Record
from server.domain.gallery_errors import ReferenceUnknown
from server.domain.search import Search
from server.domain.search_errors import CandidateWithdrawn, SearchUnknown
from server.workflow.access import Right, permit
from server.workflow.ports import Clock
from server.workflow.retention import Retention
from server.workflow.storage_ports import Database, Receipt, UnitOfWork, View


@dataclass(frozen=True)
class OpenedSearch:
    """A search as its officer may see it: `records` holds, by letter, those that `Search.disclosed` opens."""

    search: Search
    records: Mapping[str, Record]


@dataclass(frozen=True)
class Adjudication:
    database: Database
    retention: Retention
    clock: Clock

    def open(self, actor: Actor, search_id: str) -> OpenedSearch:
        """Raises SearchUnknown for another officer's search, as for one that does not exist."""
        permit(actor, Right.ADJUDICATE)
        self.retention.sweep()
        with self.database.write() as unit:
            opened = _disclose(unit, _own(unit, actor, search_id))
            unit.commit(Event(Act.SEARCH_CONSULTED, actor.id, search_id, {"records": [*sorted(opened.records)]}))
        return opened

    def current(self, actor: Actor) -> OpenedSearch:
        """The officer's undecided search; raises SearchUnknown when there is none."""
        permit(actor, Right.ADJUDICATE)
        self.retention.sweep()
        with self.database.read() as view:
            undecided = view.searches.undecided_of(actor.id)
        if undecided is None:
            raise SearchUnknown
        return self.open(actor, undecided.id)

    def image(self, actor: Actor, search_id: str, label: str) -> bytes:
        """The JPEG of one candidate of an undecided search; each viewing is an entry of the trail.

        Raises SearchUnknown, CandidateUnknown, SearchDecided, SearchExpired or CandidateWithdrawn.
        """
        permit(actor, Right.ADJUDICATE)
        self.retention.sweep()
        with self.database.write() as unit:
            search = _own(unit, actor, search_id)
            search.require_open(self.clock.now())
            candidate = search.candidate(label)
            image = _image(unit, candidate.reference_id)
            viewed = {"label": label, "reference": candidate.reference_id}
            unit.commit(Event(Act.CANDIDATE_VIEWED, actor.id, search_id, viewed))
        return image

    def judge(self, actor: Actor, search_id: str, label: str, judgement: Judgement) -> OpenedSearch:
        """Record one judgement; the last one opens the records of all faces judged the same.

        Raises what Search.judge raises, or SearchUnknown.
        """
        permit(actor, Right.ADJUDICATE)
        self.retention.sweep()
        with self.database.write() as unit:
            search = _own(unit, actor, search_id)
            judged = search.judge(label, judgement, self.clock.now())
            unit.searches.update(judged, previous=search)
            opened = _disclose(unit, judged)
            details = {"label": label, "judgement": judgement.value, "disclosed": [*sorted(opened.records)]}
            unit.commit(Event(Act.CANDIDATE_JUDGED, actor.id, search_id, details))
        return opened

    def decide(self, actor: Actor, search_id: str, decision: Decision) -> tuple[OpenedSearch, Receipt]:
        """Record the decision and shred the probe in one commit. Raises what Search.decide raises, or SearchUnknown."""
        permit(actor, Right.ADJUDICATE)
        self.retention.sweep()
        with self.database.write() as unit:
            search = _own(unit, actor, search_id)
            decided = search.decide(decision, self.clock.now())
            unit.searches.update(decided, previous=search)
            unit.searches.shred_probe_key(search_id)
            opened = _disclose(unit, decided)
            receipt = unit.commit(_decided(actor, decided, decision), Event(Act.PROBE_SHREDDED, None, search_id))
        self.retention.shred(search_id)
        return opened, receipt


def _own(view: View, actor: Actor, search_id: str) -> Search:
    search = view.searches.get(search_id)
    if search.officer_id != actor.id:
        raise SearchUnknown
    return search


def _disclose(view: View, search: Search) -> OpenedSearch:
    records: dict[str, Record] = {}
    for candidate in search.candidates:
        if search.disclosed(candidate.label):
            record = _record(view, candidate.reference_id)
            if record is not None:
                records[candidate.label] = record
    return OpenedSearch(search, records)


def _record(view: View, reference_id: str) -> Record | None:
    try:
        return view.subjects.record(reference_id)
    except ReferenceUnknown:  # erased after the search was answered
        return None


def _image(unit: UnitOfWork, reference_id: str) -> bytes:
    try:
        return unit.subjects.image(reference_id)
    except ReferenceUnknown as gone:
        raise CandidateWithdrawn from gone


def _decided(actor: Actor, search: Search, decision: Decision) -> Event:
    named = search.candidate(decision.label).reference_id if decision.label else None
    details: dict[str, Json] = {
        "outcome": decision.outcome.value,
        "label": decision.label,
        "reference": named,
        "corroboration": sorted(item.value for item in decision.corroboration),
        "judgements": {label: judgement.value for label, judgement in sorted(search.judgements.items())},
    }
    private = {"evidence_against": decision.evidence_against}
    return Event(Act.DECISION_RECORDED, actor.id, search.id, details, private)
