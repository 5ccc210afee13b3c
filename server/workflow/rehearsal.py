"""Enrolling many, rehearsed: what would be enrolled, refused and paired, without a word to the database."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from server.domain.gallery import Addition, Subject
from server.workflow.admission import Admitted, Known, admitted, compared
from server.workflow.batches import chunks, one_ahead
from server.workflow.duplicates import Scores, alike
from server.workflow.intake import Batch, Intake, in_order
from server.workflow.ports import FaceEngine, Randomness, TrialComparison
from server.workflow.preparation import Prepared, prepared
from server.workflow.storage_ports import Database, View


@dataclass(frozen=True)
class Rehearsal:
    """`lookalikes` compares with the gallery and with what was rehearsed. For the rest see `BulkEnrolment`."""

    database: Database
    engine: FaceEngine
    lookalikes: TrialComparison
    randomness: Randomness
    threshold: float
    batch: int

    def run(self, intake: Intake) -> Iterator[Batch]:
        """What enrolling it would yield, batch by batch, were the gallery left alone meanwhile. Raises Unavailable."""
        trial = Trial()
        for batch in one_ahead(lambda chunk: prepared(self.database, self.engine, chunk), chunks(intake, self.batch)):
            yield self._tried(trial, batch)

    def _tried(self, trial: Trial, given: Prepared) -> Batch:
        with self.database.read() as view:
            batch = admitted(Foreseen(view.subjects, trial), given, self.randomness)
            scores = compared(self.lookalikes, batch.additions, self.threshold)
            pairs = trial.pairs_of(view, batch.additions, scores)
        trial.take(batch)
        self.lookalikes.pretended([addition.indexed for addition in batch.additions])
        return Batch(len(batch.additions), batch.held, pairs, in_order(batch.refusals), given.unread)


@dataclass
class Trial:
    """What the batches so far would have left behind."""

    fingerprints: set[str] = field(default_factory=set)
    subjects: dict[str, Subject] = field(default_factory=dict)
    pairs: set[frozenset[str]] = field(default_factory=set)

    def take(self, batch: Admitted) -> None:
        self.fingerprints |= {addition.fingerprint for addition in batch.additions}
        self.subjects |= {subject.record_number: subject for subject in batch.subjects}

    def pairs_of(self, view: View, additions: Sequence[Addition], scores: Scores) -> int:
        """How many pairs, not known so far, the additions would make."""
        before = len(self.pairs)
        for addition, scored in zip(additions, scores, strict=True):
            subject_id = addition.reference.subject_id
            for side in alike(subject_id, scored):
                pair = frozenset({subject_id, side.subject_id})
                if not view.duplicates.known(pair):
                    self.pairs.add(pair)
        return len(self.pairs) - before


@dataclass(frozen=True)
class Foreseen:
    """`admission.Known`: what is enrolled, and what would be by now."""

    enrolled: Known
    trial: Trial

    def held(self, fingerprints: Collection[str]) -> frozenset[str]:
        return self.enrolled.held(fingerprints) | self.trial.fingerprints.intersection(fingerprints)

    def by_record_numbers(self, record_numbers: Collection[str]) -> Mapping[str, Subject]:
        ours = {number: self.trial.subjects[number] for number in record_numbers if number in self.trial.subjects}
        return {**self.enrolled.by_record_numbers(record_numbers), **ours}
