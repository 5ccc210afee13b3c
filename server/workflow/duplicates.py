"""One person under two records: noticed when a photograph is enrolled, settled by a human."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from server.domain.actors import Actor
from server.domain.candidates import Scored
from server.domain.duplicates import Duplicate, Side, Verdict
from server.domain.events import Act, Event
from server.domain.gallery import Addition, IndexedReference, Subject
from server.domain.gallery_errors import ReferenceUnknown
from server.workflow.access import Right, permit
from server.workflow.ports import Randomness
from server.workflow.storage_ports import Database, Receipt, UnitOfWork

MOST_PAIRS = 6
"""Records, those that look most alike, with which one new reference can be paired."""

Scores = Sequence[Sequence[Scored]]


@dataclass(frozen=True)
class Pair:
    """A duplicate with the two records it is about."""

    duplicate: Duplicate
    added: Subject
    earlier: Subject


@dataclass(frozen=True)
class DuplicateReview:
    """`actor` None is the operator at the server's own command line."""

    database: Database

    def listed(self, actor: Actor | None, verdict: Verdict, limit: int) -> Sequence[Pair]:
        """Pairs with this verdict, oldest first, with their records: an entry of the trail. Raises RoleMissing."""
        _require(actor, Right.ENROL)
        with self.database.write() as unit:
            pairs = [_pair(unit, duplicate) for duplicate in unit.duplicates.listed(verdict, limit)]
            if pairs:
                unit.commit(_consulted(actor, pairs))
        return pairs

    def count(self, verdict: Verdict) -> int:
        with self.database.read() as view:
            return view.duplicates.count(verdict)

    def count_uncompared(self) -> int:
        """References that were enrolled while the index was down, and are compared when it is back."""
        with self.database.read() as view:
            return view.duplicates.count_uncompared()

    def settle(self, actor: Actor | None, duplicate_id: str, verdict: Verdict) -> Receipt:
        """Say what a pair is; a later word replaces an earlier one, and the trail holds both.

        Raises RoleMissing or DuplicateUnknown.
        """
        _require(actor, Right.ENROL)
        with self.database.write() as unit:
            duplicate = unit.duplicates.get(duplicate_id)
            unit.duplicates.settle(duplicate_id, verdict)
            details = {"pair": duplicate_id, "subjects": sorted(duplicate.pair), "verdict": verdict.value}
            return unit.commit(Event(Act.DUPLICATE_SETTLED, _id(actor), details=details))


def pairs_found(
    unit: UnitOfWork, additions: Sequence[Addition], scores: Scores, at: datetime, randomness: Randomness
) -> Iterator[Duplicate]:
    """Store and yield the pairs, not known so far, of each addition with other subjects that score so high with it.

    scores: of each addition, the references that reach the threshold, best first.
    """
    for addition, scored in zip(additions, scores, strict=True):
        yield from pairs_with(unit, addition.indexed, scored, at, randomness)


def pairs_with(
    unit: UnitOfWork, reference: IndexedReference, scored: Sequence[Scored], at: datetime, randomness: Randomness
) -> Iterator[Duplicate]:
    """Store and yield the pairs, not known so far, of one enrolled reference; see `pairs_found`."""
    added = Side(reference.subject_id, reference.reference_id)
    for earlier in _still_there(unit, alike(added.subject_id, scored)):
        found = Duplicate(randomness.id(), added, earlier, at)
        if unit.duplicates.add(found):
            yield found


def found_event(actor_id: str | None, found: Duplicate) -> Event:
    details = {
        "pair": found.id,
        "subjects": [found.added.subject_id, found.earlier.subject_id],
        "references": [found.added.reference_id, found.earlier.reference_id],
    }
    return Event(Act.DUPLICATE_FOUND, actor_id, details=details)


def alike(subject_id: str, scored: Sequence[Scored]) -> Sequence[Side]:
    """The best reference of each other subject, of at most MOST_PAIRS of them. scored: best first."""
    best: dict[str, Side] = {}
    for one in scored:
        if one.subject_id != subject_id:
            best.setdefault(one.subject_id, Side(one.subject_id, one.reference_id))
    return list(islice(best.values(), MOST_PAIRS))


def _still_there(unit: UnitOfWork, sides: Sequence[Side]) -> Iterator[Side]:
    for side in sides:
        with suppress(ReferenceUnknown):  # erased since it was compared
            unit.subjects.reference_of(side.subject_id, side.reference_id)
            yield side


def _pair(unit: UnitOfWork, duplicate: Duplicate) -> Pair:
    subject = unit.subjects.subject
    return Pair(duplicate, subject(duplicate.added.subject_id), subject(duplicate.earlier.subject_id))


def _consulted(actor: Actor | None, pairs: Sequence[Pair]) -> Event:
    return Event(Act.DUPLICATES_CONSULTED, _id(actor), details={"pairs": [pair.duplicate.id for pair in pairs]})


def _require(actor: Actor | None, right: Right) -> None:
    if actor is not None:
        permit(actor, right)


def _id(actor: Actor | None) -> str | None:
    return None if actor is None else actor.id
