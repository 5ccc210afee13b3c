"""Many references at once, photographs known again, and pairs of records: fake, SQLite and PostgreSQL alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from server.domain.duplicates import Duplicate, Side, Verdict
from server.domain.errors import OifrError
from server.domain.gallery import Addition, Status, Subject, fingerprint_of
from server.domain.gallery_errors import DuplicateUnknown
from tests.fakes.clock import NOON
from tests.fakes.samples import HAPPENED, reference, subject
from tests.fakes.templates import MODEL, template
from tests.ports.database_kinds import AnyDatabase

PORTRAIT = b"\xff\xd8 a portrait"


def addition(number: int, subject_number: int = 1) -> Addition:
    fingerprint = fingerprint_of(f"RN-{subject_number:05}", f"photograph {number}".encode())
    return Addition(reference(number, subject_number), template(number), PORTRAIT, fingerprint, f"mark {number}")


def pair(number: int, added: int, earlier: int) -> Duplicate:
    return Duplicate(f"pair-{number}", side(added), side(earlier), NOON + timedelta(minutes=number))


def side(number: int) -> Side:
    return Side(f"subject-{number}", f"reference-{number}")


@pytest.fixture
def enrolled(database: AnyDatabase) -> AnyDatabase:
    """Three subjects with a reference each, enrolled together."""
    with database.write() as unit:
        unit.subjects.add(subject(1))
        unit.subjects.enrol_together([subject(2), subject(3)], [addition(number, number) for number in (1, 2, 3)])
        unit.commit(HAPPENED)
    return database


def stored_pairs(database: AnyDatabase, verdict: Verdict = Verdict.OPEN) -> list[Duplicate]:
    with database.read() as view:
        found = view.duplicates.listed(verdict, 100)
        assert view.duplicates.count(verdict) == len(found)
        return list(found)


def enrol_together(database: AnyDatabase, *additions: Addition, added: Sequence[Subject] = ()) -> None:
    with database.write() as unit:
        unit.subjects.enrol_together(added, additions)
        unit.commit(HAPPENED)


def found(database: AnyDatabase, *pairs: Duplicate) -> list[bool]:
    with database.write() as unit:
        answers = [unit.duplicates.add(one) for one in pairs]
        unit.commit(HAPPENED)
    return answers


# --- enrolled together ----------------------------------------------------------------------------------------


def test_references_enrolled_together_are_one_change_and_whole(enrolled: AnyDatabase) -> None:
    version, indexed = enrolled.gallery.references(MODEL)
    assert version == 1
    assert [entry.reference_id for entry in indexed] == ["reference-1", "reference-2", "reference-3"]
    assert indexed[1].template.vector.tobytes() == template(2).vector.tobytes()
    with enrolled.read() as view:
        assert view.subjects.references_of("subject-2") == [reference(2)]
        assert view.subjects.image("reference-2") == PORTRAIT


def test_together_with_a_subject_that_is_not_there_none_is_enrolled(enrolled: AnyDatabase) -> None:
    with pytest.raises(OifrError):
        enrol_together(enrolled, addition(4, 1), addition(5, 9))
    assert enrolled.gallery.version() == 1


def test_together_with_a_record_number_that_is_taken_none_is_enrolled(enrolled: AnyDatabase) -> None:
    again = replace(subject(4), record_number=subject(2).record_number)
    with pytest.raises(OifrError):
        enrol_together(enrolled, addition(4, 4), added=[again])
    assert enrolled.gallery.version() == 1


def test_a_photograph_is_known_again_by_its_fingerprint(enrolled: AnyDatabase) -> None:
    fresh = addition(4)
    with enrolled.write() as unit:
        unit.subjects.enrol(reference(5, 2), template(5), PORTRAIT, addition(5, 2).fingerprint)
        unit.subjects.enrol(reference(6, 2), template(6), PORTRAIT)
        unit.commit(HAPPENED)
    asked = [addition(1).fingerprint, addition(5, 2).fingerprint, fresh.fingerprint]
    with enrolled.read() as view:
        assert view.subjects.held(asked) == frozenset(asked[:2])
        assert view.subjects.held([]) == frozenset()


def test_an_erased_photograph_is_forgotten(enrolled: AnyDatabase) -> None:
    with enrolled.write() as unit:
        unit.subjects.erase_reference("reference-1")
        unit.commit(HAPPENED)
    with enrolled.read() as view:
        assert view.subjects.held([addition(1).fingerprint]) == frozenset()


def test_a_fingerprint_is_of_a_record_and_a_photograph(enrolled: AnyDatabase) -> None:
    assert fingerprint_of("RN-1", b"photograph") == fingerprint_of("RN-1", b"photograph")
    others = {fingerprint_of(*one) for one in (("RN-1", b"photograph"), ("RN-2", b"photograph"), ("RN-1", b"other"))}
    assert {len(fingerprint) for fingerprint in others} == {64}
    assert len(others) == 3


def test_subjects_are_found_by_their_record_numbers(enrolled: AnyDatabase) -> None:
    with enrolled.read() as view:
        known = view.subjects.by_record_numbers(["RN-00003", "RN-00001", "RN-99999"])
    assert known == {"RN-00001": subject(1), "RN-00003": subject(3)}


# --- pairs ----------------------------------------------------------------------------------------------------


def test_pairs_are_listed_oldest_first(enrolled: AnyDatabase) -> None:
    pairs = pair(1, 2, 1), pair(2, 3, 1)
    assert found(enrolled, *reversed(pairs)) == [True, True]
    assert stored_pairs(enrolled) == list(pairs)
    with enrolled.read() as view:
        assert view.duplicates.listed(Verdict.OPEN, 1) == [pairs[0]]
        assert view.duplicates.get("pair-2") == pairs[1]


def test_two_subjects_are_one_pair_whichever_way_round(enrolled: AnyDatabase) -> None:
    assert found(enrolled, pair(1, 2, 1), pair(2, 1, 2), pair(3, 2, 1)) == [True, False, False]
    assert stored_pairs(enrolled) == [pair(1, 2, 1)]


def test_a_settled_pair_does_not_open_again(enrolled: AnyDatabase) -> None:
    found(enrolled, pair(1, 2, 1))
    with enrolled.write() as unit:
        unit.duplicates.settle("pair-1", Verdict.DIFFERENT)
        unit.commit(HAPPENED)
    assert found(enrolled, pair(2, 1, 2)) == [False]
    assert stored_pairs(enrolled) == []
    assert [settled.id for settled in stored_pairs(enrolled, Verdict.DIFFERENT)] == ["pair-1"]


def test_pairs_that_are_not_there(enrolled: AnyDatabase) -> None:
    with enrolled.read() as view, pytest.raises(DuplicateUnknown):
        view.duplicates.get("pair-1")
    with enrolled.write() as unit, pytest.raises(DuplicateUnknown):
        unit.duplicates.settle("pair-1", Verdict.SAME)


def test_an_open_pair_ends_with_either_reference_and_a_settled_one_does_not(enrolled: AnyDatabase) -> None:
    found(enrolled, pair(1, 2, 1), pair(2, 3, 1), pair(3, 3, 2))
    with enrolled.write() as unit:
        unit.duplicates.settle("pair-2", Verdict.SAME)
        unit.subjects.erase_reference("reference-1")
        unit.commit(HAPPENED)
    assert [held.id for held in stored_pairs(enrolled)] == ["pair-3"]
    assert [held.id for held in stored_pairs(enrolled, Verdict.SAME)] == ["pair-2"]


def test_every_pair_ends_with_a_subject(enrolled: AnyDatabase) -> None:
    found(enrolled, pair(1, 2, 1), pair(2, 3, 1), pair(3, 3, 2))
    with enrolled.write() as unit:
        unit.duplicates.settle("pair-2", Verdict.SAME)
        unit.subjects.erase_reference("reference-1")
        unit.subjects.erase("subject-1")
        unit.commit(HAPPENED)
    assert [held.id for held in stored_pairs(enrolled)] == ["pair-3"]
    assert stored_pairs(enrolled, Verdict.SAME) == []


# --- files and comparisons that are still to come -------------------------------------------------------------


def test_a_mark_is_known_until_its_reference_is_erased(enrolled: AnyDatabase) -> None:
    def known() -> frozenset[str]:
        with enrolled.read() as view:
            return view.subjects.marked({"mark 1", "mark 2", "mark 9"})

    assert known() == {"mark 1", "mark 2"}
    with enrolled.write() as unit:
        unit.subjects.put_status("reference-2", Status.WITHDRAWN)
        unit.subjects.erase_reference("reference-1")
        unit.commit(HAPPENED)
    assert known() == {"mark 2"}


def test_a_pair_is_known_whichever_way_round_and_whatever_its_verdict(enrolled: AnyDatabase) -> None:
    found(enrolled, pair(1, 2, 1))
    with enrolled.write() as unit:
        unit.duplicates.settle("pair-1", Verdict.DIFFERENT)
        unit.commit(HAPPENED)
    with enrolled.read() as view:
        assert view.duplicates.known(frozenset({"subject-1", "subject-2"}))
        assert not view.duplicates.known(frozenset({"subject-1", "subject-3"}))


def postponed(database: AnyDatabase, *numbers: int) -> None:
    with database.write() as unit:
        for number in numbers:
            unit.duplicates.postpone(f"reference-{number}")
        unit.commit(HAPPENED)


def uncompared(database: AnyDatabase, model: str = MODEL, limit: int = 9) -> list[str]:
    with database.read() as view:
        return list(view.duplicates.uncompared(model, limit))


def test_what_is_to_be_compared_is_known_until_it_was(enrolled: AnyDatabase) -> None:
    postponed(enrolled, 3, 1)
    assert uncompared(enrolled) == ["reference-1", "reference-3"]
    assert uncompared(enrolled, limit=1) == ["reference-1"]
    assert uncompared(enrolled, model="another/1") == []
    with enrolled.write() as unit:
        assert [unit.duplicates.caught_up(f"reference-{number}") for number in (1, 2, 1)] == [True, False, False]
        unit.commit(HAPPENED)
    assert uncompared(enrolled) == ["reference-3"]
    with enrolled.read() as view:
        assert view.duplicates.count_uncompared() == 1


def test_who_is_erased_or_withdrawn_is_not_compared(enrolled: AnyDatabase) -> None:
    postponed(enrolled, 1, 2, 3)
    with enrolled.write() as unit:
        unit.subjects.erase_reference("reference-1")
        unit.subjects.put_status("reference-2", Status.WITHDRAWN)
        unit.commit(HAPPENED)
    assert uncompared(enrolled) == ["reference-3"]


def test_only_what_is_enrolled_can_be_postponed(enrolled: AnyDatabase) -> None:
    with pytest.raises(OifrError), enrolled.write() as unit:
        unit.duplicates.postpone("reference-9")
