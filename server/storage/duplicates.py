"""Pairs of records that may be of one person."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Connection, and_, delete, func, insert, or_, select, update

from server.domain.duplicates import Duplicate, Side, Verdict
from server.domain.gallery import Status
from server.domain.gallery_errors import DuplicateUnknown
from server.storage.tables import AnyRow, duplicates, refs, templates, uncompared


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
        if self.known(found.pair):
            return False
        first, second = sorted(found.pair)
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

    def known(self, pair: frozenset[str]) -> bool:
        """Whether these two subjects are a pair, whatever its verdict."""
        return self._connection.scalar(select(duplicates.c.id).where(_of_pair(pair))) is not None

    def uncompared(self, model: str, limit: int) -> Sequence[str]:
        """Active references with a template of `model` that nobody has compared with the gallery yet, by id."""
        comparable = (
            select(uncompared.c.reference_id)
            .join(refs, refs.c.id == uncompared.c.reference_id)
            .join(templates, templates.c.reference_id == refs.c.id)
            .where(templates.c.model == model, refs.c.status == Status.ACTIVE)
        )
        return list(self._connection.scalars(comparable.order_by(uncompared.c.reference_id).limit(limit)))

    def count_uncompared(self) -> int:
        """How many references, active or not, nobody has compared with the gallery yet."""
        return self._connection.scalar(select(func.count()).select_from(uncompared)) or 0

    def postpone(self, reference_id: str) -> None:
        """Note that this reference, just enrolled, is still to be compared with the gallery."""
        self._connection.execute(insert(uncompared).values(reference_id=reference_id))

    def caught_up(self, reference_id: str) -> bool:
        """Note that it was compared; False where that was noted already, or the reference is gone."""
        return forget_uncompared(self._connection, reference_id)


def forget_uncompared(connection: Connection, reference_id: str) -> bool:
    """Whether the reference was still to be compared."""
    gone = delete(uncompared).where(uncompared.c.reference_id == reference_id)
    return connection.execute(gone).rowcount > 0


def forget_reference(connection: Connection, reference_id: str) -> None:
    """An unsettled pair ends with the reference by which it was noticed."""
    noticed = or_(duplicates.c.added_reference == reference_id, duplicates.c.earlier_reference == reference_id)
    connection.execute(delete(duplicates).where(noticed, duplicates.c.verdict == Verdict.OPEN))


def forget_subject(connection: Connection, subject_id: str) -> None:
    """Every pair ends with one of its subjects."""
    either = or_(duplicates.c.first_subject == subject_id, duplicates.c.second_subject == subject_id)
    connection.execute(delete(duplicates).where(either))


def _of_pair(pair: frozenset[str]) -> ColumnElement[bool]:
    first, second = sorted(pair)
    return and_(duplicates.c.first_subject == first, duplicates.c.second_subject == second)


def _duplicate(row: AnyRow) -> Duplicate:
    earlier = row.second_subject if row.added_subject == row.first_subject else row.first_subject
    return Duplicate(
        row.id,
        Side(row.added_subject, row.added_reference),
        Side(earlier, row.earlier_reference),
        row.found_at,
        Verdict(row.verdict),
    )
