"""Enrolling many photographs, in batches that are each one transaction with an entry for every reference.

What is committed is known again, by the mark of its file or by its fingerprint, and never enrolled twice. So a run that
was ended, however it was ended, is gone on with by the next one, which reads no file of what is done; and a run over
what is enrolled already changes nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from server.domain.duplicates import Duplicate
from server.domain.events import Act, Event, Json
from server.workflow.admission import Admitted, admitted, compared
from server.workflow.batches import chunks, one_ahead
from server.workflow.duplicates import found_event, pairs_found
from server.workflow.enrolment import enrolled_event, subject_event
from server.workflow.intake import Batch, Intake, in_order
from server.workflow.ports import Clock, FaceEngine, GalleryIndex, Lookalikes, Randomness
from server.workflow.preparation import Prepared, prepared, read_rows
from server.workflow.storage_ports import Database


@dataclass(frozen=True)
class BulkEnrolment:
    """`gallery` tells running matchers; `lookalikes` compares. `batch` is how many rows one transaction takes.

    `threshold`: the score from which two records may be of one person.
    """

    database: Database
    engine: FaceEngine
    gallery: GalleryIndex
    lookalikes: Lookalikes
    clock: Clock
    randomness: Randomness
    threshold: float
    batch: int

    def run(self, intake: Intake) -> Iterator[Batch]:
        """Enrol what is not enrolled yet, and yield after each commit. Raises Unavailable.

        The engine is at the next batch while one is committed; two are in memory at most.
        """
        run = Run(self.randomness.id(), intake.digest)
        for batch in one_ahead(lambda chunk: prepared(self.database, self.engine, chunk), chunks(intake, self.batch)):
            yield self._enrolled(run, batch)

    def _enrolled(self, run: Run, given: Prepared) -> Batch:
        if not given.ready and not given.refusals:
            return Batch(held=given.held, unread=given.unread)
        stored = None
        while stored is None:  # again only where others committed hundreds of changes before our transaction began
            self.lookalikes.catch_up()
            stored = self._stored(run, given)
        return stored

    def _stored(self, run: Run, given: Prepared) -> Batch | None:
        """None, with nothing stored, where the transaction would take long, for others to wait."""
        version, pairs = 0, list[Duplicate]()
        with self.database.write() as unit:
            if not self.lookalikes.keep_up():
                return None
            batch = admitted(unit.subjects, given, self.randomness)
            if batch.additions:
                version = unit.subjects.enrol_together(batch.subjects, batch.additions)
                scores = compared(self.lookalikes, batch.additions, self.threshold)
                pairs = list(pairs_found(unit, batch.additions, scores, self.clock.now(), self.randomness))
            if batch.additions or batch.refusals:
                unit.commit(_batch_event(run, batch), *_events(run, batch, pairs))
        indexed = [addition.indexed for addition in batch.additions]
        if indexed:
            self.lookalikes.supplemented(indexed, version)
            self.gallery.supplemented(indexed, version)
        return Batch(len(batch.additions), batch.held, len(pairs), in_order(batch.refusals), given.unread)


@dataclass(frozen=True)
class Run:
    """One run of an import. digest: of its source."""

    name: str
    digest: str


def glance(database: Database, intake: Intake, batch: int) -> Iterator[Batch]:
    """Look at every row and read its file unless that is enrolled, without an engine. Raises DatabaseUnavailable."""
    for chunk in chunks(intake, batch):
        read = read_rows(database, chunk)
        yield Batch(len(read.fresh), read.held, 0, in_order(read.refusals), read.unread)


def _batch_event(run: Run, batch: Admitted) -> Event:
    problems = Counter(refusal.error.slug for refusal in batch.refusals)
    details: dict[str, Json] = {
        "import": run.name,
        "manifest": run.digest,
        "enrolled": len(batch.additions),
        "held": batch.held,
        "refused": dict(sorted(problems.items())),
    }
    return Event(Act.BATCH_ENROLLED, None, details=details)


def _events(run: Run, batch: Admitted, pairs: Sequence[Duplicate]) -> Iterator[Event]:
    for subject in batch.subjects:
        yield subject_event(None, subject)
    for number, addition in zip(batch.numbers, batch.additions, strict=True):
        yield enrolled_event(None, addition, compared=True, row=number, **{"import": run.name})
    for pair in pairs:
        yield found_event(None, pair)
