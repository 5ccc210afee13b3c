"""A gallery manager takes a reference out of every search, and puts back one that was only held back."""

from __future__ import annotations

from dataclasses import dataclass

from server.domain.actors import Actor
from server.domain.events import Act, Event, Json
from server.domain.gallery import Reference, Status, Supplement
from server.domain.gallery_errors import ReasonMissing
from server.domain.image_errors import ImageRefused
from server.workflow.access import Right, permit
from server.workflow.ports import FaceEngine, GalleryIndex, GalleryTemplates
from server.workflow.storage_ports import Database, Receipt


@dataclass(frozen=True)
class Withdrawal:
    """`records` is the database's view of the templates; `gallery` tells every matcher."""

    database: Database
    engine: FaceEngine
    gallery: GalleryIndex
    records: GalleryTemplates

    def put(self, actor: Actor, subject_id: str, reference_id: str, status: Status, reason: str) -> Receipt:
        """Give a reference another status: anything but active is out of every search that begins after this.

        Raises RoleMissing, ReasonMissing, ReferenceUnknown, StatusUnchanged, StatusFinal or Unavailable.
        """
        permit(actor, Right.ERASE)
        if not reason.strip():
            raise ReasonMissing
        made = self._made(subject_id, reference_id) if status is Status.ACTIVE else Supplement(self.engine.model)
        with self.database.write() as unit:
            reference = unit.subjects.reference_of(subject_id, reference_id)
            reference.require_becoming(status)
            version = unit.subjects.put_status(reference_id, status)
            last, _ = unit.subjects.supplement(made)
            receipt = unit.commit(_put(actor, reference, status, version, reason))
        self._tell(reference_id, status, version)
        if last > version:
            self.gallery.supplemented([], last)
        return receipt

    def _made(self, subject_id: str, reference_id: str) -> Supplement:
        """What the active model makes of the image: it may have become active while the reference was held back, and
        one reference that it does not know would stop every search."""
        with self.database.read() as view:
            view.subjects.reference_of(subject_id, reference_id)
            image = view.subjects.portrait(reference_id)
        try:
            return Supplement(self.engine.model, templates={reference_id: self.engine.template_of([image])})
        except ImageRefused as refused:
            return Supplement(self.engine.model, rejections={reference_id: refused.slug})

    def _tell(self, reference_id: str, status: Status, version: int) -> None:
        back = self.records.indexed(self.engine.model, [reference_id]) if status is Status.ACTIVE else ()
        for indexed in back:
            self.gallery.added(indexed, version)
        if not back:
            self.gallery.removed(reference_id, version)


def _put(actor: Actor, reference: Reference, status: Status, version: int, reason: str) -> Event:
    details: dict[str, Json] = {
        "subject": reference.subject_id,
        "reference": reference.id,
        "version": version,
        "status": status.value,
        "before": reference.status.value,
    }
    act = Act.REFERENCE_RESTORED if status is Status.ACTIVE else Act.REFERENCE_WITHDRAWN
    return Event(act, actor.id, details=details, private={"reason": reason})
