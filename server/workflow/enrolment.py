"""A gallery manager adds subjects and references, and erases them everywhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from server.domain.actors import Actor
from server.domain.candidates import Scored
from server.domain.capture import Likeness
from server.domain.errors import Unavailable
from server.domain.events import Act, Event, Json
from server.domain.gallery import Addition, Reference, Source, Subject, fingerprint_of
from server.domain.gallery_errors import ReferenceHeld
from server.domain.image_errors import ImageRefused
from server.workflow.access import Right, permit
from server.workflow.duplicates import found_event, pairs_found
from server.workflow.ports import Clock, FaceEngine, GalleryIndex, Randomness
from server.workflow.storage_ports import Database, Receipt

MOST_LOOKALIKES = 50
"""Subjects that are put to a human as perhaps the same person as a new reference's, the most alike first."""


@dataclass(frozen=True)
class Provenance:
    """Where a reference comes from and why it may be held."""

    source: Source
    lawful_basis: str
    captured_on: date
    review_on: date | None = None
    station: str = ""

    def reference(self, reference_id: str, subject_id: str) -> Reference:
        """An active reference of the subject."""
        return Reference(
            reference_id,
            subject_id,
            self.source,
            self.lawful_basis,
            self.captured_on,
            review_on=self.review_on,
            station=self.station,
        )


@dataclass(frozen=True)
class Enrolment:
    """Index and cache follow the database's gallery version, so a cache that is down only delays, never forgets."""

    database: Database
    engine: FaceEngine
    gallery: GalleryIndex
    clock: Clock
    randomness: Randomness
    threshold: float

    def add_subject(
        self, actor: Actor, record_number: str, given_name: str, family_name: str, born_on: date | None
    ) -> Subject:
        """Raises RoleMissing, RecordInvalid or RecordNumberTaken."""
        permit(actor, Right.ENROL)
        subject = Subject(self.randomness.id(), record_number, given_name, family_name, born_on)
        subject.check(self.clock.now().date())
        with self.database.write() as unit:
            unit.subjects.add(subject)
            unit.commit(subject_event(actor.id, subject))
        return subject

    def enrol(self, actor: Actor, subject_id: str, provenance: Provenance, image: bytes) -> Reference:
        """Store a photograph that is good enough to be found again, and note which other records look like it.

        Raises RoleMissing, RecordInvalid, SubjectUnknown, ReferenceHeld or an ImageRefused (PoorReference, ...).
        """
        permit(actor, Right.ENROL)
        reference = provenance.reference(self.randomness.id(), subject_id)
        with self.database.read() as view:
            subject = view.subjects.subject(subject_id)
        reference.check(self.clock.now().date(), subject.born_on)
        fingerprint = fingerprint_of(subject.record_number, image)
        likeness = self._likeness(image)
        addition = Addition(reference, likeness.template, likeness.portrait, fingerprint)
        with self.database.read() as view:
            before = view.subjects.gallery_version()
        version = self._store(actor, addition, self._lookalikes(addition), before)
        self.gallery.added(addition.indexed, version)
        return reference

    def _likeness(self, image: bytes) -> Likeness:
        (made,) = self.engine.likenesses_of([image])
        if isinstance(made, ImageRefused):
            raise made
        made.check()
        return made

    def _lookalikes(self, addition: Addition) -> Sequence[Scored] | None:
        """None while the index is down: the reference is taken all the same, and compared later (`late_comparison`)."""
        try:
            return self.gallery.search(addition.template, frozenset(Source), self.threshold, MOST_LOOKALIKES)
        except Unavailable:
            return None

    def _store(self, actor: Actor, addition: Addition, scored: Sequence[Scored] | None, before: int) -> int:
        """before: the newest gallery change that is surely among what the addition was compared with."""
        with self.database.write() as unit:
            if unit.subjects.held([addition.fingerprint]):
                raise ReferenceHeld
            version = unit.subjects.enrol(
                addition.reference, addition.template, addition.portrait, addition.fingerprint
            )
            if scored is None or version != before + 1:  # somebody else was enrolled meanwhile, unseen by both
                unit.duplicates.postpone(addition.reference.id)
            pairs = list(pairs_found(unit, [addition], [scored or ()], self.clock.now(), self.randomness))
            done = enrolled_event(actor.id, addition, compared=scored is not None)
            unit.commit(done, *(found_event(actor.id, pair) for pair in pairs))
        return version

    def erase_reference(self, actor: Actor, subject_id: str, reference_id: str) -> Receipt:
        """Raises RoleMissing, SubjectUnknown or ReferenceUnknown."""
        permit(actor, Right.ERASE)
        with self.database.write() as unit:
            unit.subjects.reference_of(subject_id, reference_id)
            version = unit.subjects.erase_reference(reference_id)
            receipt = unit.commit(_erased(actor, subject_id, reference_id, version))
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


def subject_event(actor_id: str | None, subject: Subject) -> Event:
    return Event(Act.SUBJECT_ADDED, actor_id, details={"subject": subject.id})


def enrolled_event(actor_id: str | None, addition: Addition, **further: Json) -> Event:
    """further: what else is to be known of this enrolment, by name."""
    reference = addition.reference
    details = {
        "subject": reference.subject_id,
        "reference": reference.id,
        "source": reference.source.value,
        "captured_on": reference.captured_on.isoformat(),
        "review_on": reference.review_on.isoformat() if reference.review_on else None,
        "model": addition.template.model,
        **further,
    }
    private = {"lawful_basis": reference.lawful_basis, "station": reference.station}
    return Event(Act.REFERENCE_ENROLLED, actor_id, details=details, private=private)


def _erased(actor: Actor, subject_id: str, reference_id: str, version: int) -> Event:
    details: dict[str, Json] = {"subject": subject_id, "reference": reference_id, "version": version}
    return Event(Act.REFERENCE_ERASED, actor.id, details=details)
