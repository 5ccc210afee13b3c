"""A gallery manager reads what the gallery holds of people: lists, one record, one photograph. Looking is an act."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from server.domain.actors import Actor
from server.domain.events import Act, Event, Json
from server.domain.holdings import Holding, Page, Wanted
from server.workflow.access import Right, permit
from server.workflow.storage_ports import Database


@dataclass(frozen=True)
class Records:
    """`actor` None is the operator at the server's own command line."""

    database: Database

    def listed(self, actor: Actor | None, wanted: Wanted, after: str, limit: int) -> Page:
        """The holdings of the subjects above `after`, at most `limit`; also an empty page is an entry of the trail.

        Raises RoleMissing.
        """
        _require(actor)
        with self.database.read() as view:
            page = view.holdings.page(wanted, after, limit)
        self._record(actor, page.holdings, wanted)
        return page

    def opened(self, actor: Actor, subject_id: str) -> Holding:
        """One subject with every reference; an entry of the trail. Raises RoleMissing or SubjectUnknown."""
        _require(actor)
        with self.database.read() as view:
            holding = Holding(view.subjects.subject(subject_id), view.subjects.references_of(subject_id))
        self._record(actor, [holding], Wanted())
        return holding

    def image(self, actor: Actor, subject_id: str, reference_id: str) -> bytes:
        """The photograph of a reference, whatever its status, as JPEG; each viewing is an entry of the trail.

        Raises RoleMissing or ReferenceUnknown.
        """
        _require(actor)
        with self.database.write() as unit:
            unit.subjects.reference_of(subject_id, reference_id)
            image = unit.subjects.portrait(reference_id)
            details = {"subject": subject_id, "reference": reference_id}
            unit.commit(Event(Act.REFERENCE_VIEWED, actor.id, details=details))
        return image

    def _record(self, actor: Actor | None, holdings: Sequence[Holding], wanted: Wanted) -> None:
        details: dict[str, Json] = {
            "subjects": [holding.subject.id for holding in holdings],
            "source": wanted.source.value if wanted.source else None,
            "status": wanted.status.value if wanted.status else None,
            "review_before": wanted.review_before.isoformat() if wanted.review_before else None,
        }
        consulted = Event(Act.RECORDS_CONSULTED, actor.id if actor else None, details=details, private=_words(wanted))
        with self.database.write() as unit:
            unit.commit(consulted)


def _words(wanted: Wanted) -> Mapping[str, Json]:
    """What was asked for in words of the asker, which may name somebody."""
    asked = {
        "station": wanted.station,
        "lawful_basis": wanted.lawful_basis,
        "record_prefix": wanted.record_prefix,
    }
    return {name: text for name, text in asked.items() if text}


def _require(actor: Actor | None) -> None:
    if actor is not None:
        permit(actor, Right.READ_RECORDS)
