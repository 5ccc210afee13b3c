"""Subjects and their references: who they are, image and template stand sealed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from typing import Any, Literal

from sqlalchemy import Connection, Select, delete, func, insert, select
from sqlalchemy.exc import IntegrityError

from server.domain.errors import Conflict, RecordNumberTaken, ReferenceUnknown, SubjectUnknown
from server.domain.face import Template
from server.domain.gallery import Record, Reference, Source, Status, Subject
from server.storage.data_keys import DataKeys
from server.storage.gallery import gallery_version, template_row
from server.storage.tables import AnyRow, gallery_changes, refs, subjects

DESCRIPTION = (refs.c.id, refs.c.subject_id, refs.c.source, refs.c.lawful_basis, refs.c.captured_on, refs.c.status)


class SqlSubjects:
    """`ports.SubjectsWriter` on one connection."""

    def __init__(self, connection: Connection, keys: DataKeys) -> None:
        self._connection = connection
        self._keys = keys

    def subject(self, subject_id: str) -> Subject:
        """Raises SubjectUnknown."""
        row = self._connection.execute(select(subjects).where(subjects.c.id == subject_id)).one_or_none()
        if row is None:
            raise SubjectUnknown
        return _subject(row.id, self._keys.open(subjects.c.person, row.id, row.person))

    def references_of(self, subject_id: str) -> Sequence[Reference]:
        """Raises SubjectUnknown."""
        self._require(subject_id)
        rows = self._connection.execute(
            select(*DESCRIPTION).where(refs.c.subject_id == subject_id).order_by(refs.c.captured_on, refs.c.id)
        )
        return [self._reference(row) for row in rows]

    def reference_of(self, subject_id: str, reference_id: str) -> Reference:
        """Raises ReferenceUnknown unless the reference is one of this subject's."""
        own = select(*DESCRIPTION).where(refs.c.id == reference_id, refs.c.subject_id == subject_id)
        row = self._connection.execute(own).one_or_none()
        if row is None:
            raise ReferenceUnknown
        return self._reference(row)

    def record(self, reference_id: str) -> Record:
        """Subject and reference of an active reference; raises ReferenceUnknown."""
        reference = self._reference(self._active(select(*DESCRIPTION), reference_id))
        return Record(self.subject(reference.subject_id), reference)

    def image(self, reference_id: str) -> bytes:
        """The decrypted JPEG of an active reference; raises ReferenceUnknown."""
        row = self._active(select(refs.c.image), reference_id)
        return self._keys.open(refs.c.image, reference_id, row.image)

    def add(self, subject: Subject) -> None:
        """Raises RecordNumberTaken."""
        digest = self._keys.digest(subjects.c.person, subject.record_number)
        person = self._keys.seal(subjects.c.person, subject.id, _person(subject))
        try:
            with self._connection.begin_nested():
                self._connection.execute(
                    insert(subjects).values(id=subject.id, record_number_digest=digest, person=person)
                )
        except IntegrityError as error:
            taken = select(subjects.c.id).where(subjects.c.record_number_digest == digest)
            if self._connection.scalar(taken) is None:
                raise
            raise RecordNumberTaken from error

    def enrol(self, reference: Reference, template: Template, image: bytes) -> int:
        """Store a reference sealed; returns its gallery change version. Raises SubjectUnknown."""
        self._require(reference.subject_id)
        vector = template.vector.astype("<f4").tobytes()
        self._connection.execute(
            insert(refs).values(
                id=reference.id,
                subject_id=reference.subject_id,
                source=reference.source,
                status=reference.status,
                captured_on=reference.captured_on,
                lawful_basis=self._keys.seal(refs.c.lawful_basis, reference.id, reference.lawful_basis.encode()),
                model=template.model,
                template=self._keys.seal(refs.c.template, template_row(reference.id, template.model), vector),
                image=self._keys.seal(refs.c.image, reference.id, image),
            )
        )
        return self._note_change(reference.id, "added")

    def erase_reference(self, reference_id: str) -> int:
        """Delete image, template and row; returns the gallery change version. Raises ReferenceUnknown."""
        if self._connection.execute(delete(refs).where(refs.c.id == reference_id)).rowcount == 0:
            raise ReferenceUnknown
        return self._note_change(reference_id, "removed")

    def erase(self, subject_id: str) -> None:
        """Delete a subject that has no reference left. Raises SubjectUnknown, or Conflict if one is left."""
        self._require(subject_id)
        if self._connection.scalar(select(func.count()).where(refs.c.subject_id == subject_id)):
            raise Conflict
        self._connection.execute(delete(subjects).where(subjects.c.id == subject_id))

    def _require(self, subject_id: str) -> None:
        if self._connection.scalar(select(subjects.c.id).where(subjects.c.id == subject_id)) is None:
            raise SubjectUnknown

    def _active(self, selection: Select[Any], reference_id: str) -> AnyRow:
        found = selection.where(refs.c.id == reference_id, refs.c.status == Status.ACTIVE)
        row = self._connection.execute(found).one_or_none()
        if row is None:
            raise ReferenceUnknown
        return row

    def _reference(self, row: AnyRow) -> Reference:
        lawful_basis = self._keys.open(refs.c.lawful_basis, row.id, row.lawful_basis).decode()
        return Reference(row.id, row.subject_id, Source(row.source), lawful_basis, row.captured_on, Status(row.status))

    def _note_change(self, reference_id: str, change: Literal["added", "removed"]) -> int:
        version = gallery_version(self._connection) + 1
        self._connection.execute(
            insert(gallery_changes).values(version=version, reference_id=reference_id, change=change)
        )
        return version


def _person(subject: Subject) -> bytes:
    return json.dumps(asdict(subject), default=date.isoformat).encode()


def _subject(subject_id: str, person: bytes) -> Subject:
    fields = json.loads(person)
    born_on = fields["born_on"]
    return Subject(
        subject_id,
        fields["record_number"],
        fields["given_name"],
        fields["family_name"],
        None if born_on is None else date.fromisoformat(born_on),
    )
