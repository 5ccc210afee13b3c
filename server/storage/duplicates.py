"""Pairs of records that may be of one person."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, delete, func, insert, or_, select, update

from server.domain.duplicates import Duplicate, Side, Verdict
from server.domain.gallery_errors import DuplicateUnknown
from server.storage.tables import AnyRow, duplicates


class SqlDuplicates:
    """`ports.DuplicatesWriter` on one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, duplicate_id: str) -> Duplicate:
        """Raises DuplicateUnknown."""
        row = self._connection.execute(select(duplicates).where(duplicates.c.id == duplicate_id)).one_or_none()
        if row is None:
            raise DuplicateUnknown
        return _duplicate(row)

    def listed(self, verdict: Verdict, limit: int) -> Sequence[Duplicate]:
        """Those with this verdict, oldest first."""
        oldest = select(duplicates).where(duplicates.c.verdict == verdict).limit(limit)
        return [
            _duplicate(row) for row in self._connection.execute(oldest.order_by(duplicates.c.found_at, duplicates.c.id))
        ]

    def count(self, verdict: Verdict) -> int:
        return self._connection.scalar(select(func.count()).where(duplicates.c.verdict == verdict)) or 0

    def add(self, found: Duplicate) -> bool:
        """Store a pair of subjects; False, and nothing is stored, where the pair is known whatever its verdict."""
        first, second = sorted(found.pair)
        known = select(duplicates.c.id).where(
            duplicates.c.first_subject == first, duplicates.c.second_subject == second
        )
        if self._connection.scalar(known) is not None:
            return False
        self._connection.execute(
            insert(duplicates).values(
                id=found.id,
                first_subject=first,
                second_subject=second,
                added_subject=found.added.subject_id,
                added_reference=found.added.reference_id,
                earlier_reference=found.earlier.reference_id,
                found_at=found.found_at,
                verdict=found.verdict,
            )
        )
        return True

    def settle(self, duplicate_id: str, verdict: Verdict) -> None:
        """Raises DuplicateUnknown."""
        settled = update(duplicates).where(duplicates.c.id == duplicate_id).values(verdict=verdict)
        if self._connection.execute(settled).rowcount == 0:
            raise DuplicateUnknown


def forget_reference(connection: Connection, reference_id: str) -> None:
    """An unsettled pair ends with the reference by which it was noticed."""
    noticed = or_(duplicates.c.added_reference == reference_id, duplicates.c.earlier_reference == reference_id)
    connection.execute(delete(duplicates).where(noticed, duplicates.c.verdict == Verdict.OPEN))


def forget_subject(connection: Connection, subject_id: str) -> None:
    """Every pair ends with one of its subjects."""
    either = or_(duplicates.c.first_subject == subject_id, duplicates.c.second_subject == subject_id)
    connection.execute(delete(duplicates).where(either))


def _duplicate(row: AnyRow) -> Duplicate:
    earlier = row.second_subject if row.added_subject == row.first_subject else row.first_subject
    return Duplicate(
        row.id,
        Side(row.added_subject, row.added_reference),
        Side(earlier, row.earlier_reference),
        row.found_at,
        Verdict(row.verdict),
    )
