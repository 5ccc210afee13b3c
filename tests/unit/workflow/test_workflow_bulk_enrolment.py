"""Enrolling many: exactly once each, in batches that can be ended anywhere, with reasons for what is refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from itertools import islice

import pytest

from server.domain.capture import Likeness
from server.domain.duplicates import Verdict
from server.domain.errors import Unavailable
from server.domain.events import Act
from server.domain.gallery_errors import RecordContradicted
from server.domain.image_errors import ImageRefused
from server.workflow.batches import chunks
from server.workflow.bulk_enrolment import BulkEnrolment, glance
from server.workflow.intake import Batch, Refusal, Row
from server.workflow.rehearsal import Rehearsal
from tests.fakes.face_engine import MODEL, FakeFaceEngine, photo
from tests.fakes.intake import ListedIntake, absent, row, rows
from tests.fakes.memory_gallery import MemoryLookalikes, MemoryTrialLookalikes
from tests.world import POLICY, World

PEOPLE = ("ada", "bo", "cleo", "dag", "eva")


class CountingEngine(FakeFaceEngine):
    """Counts what it is asked; fails like a lost part after `lasts` images."""

    def __init__(self, lasts: int = 1000) -> None:
        super().__init__()
        self.asked = 0
        self._lasts = lasts

    def likenesses_of(self, images: Sequence[bytes]) -> list[Likeness | ImageRefused]:
        self.asked += len(images)
        if self.asked > self._lasts:
            raise Unavailable
        return super().likenesses_of(images)


def bulk(world: World, engine: FakeFaceEngine | None = None, batch: int = 2) -> BulkEnrolment:
    return BulkEnrolment(
        world.database,
        engine or world.engine,
        world.gallery,
        MemoryLookalikes(MODEL, world.database.gallery),
        world.clock,
        world.randomness,
        POLICY.threshold,
        batch,
    )


def enrol(world: World, *given: Row | Refusal, engine: FakeFaceEngine | None = None, batch: int = 2) -> Batch:
    """Run to the end, and add up what the batches say."""
    return total(list(bulk(world, engine, batch).run(ListedIntake(given))))


def rehearse(world: World, *given: Row | Refusal, batch: int = 2) -> Batch:
    lookalikes = MemoryTrialLookalikes(MODEL, world.database.gallery)
    work = Rehearsal(world.database, world.engine, lookalikes, world.randomness, POLICY.threshold, batch)
    return total(list(work.run(ListedIntake(given))))


def total(done: Sequence[Batch]) -> Batch:
    return Batch(
        sum(batch.enrolled for batch in done),
        sum(batch.held for batch in done),
        sum(batch.pairs for batch in done),
        [refusal for batch in done for refusal in batch.refusals],
        sum(batch.unread for batch in done),
    )


def problems(batch: Batch) -> list[tuple[int, str]]:
    return [(refusal.number, refusal.error.slug) for refusal in batch.refusals]


def references_by_record(world: World) -> dict[str, int]:
    state = world.database.state
    counted = Counter(held.reference.subject_id for held in state.references.values())
    return {subject.record_number: counted[name] for name, subject in state.subjects.items()}


# --- what is enrolled -------------------------------------------------------------------------------------------


def test_everybody_is_enrolled_and_found(world: World) -> None:
    assert enrol(world, *rows(*PEOPLE)) == Batch(5, 0, 0, [])
    assert references_by_record(world) == {f"RN-{person}": 1 for person in PEOPLE}
    assert len(world.search(world.officer(), photo("cleo", "lying")).candidates) == 1


def test_what_is_kept_is_the_portrait_with_its_provenance(world: World) -> None:
    given = row(1, "ada", born_on=date(1990, 5, 1))
    enrol(world, given)
    (held,) = world.database.state.references.values()
    assert held.image == world.engine.portrait_of(photo("ada"))
    assert (held.reference.source, held.reference.lawful_basis, held.reference.captured_on) == (
        given.provenance.source,
        given.provenance.lawful_basis,
        given.provenance.captured_on,
    )
    (subject,) = world.database.state.subjects.values()
    assert (subject.given_name, subject.family_name, subject.born_on) == ("Ada", "Quetzalowicz", date(1990, 5, 1))


def test_several_photographs_of_one_record_are_references_of_one_subject(world: World) -> None:
    given = [row(number, "ada", f"year-{number}") for number in range(1, 6)]
    assert enrol(world, *given) == Batch(5, 0, 0, [])
    assert references_by_record(world) == {"RN-ada": 5}
    assert world.acts().count(Act.SUBJECT_ADDED) == 1


def test_references_are_added_to_a_subject_that_is_enrolled(world: World) -> None:
    world.enrol("ada")
    assert enrol(world, row(1, "ada", "older")) == Batch(1, 0, 0, [])
    assert references_by_record(world) == {"RN-ada": 2}


# --- exactly once ----------------------------------------------------------------------------------------------


def test_a_second_run_changes_nothing(world: World) -> None:
    enrol(world, *rows(*PEOPLE))
    before = (world.stored(), world.acts())
    again = CountingEngine()
    assert enrol(world, *rows(*PEOPLE), engine=again) == Batch(0, 5, 0, [])
    assert (world.stored(), world.acts(), again.asked) == (*before, 0)


def test_a_row_that_stands_twice_is_enrolled_once(world: World) -> None:
    twice = [row(1, "ada"), row(2, "ada"), row(3, "bo"), row(4, "ada")]
    assert enrol(world, *twice, batch=3) == Batch(2, 2, 0, [])
    assert references_by_record(world) == {"RN-ada": 1, "RN-bo": 1}


def test_a_photograph_that_was_enrolled_singly_is_known_again(world: World) -> None:
    world.enrol("ada")
    assert enrol(world, *rows("ada", "bo")) == Batch(1, 1, 0, [])


def test_what_was_committed_before_an_end_is_not_done_again(world: World) -> None:
    first = CountingEngine(lasts=3)
    with pytest.raises(Unavailable):
        enrol(world, *rows(*PEOPLE), engine=first)
    assert len(world.database.state.references) == 2
    second = CountingEngine()
    assert enrol(world, *rows(*PEOPLE), engine=second) == Batch(3, 2, 0, [])
    assert second.asked == 3
    assert world.acts().count(Act.REFERENCE_ENROLLED) == 5


def test_two_runs_side_by_side_enrol_nobody_twice(world: World) -> None:
    one, other = (bulk(world).run(ListedIntake(rows(*PEOPLE))) for _ in range(2))
    done = [batch for _ in range(3) for run in (one, other) for batch in islice(run, 1)]
    assert sum(batch.enrolled for batch in done) == 5
    assert references_by_record(world) == {f"RN-{person}": 1 for person in PEOPLE}
    assert world.acts().count(Act.REFERENCE_ENROLLED) == 5


def test_after_an_erasure_the_photograph_may_be_enrolled_anew(world: World) -> None:
    ada = world.enrol("ada")
    world.workflows.enrolment.erase_subject(world.manager(), ada.subject_id)
    assert enrol(world, row(1, "ada")) == Batch(1, 0, 0, [])


# --- gone on with ------------------------------------------------------------------------------------------------


class Files:
    """Photographs in files whose state is a number; counts how often any of them is read."""

    def __init__(self, *people: str) -> None:
        self.images = {number: photo(person) for number, person in enumerate(people, 1)}
        self.states = dict.fromkeys(self.images, "1")
        self.read = 0
        self._rows = rows(*people)

    def rows(self) -> list[Row]:
        return [
            replace(one, read=partial(self._read, one.number), state=partial(self.states.get, one.number))
            for one in self._rows
        ]

    def change(self, number: int, image: bytes) -> None:
        self.images[number], self.states[number] = image, "2"

    def _read(self, number: int) -> bytes:
        self.read += 1
        return self.images[number]


def test_what_is_done_is_not_read_again(world: World) -> None:
    files = Files(*PEOPLE)
    with pytest.raises(Unavailable):
        enrol(world, *files.rows(), engine=CountingEngine(lasts=3))
    done, files.read = len(world.database.state.references), 0
    assert enrol(world, *files.rows()) == Batch(5 - done, done, 0, [], unread=done)
    assert files.read == 5 - done
    before = (world.stored(), world.acts())
    assert enrol(world, *files.rows()) == Batch(0, 5, 0, [], unread=5)
    assert files.read == 5 - done
    assert (world.stored(), world.acts()) == before


def test_a_file_that_has_changed_is_read_and_enrolled_too(world: World) -> None:
    files = Files(*PEOPLE)
    enrol(world, *files.rows())
    files.change(2, photo("bo", "older"))
    assert enrol(world, *files.rows()) == Batch(1, 4, 0, [], unread=4)
    assert references_by_record(world)["RN-bo"] == 2


def test_a_file_that_was_only_touched_is_read_and_known_again(world: World) -> None:
    files = Files(*PEOPLE)
    enrol(world, *files.rows())
    files.change(2, photo("bo"))
    assert enrol(world, *files.rows()) == Batch(0, 5, 0, [], unread=4)


def test_the_same_file_under_another_record_is_another_row(world: World) -> None:
    files = Files("ada")
    enrol(world, *files.rows())
    (given,) = files.rows()
    other = replace(given, person=replace(given.person, record_number="RN-other"))
    assert enrol(world, other) == Batch(1, 0, 1, [])


def test_a_file_of_which_nothing_can_be_told_is_read(world: World) -> None:
    files = Files("ada")
    files.states.clear()
    enrol(world, *files.rows())
    assert enrol(world, *files.rows()) == Batch(0, 1, 0, [])
    assert files.read == 2


def test_what_was_refused_is_looked_at_again(world: World) -> None:
    files = Files(*PEOPLE)
    files.images[3] = photo("cleo", "no-face")
    assert problems(enrol(world, *files.rows())) == [(3, "no-face")]
    again = enrol(world, *files.rows())
    assert (problems(again), again.unread) == ([(3, "no-face")], 4)


def test_an_erased_reference_takes_its_mark_along(world: World) -> None:
    files = Files("ada")
    enrol(world, *files.rows())
    ((name, held),) = world.database.state.references.items()
    world.workflows.enrolment.erase_reference(world.manager(), held.reference.subject_id, name)
    assert enrol(world, *files.rows()) == Batch(1, 0, 0, [])


def test_a_glance_and_a_rehearsal_read_nothing_that_is_done(world: World) -> None:
    files = Files(*PEOPLE)
    enrol(world, *files.rows())
    files.read = 0
    assert total(list(glance(world.database, ListedIntake(files.rows()), 2))).unread == 5
    assert rehearse(world, *files.rows()) == Batch(0, 5, 0, [], unread=5)
    assert files.read == 0


# --- the trail -------------------------------------------------------------------------------------------------


def test_each_reference_and_each_batch_is_an_entry(world: World) -> None:
    enrol(world, *rows(*PEOPLE), row(6, "fay", "no-face"), batch=3)
    assert Counter(world.acts()) == {Act.BATCH_ENROLLED: 2, Act.SUBJECT_ADDED: 5, Act.REFERENCE_ENROLLED: 5}
    entries = [entry for entry in world.entries() if entry.act == Act.REFERENCE_ENROLLED]
    text = b"".join(entry.leaf for entry in entries)
    assert all(text.count(name.encode()) == 1 for name in world.database.state.references)
    assert {entry.private and entry.private["lawful_basis"] for entry in entries} == {"Custody regulation 12"}
    batches = [entry.leaf for entry in world.entries() if entry.act == Act.BATCH_ENROLLED]
    assert b'"enrolled":3' in batches[0]
    assert b'"refused":{"no-face":1}' in batches[1]
    assert all(b"d1" * 32 in leaf for leaf in batches)
    assert b"Quetzalowicz" not in b"".join(entry.leaf for entry in world.entries())


def test_a_batch_is_one_commit(world: World) -> None:
    enrol(world, *rows(*PEOPLE), batch=5)
    assert len(world.database.state.trail.notes) == 1


# --- refusals ---------------------------------------------------------------------------------------------------


def test_what_the_engine_refuses_is_named_with_its_reason_and_the_rest_goes_on(world: World) -> None:
    given = [row(1, "ada", "no-face"), row(2, "bo"), row(3, "cleo", "several-faces"), row(4, "dag", "unreadable")]
    done = enrol(world, *given, batch=3)
    assert problems(done) == [(1, "no-face"), (3, "several-faces"), (4, "image-unreadable")]
    assert (done.refusals[0].record_number, done.refusals[0].place) == ("RN-ada", "ada/1.jpg")
    assert references_by_record(world) == {"RN-bo": 1}


def test_a_photograph_that_would_stop_a_search_is_no_reference(world: World) -> None:
    done = enrol(world, row(1, "ada", "smeared"), row(2, "bo", "dark"))
    assert problems(done) == [(1, "poor-reference")]
    assert references_by_record(world) == {"RN-bo": 1}


def test_a_file_that_is_gone_and_a_row_that_is_none_are_refused(world: World) -> None:
    gone = replace(row(1, "ada"), read=absent)
    nobody = replace(row(2, "bo"), person=replace(row(2, "bo").person, record_number=" "))
    unread = row(3, "cleo").refused(RecordContradicted())
    assert problems(enrol(world, gone, nobody, unread, batch=4)) == [
        (1, "image-absent"),
        (2, "record-invalid"),
        (3, "record-contradicted"),
    ]
    assert world.acts() == [Act.BATCH_ENROLLED]


@pytest.mark.parametrize("batch", [1, 2, 9])
def test_another_name_under_the_same_record_number_is_refused(world: World, batch: int) -> None:
    given = [row(1, "ada"), row(2, "bo", record="RN-ada"), row(3, "ada", "older")]
    done = enrol(world, *given, batch=batch)
    assert problems(done) == [(2, "record-contradicted")]
    assert references_by_record(world) == {"RN-ada": 2}


def test_a_row_that_says_nothing_of_the_name_contradicts_nothing(world: World) -> None:
    enrol(world, row(1, "ada", born_on=date(1989, 1, 1)))
    silent = row(2, "ada", "older")
    silent = replace(silent, person=replace(silent.person, given_name="", family_name="QUETZALOWICZ"))
    assert enrol(world, silent).enrolled == 1
    assert problems(enrol(world, row(3, "ada", "young", born_on=date(1990, 1, 1)))) == [(3, "record-contradicted")]


def test_a_row_that_says_more_than_the_record_contradicts_nothing(world: World) -> None:
    silent = row(1, "ada")
    enrol(world, replace(silent, person=replace(silent.person, given_name="", family_name="", born_on=None)))
    assert enrol(world, row(2, "ada", "older", born_on=date(1990, 1, 1))).enrolled == 1


# --- duplicates -------------------------------------------------------------------------------------------------


def open_pairs(world: World) -> list[set[str]]:
    pairs = world.workflows.duplicates.listed(None, Verdict.OPEN, 100)
    return [{pair.added.record_number, pair.earlier.record_number} for pair in pairs]


@pytest.mark.parametrize("batch", [1, 2, 9])
def test_one_person_under_two_records_is_noticed(world: World, batch: int) -> None:
    given = [row(1, "ada"), row(2, "bo"), row(3, "ada", "bearded", record="RN-other")]
    given[2] = replace(given[2], person=replace(given[2].person, given_name="Eda"))
    assert enrol(world, *given, batch=batch) == Batch(3, 0, 1, [])
    assert open_pairs(world) == [{"RN-ada", "RN-other"}]
    assert world.acts().count(Act.DUPLICATE_FOUND) == 1


def test_it_is_noticed_against_what_was_enrolled_before(world: World) -> None:
    world.enrol("ada")
    assert enrol(world, row(1, "ada", "bearded", record="RN-other")).pairs == 1
    assert enrol(world, row(1, "ada", "older", record="RN-other")).pairs == 0
    assert open_pairs(world) == [{"RN-ada", "RN-other"}]


def test_it_is_noticed_when_a_single_one_is_enrolled(world: World) -> None:
    enrol(world, row(1, "berg-1"))
    world.enrol("berg-2")
    assert open_pairs(world) == [{"RN-berg-1", "RN-berg-2"}]


def test_photographs_of_one_record_are_no_pair(world: World) -> None:
    assert enrol(world, *(row(number, "ada", f"year-{number}") for number in range(1, 5))).pairs == 0


def test_who_cannot_keep_up_inside_the_transaction_catches_up_outside_and_stores_once(world: World) -> None:
    work = bulk(world)
    assert isinstance(work.lookalikes, MemoryLookalikes)
    work.lookalikes.too_far = 2
    assert total(list(work.run(ListedIntake(rows("ada"))))) == Batch(1, 0, 0, [])
    assert work.lookalikes.caught_up == 3
    assert references_by_record(world) == {"RN-ada": 1}
    assert world.acts().count(Act.BATCH_ENROLLED) == 1


# --- rehearsals ------------------------------------------------------------------------------------------------


def test_a_rehearsal_says_what_would_happen_and_stores_nothing(world: World) -> None:
    world.enrol("ada")
    before = (world.stored(), world.acts())
    given = [row(1, "ada"), row(2, "bo"), row(3, "cleo", "no-face"), row(4, "dag", record="RN-ada")]
    done = rehearse(world, *given)
    assert (done.enrolled, done.held) == (1, 1)
    assert problems(done) == [(3, "no-face"), (4, "record-contradicted")]
    assert (world.stored(), world.acts()) == before


LOOKALIKES = ("berg-1", "ada", "berg-2", "bo", "berg-3")


@pytest.mark.parametrize("batch", [1, 2, 9])
def test_a_rehearsal_counts_what_enrolling_then_does(world: World, batch: int) -> None:
    world.enrol("berg-9")
    given = [
        *rows(*LOOKALIKES),
        row(6, "ada", "bearded", record="RN-alias"),
        row(7, "ada"),
        row(8, "bo", record="RN-berg-1"),
        row(9, "eva", "smeared"),
        row(10, "cleo"),
        row(11, "dag", record="RN-cleo"),
    ]
    before = (world.stored(), world.acts())
    rehearsed = rehearse(world, *given, batch=batch)
    assert (world.stored(), world.acts()) == before
    done = enrol(world, *given, batch=batch)
    assert problems(rehearsed) == problems(done)
    assert replace(rehearsed, refusals=()) == replace(done, refusals=())
    assert done.pairs == 7  # berg-1, -2, -3 and -9 among themselves, and ada with her alias


def test_a_rehearsal_counts_no_pair_that_is_known(world: World) -> None:
    enrol(world, *rows(*LOOKALIKES))
    assert rehearse(world, row(6, "berg-1", "older")).pairs == 0


def test_a_glance_reads_rows_and_files_without_an_engine(world: World) -> None:
    world.enrol("ada")
    before = (world.stored(), world.acts())
    given = [row(1, "ada"), row(2, "bo", "no-face"), replace(row(3, "cleo"), read=absent)]
    done = total(list(glance(world.database, ListedIntake(given), 2)))
    assert (done.enrolled, done.held, problems(done)) == (1, 1, [(3, "image-absent")])
    assert (world.stored(), world.acts()) == before


def test_rows_come_in_chunks(world: World) -> None:
    intake = ListedIntake(rows(*PEOPLE))
    assert [len(chunk) for chunk in chunks(intake, 2)] == [2, 2, 1]
    assert [sum(batch.rows for batch in bulk(world).run(intake))] == [5]
