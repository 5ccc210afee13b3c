"""Subjects and their references: who they are, image and template stand sealed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Literal

from sqlalchemy import Column, ColumnElement, Connection, Select, delete, exists, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from server.domain.errors import Conflict
from server.domain.face import Template
from server.domain.gallery import Addition, Record, Reference, Status, Subject, Supplement
from server.domain.gallery_errors import RecordNumberTaken, ReferenceUnknown, SubjectUnknown
from server.storage.data_keys import DataKeys
from server.storage.duplicates import forget_reference, forget_subject, forget_uncompared
from server.storage.gallery import gallery_version
from server.storage.sealed_records import DESCRIPTION, open_reference, open_subject, reference_row, subject_row
from server.storage.sealed_templates import seal_template
from server.storage.tables import AnyRow, gallery_changes, refs, rejections, subjects, templates

Change = Literal["added", "enrolled", "removed", "withdrawn", "restored", "embedded", "dropped"]


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
        return open_subject(self._keys, row)

    def references_of(self, subject_id: str) -> Sequence[Reference]:
        """Raises SubjectUnknown."""
        self._require(subject_id)
        rows = self._connection.execute(
            select(*DESCRIPTION).where(refs.c.subject_id == subject_id).order_by(refs.c.captured_on, refs.c.id)
        )
        return [open_reference(self._keys, row) for row in rows]

    def reference_of(self, subject_id: str, reference_id: str) -> Reference:
        """Raises ReferenceUnknown unless the reference is one of this subject's."""
        own = select(*DESCRIPTION).where(refs.c.id == reference_id, refs.c.subject_id == subject_id)
        row = self._connection.execute(own).one_or_none()
        if row is None:
            raise ReferenceUnknown
        return open_reference(self._keys, row)

    def record(self, reference_id: str) -> Record:
        """Subject and reference of an active reference; raises ReferenceUnknown."""
        reference = open_reference(self._keys, self._active(select(*DESCRIPTION), reference_id))
        return Record(self.subject(reference.subject_id), reference)

    def image(self, reference_id: str) -> bytes:
        """The decrypted JPEG of an active reference; raises ReferenceUnknown."""
        row = self._active(select(refs.c.image), reference_id)
        return self._keys.open(refs.c.image, reference_id, row.image)

    def portrait(self, reference_id: str) -> bytes:
        """The decrypted JPEG of a reference, whatever its status; raises ReferenceUnknown."""
        sealed = self._connection.scalar(select(refs.c.image).where(refs.c.id == reference_id))
        if sealed is None:
            raise ReferenceUnknown
        return self._keys.open(refs.c.image, reference_id, sealed)

    def lacking(self, model: str, after: str, limit: int) -> Sequence[Reference]:
        """Active references with neither template nor rejection of `model`, by id, those above `after`."""
        rows = self._connection.execute(
            select(*DESCRIPTION).where(refs.c.id > after, *_lacks(model)).order_by(refs.c.id).limit(limit)
        )
        return [open_reference(self._keys, row) for row in rows]

    def rejections(self, model: str) -> Mapping[str, str]:
        """The problem type of each image that `model` refused, by reference id, in the order of ids."""
        refused = select(rejections).where(rejections.c.model == model).order_by(rejections.c.reference_id)
        return {row.reference_id: row.problem for row in self._connection.execute(refused)}

    def by_record_numbers(self, record_numbers: Collection[str]) -> Mapping[str, Subject]:
        """Those of the given records that are enrolled, by record number."""
        digests = [self._keys.digest(subjects.c.person, number) for number in record_numbers]
        rows = self._connection.execute(select(subjects).where(subjects.c.record_number_digest.in_(digests)))
        found = [open_subject(self._keys, row) for row in rows]
        return {subject.record_number: subject for subject in found}

    def held(self, fingerprints: Collection[str]) -> frozenset[str]:
        """Those of the given photographs' fingerprints that a reference, active or not, has."""
        return self._known(refs.c.fingerprint_digest, fingerprints)

    def gallery_version(self) -> int:
        """The newest gallery change."""
        return gallery_version(self._connection)

    def marked(self, marks: Collection[str]) -> frozenset[str]:
        """Those of the given marks of files that a reference, active or not, was enrolled from."""
        return self._known(refs.c.mark_digest, marks)

    def add(self, subject: Subject) -> None:
        """Raises RecordNumberTaken."""
        row = subject_row(self._keys, subject)
        try:
            with self._connection.begin_nested():
                self._connection.execute(insert(subjects).values(**row))
        except IntegrityError as error:
            taken = select(subjects.c.id).where(subjects.c.record_number_digest == row["record_number_digest"])
            if self._connection.scalar(taken) is None:
                raise
            raise RecordNumberTaken from error

    def enrol(self, reference: Reference, template: Template, image: bytes, fingerprint: str | None = None) -> int:
        """Store a reference sealed; returns its gallery change version. Raises SubjectUnknown."""
        self._require(reference.subject_id)
        self._connection.execute(insert(refs).values(**self._row(reference, image, fingerprint)))
        version = self._note_change(reference.id, "added")
        self._add_template(version, reference.id, template)
        return version

    def enrol_together(self, added: Sequence[Subject], additions: Sequence[Addition]) -> int:
        """Store new subjects, and references of them or of others, as one gallery change; returns its version."""
        if added:
            self._connection.execute(insert(subjects), [subject_row(self._keys, subject) for subject in added])
        self._connection.execute(insert(refs), [self._row_of(addition) for addition in additions])
        version = self._note_change(additions[0].reference.id, "enrolled", len(additions))
        made = [self._template_row(version, addition.reference.id, addition.template) for addition in additions]
        self._connection.execute(insert(templates), made)
        return version

    def supplement(self, made: Supplement) -> tuple[int, Supplement]:
        """Store the part of `made` that is still lacking; returns its gallery change version and that part.

        References that were erased, withdrawn or supplemented meanwhile are left out; where none is left, nothing
        is stored and the version stays.
        """
        wanted = select(refs.c.id).where(refs.c.id.in_(made.reference_ids), *_lacks(made.model))
        stored = made.only(frozenset(self._connection.scalars(wanted)))
        if not stored.reference_ids:
            return gallery_version(self._connection), stored
        version = self._note_change(made.model, "embedded", len(stored.templates))
        for reference_id, template in stored.templates.items():
            self._add_template(version, reference_id, template)
        for reference_id, problem in stored.rejections.items():
            self._connection.execute(
                insert(rejections).values(reference_id=reference_id, model=made.model, problem=problem)
            )
        return version, stored

    def drop_templates(self, model: str) -> tuple[int, int]:
        """Delete every template and rejection of `model`; returns the gallery change version and how many went."""
        dropped = self._connection.execute(delete(templates).where(templates.c.model == model)).rowcount
        refused = self._connection.execute(delete(rejections).where(rejections.c.model == model)).rowcount
        if not dropped and not refused:
            return gallery_version(self._connection), 0
        return self._note_change(model, "dropped"), dropped

    def put_status(self, reference_id: str, status: Status) -> int:
        """Give a reference another status; returns the gallery change version. Raises ReferenceUnknown."""
        own = update(refs).where(refs.c.id == reference_id)
        if self._connection.execute(own.values(status=status)).rowcount == 0:
            raise ReferenceUnknown
        return self._note_change(reference_id, "restored" if status is Status.ACTIVE else "withdrawn")

    def erase_reference(self, reference_id: str) -> int:
        """Delete image, templates and row; returns the gallery change version. Raises ReferenceUnknown."""
        for table in (templates, rejections):
            self._connection.execute(delete(table).where(table.c.reference_id == reference_id))
        forget_uncompared(self._connection, reference_id)
        if self._connection.execute(delete(refs).where(refs.c.id == reference_id)).rowcount == 0:
            raise ReferenceUnknown
        forget_reference(self._connection, reference_id)
        return self._note_change(reference_id, "removed")

    def erase(self, subject_id: str) -> None:
        """Delete a subject that has no reference left. Raises SubjectUnknown, or Conflict if one is left."""
        self._require(subject_id)
        if self._connection.scalar(select(func.count()).where(refs.c.subject_id == subject_id)):
            raise Conflict
        forget_subject(self._connection, subject_id)
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

    def _row(self, reference: Reference, image: bytes, fingerprint: str | None) -> dict[str, Any]:
        """What `refs` holds of a reference."""
        digest = self._digest(refs.c.fingerprint_digest, fingerprint)
        return reference_row(self._keys, reference, image) | {"fingerprint_digest": digest}

    def _row_of(self, addition: Addition) -> dict[str, Any]:
        row = self._row(addition.reference, addition.portrait, addition.fingerprint)
        return row | {"mark_digest": self._digest(refs.c.mark_digest, addition.mark)}

    def _known(self, column: Column[Any], texts: Collection[str]) -> frozenset[str]:
        """Those of `texts` whose digest a reference has in `column`."""
        by_digest = {self._keys.digest(column, text): text for text in texts}
        known = select(column).where(column.in_(by_digest))
        return frozenset(by_digest[digest] for digest in self._connection.scalars(known))

    def _digest(self, column: Column[Any], text: str | None) -> bytes | None:
        return None if text is None else self._keys.digest(column, text)

    def _add_template(self, version: int, reference_id: str, template: Template) -> None:
        self._connection.execute(insert(templates).values(**self._template_row(version, reference_id, template)))

    def _template_row(self, version: int, reference_id: str, template: Template) -> dict[str, Any]:
        sealed = seal_template(self._keys, reference_id, template)
        return {
            "reference_id": reference_id,
            "model": template.model,
            "template": sealed,
            "gallery_change": version,
        }

    def _note_change(self, changed: str, change: Change, brought: int | None = None) -> int:
        """`changed`: a reference's id, of several enrolled together the first one's, or a model's of which many
        references gained or lost their template. `brought`: how many templates came with a batch."""
        version = gallery_version(self._connection) + 1
        noted = {"version": version, "reference_id": changed, "change": change, "brought": brought}
        self._connection.execute(insert(gallery_changes).values(**noted))
        return version


def _lacks(model: str) -> tuple[ColumnElement[bool], ...]:
    """Active, and `model` has neither found nor refused it."""
    known = [
        exists().where(table.c.reference_id == refs.c.id, table.c.model == model) for table in (templates, rejections)
    ]
    return refs.c.status == Status.ACTIVE, *(~there for there in known)
