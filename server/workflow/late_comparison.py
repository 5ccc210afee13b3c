"""References that were enrolled while the index was down are compared with the gallery when it is back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from server.domain.duplicates import Duplicate
from server.domain.events import Act, Event, Json
from server.domain.gallery import IndexedReference, Source
from server.workflow.duplicates import found_event, pairs_with
from server.workflow.enrolment import MOST_LOOKALIKES
from server.workflow.ports import Clock, GalleryIndex, GalleryTemplates, Randomness
from server.workflow.storage_ports import Database

AT_ONCE: Final = 32
"""References whose templates are in memory together."""


@dataclass(frozen=True)
class LateComparison:
    """`threshold`: the score from which two records may be of one person."""

    database: Database
    templates: GalleryTemplates
    gallery: GalleryIndex
    model: str
    clock: Clock
    randomness: Randomness
    threshold: float

    def catch_up(self) -> int:
        """Compare what is still to be compared, each reference with an entry of its own; returns how many were.

        What cannot be compared yet, for want of a template of the model, stays noted. Raises Unavailable: what was
        compared until then is stored.
        """
        done = 0
        while waiting := self._waiting():
            for reference in waiting:
                done += self._compare(reference)
        return done

    def _waiting(self) -> Sequence[IndexedReference]:
        with self.database.read() as view:
            names = view.duplicates.uncompared(self.model, AT_ONCE)
        return self.templates.indexed(self.model, names)

    def _compare(self, reference: IndexedReference) -> bool:
        """False where another process was quicker, or the reference has gone."""
        scored = self.gallery.search(reference.template, frozenset(Source), self.threshold, MOST_LOOKALIKES)
        with self.database.write() as unit:
            if not unit.duplicates.caught_up(reference.reference_id):
                return False
            pairs = list(pairs_with(unit, reference, scored, self.clock.now(), self.randomness))
            unit.commit(_compared(reference, pairs), *(found_event(None, pair) for pair in pairs))
        return True


def _compared(reference: IndexedReference, pairs: Sequence[Duplicate]) -> Event:
    details: dict[str, Json] = {
        "reference": reference.reference_id,
        "model": reference.template.model,
        "pairs": len(pairs),
    }
    return Event(Act.REFERENCE_COMPARED, None, details=details)
