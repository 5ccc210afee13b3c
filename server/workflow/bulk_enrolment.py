"""Enrolling many photographs, in batches that are each one transaction with an entry for every reference.

What is committed is known again by its fingerprint and never enrolled twice. So a run that was ended, however it was
ended, is gone on with by the next one, and a run over what is enrolled already changes nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from typing import TypeVar

from server.domain.candidates import Scored
from server.domain.duplicates import Duplicate
from server.domain.events import Act, Event, Json
from server.domain.gallery import Addition, Subject
from server.domain.gallery_errors import RecordContradicted
from server.workflow.duplicates import found_event, pairs_found
from server.workflow.enrolment import enrolled_event, subject_event
from server.workflow.intake import Batch, Intake, Refusal, Row, in_order
from server.workflow.ports import Clock, FaceEngine, GalleryIndex, Lookalikes, Randomness
from server.workflow.preparation import Prepared, Ready, read_rows, seen
from server.workflow.storage_ports import Database, UnitOfWork

Chunk = Sequence[Row | Refusal]
Result = TypeVar("Result")


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
        name = self.randomness.id()
        for prepared in _one_ahead(self._prepared, chunks(intake, self.batch)):
            yield self._enrolled(Run(name, intake.digest), prepared)

    def rehearse(self, intake: Intake) -> Iterator[Batch]:
        """Do as `run` does up to the engine's judgement, without storing or comparing anything."""
        for prepared in _one_ahead(self._prepared, chunks(intake, self.batch)):
            yield Batch(len(prepared.ready), prepared.held, 0, prepared.refusals)

    def _prepared(self, chunk: Chunk) -> Prepared:
        return seen(self.engine, read_rows(self.database, chunk))

    def _enrolled(self, run: Run, prepared: Prepared) -> Batch:
        self.lookalikes.of([], self.threshold)  # to be up to date before others must wait for our transaction
        with self.database.write() as unit:
            batch = self._admitted(unit, prepared)
            if batch.additions:
                batch.version = unit.subjects.enrol_together(batch.subjects, batch.additions)
                batch.pairs = self._pairs(unit, batch.additions)
            if batch.additions or batch.refusals:
                unit.commit(_batch_event(run, batch), *_events(run, batch))
        indexed = [addition.indexed for addition in batch.additions]
        if indexed:
            self.lookalikes.supplemented(indexed, batch.version)
            self.gallery.supplemented(indexed, batch.version)
        return Batch(len(batch.additions), batch.held, len(batch.pairs), in_order(batch.refusals))

    def _admitted(self, unit: UnitOfWork, prepared: Prepared) -> _Admitted:
        """What of it may be stored now, with its new subjects: another run may have been quicker."""
        held = unit.subjects.held([ready.fingerprint for ready in prepared.ready])
        fresh = [ready for ready in prepared.ready if ready.fingerprint not in held]
        batch = _Admitted(prepared.held + len(held), list(prepared.refusals))
        known = dict(unit.subjects.by_record_numbers({ready.row.person.record_number for ready in fresh}))
        for ready in fresh:
            subject = known.get(ready.row.person.record_number) or self._added(batch, ready)
            known[subject.record_number] = subject
            if ready.row.person.contradicts(subject):
                batch.refusals.append(ready.row.refused(RecordContradicted()))
            else:
                batch.take(ready.row.number, self._addition(ready, subject))
        return batch

    def _added(self, batch: _Admitted, ready: Ready) -> Subject:
        person = ready.row.person
        subject = Subject(
            self.randomness.id(), person.record_number, person.given_name, person.family_name, person.born_on
        )
        batch.subjects.append(subject)
        return subject

    def _addition(self, ready: Ready, subject: Subject) -> Addition:
        likeness, reference = ready.likeness, ready.row.provenance.reference(self.randomness.id(), subject.id)
        return Addition(reference, likeness.template, likeness.portrait, ready.fingerprint)

    def _pairs(self, unit: UnitOfWork, additions: Sequence[Addition]) -> Sequence[Duplicate]:
        """Of each addition with what is enrolled, and with those before it in this batch."""
        enrolled = self.lookalikes.of([addition.template for addition in additions], self.threshold)
        scores = [
            sorted((*scored, *_among(additions[:number], addition, self.threshold)), key=lambda one: -one.score)
            for number, (addition, scored) in enumerate(zip(additions, enrolled, strict=True))
        ]
        return list(pairs_found(unit, additions, scores, self.clock.now(), self.randomness))


@dataclass(frozen=True)
class Run:
    """One run of an import. digest: of its source."""

    name: str
    digest: str


@dataclass
class _Admitted:
    """One batch on its way through its transaction."""

    held: int
    refusals: list[Refusal]
    subjects: list[Subject] = field(default_factory=list)
    additions: list[Addition] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    pairs: Sequence[Duplicate] = ()
    version: int = 0

    def take(self, number: int, addition: Addition) -> None:
        self.numbers.append(number)
        self.additions.append(addition)


def glance(database: Database, intake: Intake, batch: int) -> Iterator[Batch]:
    """Read every row and its file, and look up what is enrolled, without an engine. Raises DatabaseUnavailable."""
    for chunk in chunks(intake, batch):
        read = read_rows(database, chunk)
        yield Batch(len(read.fresh), read.held, 0, in_order(read.refusals))


def chunks(intake: Intake, size: int) -> Iterator[Chunk]:
    rows = intake.rows()
    while chunk := list(islice(rows, size)):
        yield chunk


def _one_ahead(work: Callable[[Chunk], Result], given: Iterable[Chunk]) -> Iterator[Result]:
    """The results in order; while the caller is busy with one, a thread of ours makes the next."""
    with ThreadPoolExecutor(1) as worker:
        under_way: Future[Result] | None = None
        for chunk in given:
            following = worker.submit(work, chunk)
            if under_way is not None:
                yield under_way.result()
            under_way = following
        if under_way is not None:
            yield under_way.result()


def _among(earlier: Sequence[Addition], addition: Addition, threshold: float) -> Sequence[Scored]:
    scored = [
        Scored(other.reference.id, other.reference.subject_id, other.template.score(addition.template))
        for other in earlier
    ]
    return [one for one in scored if one.score >= threshold]


def _batch_event(run: Run, batch: _Admitted) -> Event:
    problems = Counter(refusal.error.slug for refusal in batch.refusals)
    details: dict[str, Json] = {
        "import": run.name,
        "manifest": run.digest,
        "enrolled": len(batch.additions),
        "held": batch.held,
        "refused": dict(sorted(problems.items())),
    }
    return Event(Act.BATCH_ENROLLED, None, details=details)


def _events(run: Run, batch: _Admitted) -> Iterator[Event]:
    for subject in batch.subjects:
        yield subject_event(None, subject)
    for number, addition in zip(batch.numbers, batch.additions, strict=True):
        yield enrolled_event(None, addition, compared=True, row=number, **{"import": run.name})
    for pair in batch.pairs:
        yield found_event(None, pair)
