"""Pages of the gallery's records, some subjects at a time. What stands sealed can only be compared once it is open."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Final

from sqlalchemy import ColumnElement, Connection, exists, or_, select

from server.domain.gallery import Reference, Subject
from server.domain.holdings import Holding, Page, Wanted
from server.storage.data_keys import DataKeys
from server.storage.sealed_records import DESCRIPTION, open_reference, open_subject, station_digest
from server.storage.tables import refs, subjects

SUBJECTS_AT_A_TIME: Final = 250
MOST_LOOKED_AT: Final = 5000
"""Subjects that are opened for one page: whoever asks for a rare record number gets an empty page and goes on."""


class SqlHoldings:
    """`ports.Holdings` on one connection."""

    def __init__(self, connection: Connection, keys: DataKeys) -> None:
        self._connection = connection
        self._keys = keys

    def page(self, wanted: Wanted, after: str, limit: int) -> Page:
        """At most `limit` holdings of the subjects above `after`, by subject id."""
        found: list[Holding] = []
        for looked_at, (subject, references) in enumerate(self._all(wanted, after), 1):
            holding = wanted.holding(subject, references)
            if holding is not None:
                found.append(holding)
            if len(found) == limit or looked_at == MOST_LOOKED_AT:
                return Page(found, subject.id)
        return Page(found, None)

    def _all(self, wanted: Wanted, after: str) -> Iterator[tuple[Subject, Sequence[Reference]]]:
        """Every subject above `after` that may be wanted, with all their references."""
        likely = self._likely(wanted)
        while True:
            some = select(subjects).where(subjects.c.id > after, *likely).order_by(subjects.c.id)
            rows = self._connection.execute(some.limit(SUBJECTS_AT_A_TIME)).all()
            held = self._references([row.id for row in rows])
            yield from ((open_subject(self._keys, row), held[row.id]) for row in rows)
            if len(rows) < SUBJECTS_AT_A_TIME:
                return
            after = rows[-1].id

    def _references(self, subject_ids: Sequence[str]) -> dict[str, list[Reference]]:
        """By subject, and by capture date."""
        own = select(*DESCRIPTION).where(refs.c.subject_id.in_(subject_ids)).order_by(refs.c.captured_on, refs.c.id)
        held: dict[str, list[Reference]] = defaultdict(list)
        for row in self._connection.execute(own):
            held[row.subject_id].append(open_reference(self._keys, row))
        return held

    def _likely(self, wanted: Wanted) -> Sequence[ColumnElement[bool]]:
        """What the database can tell without opening anything: the subject has a reference of which this holds."""
        asked: list[ColumnElement[bool]] = []
        if wanted.source is not None:
            asked.append(refs.c.source == wanted.source)
        if wanted.status is not None:
            asked.append(refs.c.status == wanted.status)
        if wanted.review_before is not None:
            asked.append(or_(refs.c.review_on.is_(None), refs.c.review_on < wanted.review_before))
        if wanted.station:
            asked.append(refs.c.station_digest == station_digest(self._keys, wanted.station))
        return [exists().where(refs.c.subject_id == subjects.c.id, *asked)] if asked else []
