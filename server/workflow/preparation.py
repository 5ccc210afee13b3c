"""From rows to likenesses that may be stored: read, known again, seen by the engine, judged. Nothing is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from server.domain.capture import Likeness
from server.domain.gallery import Subject, fingerprint_of
from server.domain.gallery_errors import RecordContradicted, RecordInvalid
from server.domain.image_errors import ImageRefused
from server.workflow.intake import Refusal, Row, in_order
from server.workflow.ports import FaceEngine
from server.workflow.storage_ports import Database


@dataclass(frozen=True)
class Fresh:
    """A photograph that no reference holds yet, with its bytes."""

    row: Row
    image: bytes = field(repr=False)
    fingerprint: str = field(repr=False)
    mark: str | None = field(repr=False)


@dataclass(frozen=True)
class Read:
    """Some rows, read. held: how many were enrolled before, or stand twice among these rows.

    unread: those of `held` that the mark of their file tells to be enrolled.
    """

    fresh: Sequence[Fresh]
    held: int
    refusals: Sequence[Refusal]
    unread: int


@dataclass(frozen=True)
class Ready:
    """A likeness that is fit for the gallery. Its photograph's bytes are let go of."""

    row: Row
    fingerprint: str = field(repr=False)
    likeness: Likeness
    mark: str | None = field(repr=False)


@dataclass(frozen=True)
class Prepared:
    ready: Sequence[Ready]
    held: int
    refusals: Sequence[Refusal]
    unread: int


def prepared(database: Database, engine: FaceEngine, rows: Sequence[Row | Refusal]) -> Prepared:
    """Read what is not enrolled yet, and have the engine look at it. Raises Unavailable."""
    return seen(engine, read_rows(database, rows))


def read_rows(database: Database, rows: Sequence[Row | Refusal]) -> Read:
    """Read the photographs of `rows` and leave out what is enrolled, or contradicts what is enrolled.

    A file that is as it was when it was enrolled is not opened. Raises DatabaseUnavailable.
    """
    checked = [_checked(row) if isinstance(row, Row) else row for row in rows]
    marked = [(row, row.mark()) for row in checked if isinstance(row, Row)]
    with database.read() as view:
        done = view.subjects.marked({mark for _, mark in marked if mark is not None})
    opened = [_opened(row, mark) for row, mark in marked if mark not in done]
    by_fingerprint = {one.fingerprint: one for one in opened if isinstance(one, Fresh)}
    with database.read() as view:
        held = view.subjects.held(by_fingerprint)
        known = view.subjects.by_record_numbers({one.row.person.record_number for one in by_fingerprint.values()})
    told = [_told(known, one) for name, one in by_fingerprint.items() if name not in held]
    fresh = [one for one in told if isinstance(one, Fresh)]
    refusals = [one for one in (*checked, *opened, *told) if isinstance(one, Refusal)]
    return Read(fresh, len(rows) - len(fresh) - len(refusals), refusals, len(marked) - len(opened))


def seen(engine: FaceEngine, read: Read) -> Prepared:
    """Have the engine look at what was read, and keep what is good enough to be found again."""
    made = engine.likenesses_of([one.image for one in read.fresh])
    judged = [_judged(one, likeness) for one, likeness in zip(read.fresh, made, strict=True)]
    refusals = [one for one in judged if isinstance(one, Refusal)]
    ready = [one for one in judged if isinstance(one, Ready)]
    return Prepared(ready, read.held, in_order([*read.refusals, *refusals]), read.unread)


def _checked(row: Row) -> Row | Refusal:
    try:
        row.check()
    except RecordInvalid as invalid:
        return row.refused(invalid)
    return row


def _opened(row: Row, mark: str | None) -> Fresh | Refusal:
    try:
        image = row.read()
    except ImageRefused as refused:
        return row.refused(refused)
    return Fresh(row, image, fingerprint_of(row.person.record_number, image), mark)


def _told(known: Mapping[str, Subject], one: Fresh) -> Fresh | Refusal:
    subject = known.get(one.row.person.record_number)
    if subject is not None and one.row.person.contradicts(subject):
        return one.row.refused(RecordContradicted())
    return one


def _judged(one: Fresh, likeness: Likeness | ImageRefused) -> Ready | Refusal:
    if isinstance(likeness, ImageRefused):
        return one.row.refused(likeness)
    try:
        likeness.check()
    except ImageRefused as poor:
        return one.row.refused(poor)
    return Ready(one.row, one.fingerprint, likeness, one.mark)
