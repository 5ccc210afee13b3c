"""What of a batch may become references, under whose records, and which other records they look like."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from server.domain.candidates import Scored
from server.domain.gallery import Addition, Subject
from server.domain.gallery_errors import RecordContradicted
from server.workflow.duplicates import Scores
from server.workflow.intake import Refusal
from server.workflow.ports import Comparison, Randomness
from server.workflow.preparation import Prepared, Ready


class Known(Protocol):
    """Who and what is enrolled; see `storage_ports.Subjects`."""

    def held(self, fingerprints: Collection[str]) -> frozenset[str]: ...

    def by_record_numbers(self, record_numbers: Collection[str]) -> Mapping[str, Subject]: ...


@dataclass
class Admitted:
    """One batch on its way into the gallery. numbers: of the rows of `additions`."""

    held: int
    refusals: list[Refusal]
    subjects: list[Subject] = field(default_factory=list)
    additions: list[Addition] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)

    def take(self, number: int, addition: Addition) -> None:
        self.numbers.append(number)
        self.additions.append(addition)


def admitted(known: Known, prepared: Prepared, randomness: Randomness) -> Admitted:
    """What of it may be stored now, with its new subjects: another run may have been quicker."""
    held = known.held([ready.fingerprint for ready in prepared.ready])
    fresh = [ready for ready in prepared.ready if ready.fingerprint not in held]
    batch = Admitted(prepared.held + len(held), list(prepared.refusals))
    subjects = dict(known.by_record_numbers({ready.row.person.record_number for ready in fresh}))
    for ready in fresh:
        subject = subjects.get(ready.row.person.record_number) or _added(batch, ready, randomness)
        subjects[subject.record_number] = subject
        if ready.row.person.contradicts(subject):
            batch.refusals.append(ready.row.refused(RecordContradicted()))
        else:
            batch.take(ready.row.number, _addition(ready, subject, randomness))
    return batch


def compared(lookalikes: Comparison, additions: Sequence[Addition], threshold: float) -> Scores:
    """Of each addition, what reaches the threshold with it, best first: enrolled, or before it in this batch."""
    enrolled = lookalikes.of([addition.template for addition in additions], threshold)
    return [
        sorted((*scored, *_among(additions[:number], addition, threshold)), key=lambda one: -one.score)
        for number, (addition, scored) in enumerate(zip(additions, enrolled, strict=True))
    ]


def _added(batch: Admitted, ready: Ready, randomness: Randomness) -> Subject:
    person = ready.row.person
    subject = Subject(randomness.id(), person.record_number, person.given_name, person.family_name, person.born_on)
    batch.subjects.append(subject)
    return subject


def _addition(ready: Ready, subject: Subject, randomness: Randomness) -> Addition:
    likeness, reference = ready.likeness, ready.row.provenance.reference(randomness.id(), subject.id)
    return Addition(reference, likeness.template, likeness.portrait, ready.fingerprint, ready.mark)


def _among(earlier: Sequence[Addition], addition: Addition, threshold: float) -> Sequence[Scored]:
    scored = [
        Scored(other.reference.id, other.reference.subject_id, other.template.score(addition.template))
        for other in earlier
    ]
    return [one for one in scored if one.score >= threshold]
