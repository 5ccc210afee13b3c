"""A gallery manager adds subjects and references, and erases them everywhere."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from server.domain.actors import Actor
from server.domain.events import Act, Event, Json
from server.domain.gallery import IndexedReference, Reference, Source, Status, Subject
from server.workflow.access import Right, permit
from server.workflow.ports import FaceEngine, GalleryIndex, Randomness
from server.workflow.storage_ports import Database, Receipt


@dataclass(frozen=True)
class Provenance:
    """Where a reference comes from and why it may be held."""

    source: Source
    lawful_basis: str
    captured_on: date


@dataclass(frozen=True)
class Enrolment:
    """Index and cache follow the database's gallery version, so a cache that is down only delays, never forgets."""

    database: Database
    engine: FaceEngine
    gallery: GalleryIndex
    randomness: Randomness

    def add_subject(
        self, actor: Actor, record_number: str, given_name: str, family_name: str, born_on: date | None
    ) -> Subject:
        """Raises RoleMissing, RecordInvalid or RecordNumberTaken."""
        permit(actor, Right.ENROL)
        subject = Subject(self.randomness.id(), record_number, given_name, family_name, born_on)
        subject.check()
        with self.database.write() as unit:
            unit.subjects.add(subject)
            unit.commit(Event(Act.SUBJECT_ADDED, actor.id, details={"subject": subject.id}))
        return subject

    def enrol(self, actor: Actor, subject_id: str, provenance: Provenance, image: bytes) -> Reference:
        """Raises RoleMissing, RecordInvalid, SubjectUnknown or an ImageRefused."""
        permit(actor, Right.ENROL)
        reference = Reference(
            self.randomness.id(), subject_id, provenance.source, provenance.lawful_basis, provenance.captured_on
        )
        reference.check()
        template = self.engine.template_of([image])
        portrait = self.engine.portrait_of(image)
        with self.database.write() as unit:
            version = unit.subjects.enrol(reference, template, portrait)
            unit.commit(_enrolled(actor, reference, template.model))
        self.gallery.added(IndexedReference(reference.id, subject_id, reference.source, template), version)
        return reference

    def erase_reference(self, actor: Actor, subject_id: str, reference_id: str) -> Receipt:
        """Raises RoleMissing, SubjectUnknown or ReferenceUnknown."""
        permit(actor, Right.ERASE)
        with self.database.write() as unit:
            unit.subjects.reference_of(subject_id, reference_id)
            version = unit.subjects.erase_reference(reference_id)
            receipt = unit.commit(_erased(actor, subject_id, reference_id, version))
        self.gallery.removed(reference_id, version)
        return receipt

    def withdraw_reference(
        self, actor: Actor, subject_id: str, reference_id: str, status: Status = Status.WITHDRAWN
    ) -> Receipt:
        """Take a reference out of every search at once and keep it on record as `status`, which is any but active.

        Raises RoleMissing, SubjectUnknown or ReferenceUnknown.
        """
        permit(actor, Right.ERASE)
        with self.database.write() as unit:
            unit.subjects.reference_of(subject_id, reference_id)
            version = unit.subjects.withdraw_reference(reference_id, status)
            receipt = unit.commit(_withdrawn(actor, subject_id, reference_id, version, status))
        self.gallery.removed(reference_id, version)
        return receipt

    def erase_subject(self, actor: Actor, subject_id: str) -> Receipt:
        """Erase a subject with every reference, in one commit. Raises RoleMissing or SubjectUnknown."""
        permit(actor, Right.ERASE)
        with self.database.write() as unit:
            held = [reference.id for reference in unit.subjects.references_of(subject_id)]
            versions = [(reference_id, unit.subjects.erase_reference(reference_id)) for reference_id in held]
            unit.subjects.erase(subject_id)
            erasures = [_erased(actor, subject_id, reference_id, version) for reference_id, version in versions]
            last = max((version for _, version in versions), default=0)
            done = Event(Act.SUBJECT_ERASED, actor.id, details={"subject": subject_id, "version": last})
            receipt = unit.commit(done, *erasures)
        for reference_id, version in versions:
            self.gallery.removed(reference_id, version)
        return receipt


def _enrolled(actor: Actor, reference: Reference, model: str) -> Event:
    details = {
        "subject": reference.subject_id,
        "reference": reference.id,
        "source": reference.source.value,
        "captured_on": reference.captured_on.isoformat(),
        "model": model,
    }
    return Event(Act.REFERENCE_ENROLLED, actor.id, details=details, private={"lawful_basis": reference.lawful_basis})


def _withdrawn(actor: Actor, subject_id: str, reference_id: str, version: int, status: Status) -> Event:
    details: dict[str, Json] = {"subject": subject_id, "reference": reference_id, "version": version}
    return Event(Act.REFERENCE_WITHDRAWN, actor.id, details=details | {"status": status.value})


def _erased(actor: Actor, subject_id: str, reference_id: str, version: int) -> Event:
    details: dict[str, Json] = {"subject": subject_id, "reference": reference_id, "version": version}
    return Event(Act.REFERENCE_ERASED, actor.id, details=details)
