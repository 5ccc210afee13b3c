"""What is held about one person, gathered for that person: a subject access request. Handing it over is an act.

Told is what concerns the subject and nobody else; docs/records.md says what is withheld and why.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from server.domain.actors import Actor
from server.domain.events import Act, Event, Json
from server.domain.gallery_errors import ReasonMissing, RecipientMissing, SubjectUnknown
from server.domain.holdings import Holding
from server.domain.search import Search
from server.domain.subject_file import Comparison, SubjectFile, ToldEntry
from server.workflow.access import Right, permit
from server.workflow.ports import Clock
from server.workflow.storage_ports import Database, TrailEntry, View
from server.workflow.subject_zip import packed

TOLD: Final = ("reference", "source", "captured_on", "review_on", "status", "before")
"""Details of an entry about one reference; in other entries the same words can be about something else."""


@dataclass(frozen=True)
class Handover:
    """To whom a file goes and why, in the operator's words."""

    recipient: str
    reason: str

    def check(self) -> None:
        """Raise RecipientMissing or ReasonMissing."""
        if not self.recipient.strip():
            raise RecipientMissing
        if not self.reason.strip():
            raise ReasonMissing

    def __repr__(self) -> str:
        return "Handover()"


@dataclass(frozen=True)
class SubjectAccess:
    """`actor` None is the operator at the server's own command line."""

    database: Database
    clock: Clock

    def export(self, actor: Actor | None, subject_id: str, handover: Handover) -> bytes:
        """A zip of what is held about a subject, made in memory, once its entry is committed.

        Raises RoleMissing, RecipientMissing, ReasonMissing or SubjectUnknown.
        """
        if actor is not None:
            permit(actor, Right.EXPORT_RECORD)
        handover.check()
        with self.database.read() as view:
            file = self._gathered(view, subject_id)
        content = packed(file)
        with self.database.write() as unit:
            unit.subjects.subject(subject_id)  # erased meanwhile: nothing goes out
            unit.commit(_exported(actor, file, content, handover))
        return content

    def export_record(self, record_number: str, handover: Handover) -> bytes:
        """As `export`, for the operator of this machine, who has the record number."""
        with self.database.read() as view:
            found = view.subjects.by_record_numbers([record_number])
        if not found:
            raise SubjectUnknown
        return self.export(None, found[record_number].id, handover)

    def _gathered(self, view: View, subject_id: str) -> SubjectFile:
        holding = Holding(view.subjects.subject(subject_id), view.subjects.references_of(subject_id))
        comparisons = [_comparison(search, subject_id) for search in view.searches.closed_with(subject_id)]
        names = {subject_id, *(reference.id for reference in holding.references)}
        names |= {one.reference_id for one in comparisons}  # references of theirs that are erased by now
        return SubjectFile(
            self.clock.now(),
            holding,
            {reference.id: view.subjects.portrait(reference.id) for reference in holding.references},
            comparisons,
            list(_told(view, names, {one.search_id for one in comparisons})),
        )


def _comparison(search: Search, subject_id: str) -> Comparison:
    (candidate,) = [one for one in search.candidates if one.subject_id == subject_id]
    return Comparison(
        search.id,
        search.answered_at,
        search.purpose.ground,
        search.state,
        candidate.reference_id,
        len(search.candidates),
        search.judgements.get(candidate.label),
        search.decision is not None and search.decision.label == candidate.label,
    )


def _told(view: View, names: Collection[str], closed: Collection[str]) -> Iterator[ToldEntry]:
    """Entries that name the subject; of searches only those that are closed, for an open one must not be known of."""
    for entry in view.trail.naming(names):
        if entry.search_id is None or entry.search_id in closed:
            yield ToldEntry(
                entry.index, entry.at, entry.act, entry.search_id, _details(view, entry, names), entry.leaf_hash.hex()
            )


def _details(view: View, entry: TrailEntry, names: Collection[str]) -> Mapping[str, Json]:
    said = json.loads(entry.leaf)["details"]
    if entry.act == Act.SUBJECT_EXPORTED:
        private = view.trail.entry(entry.index).private or {}
        return {"recipient": private.get("recipient", "")}
    if entry.search_id is not None or said.get("reference") not in names:
        return {}
    return {name: said[name] for name in TOLD if said.get(name) is not None}


def _exported(actor: Actor | None, file: SubjectFile, content: bytes, handover: Handover) -> Event:
    details: dict[str, Json] = {
        "subject": file.holding.subject.id,
        "references": len(file.holding.references),
        "searches": len(file.comparisons),
        "entries": len(file.entries),
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    private = {"recipient": handover.recipient, "reason": handover.reason}
    return Event(Act.SUBJECT_EXPORTED, actor.id if actor else None, details=details, private=private)
