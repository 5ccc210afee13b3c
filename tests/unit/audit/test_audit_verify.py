"""Whatever is done to a trail is caught, and the first bad entry is named."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.audit.merkle import EMPTY_ROOT, leaf_hash
from server.audit.verify import Problem, ProblemKind, Report, StoredEntry, verify_entries
from tests.unit.audit import audit_trail
from tests.unit.audit.audit_trail import (
    OTHER_SIGNER,
    SIGNER,
    START,
    entry,
    note,
    notes,
    rewritten,
    root_of,
    store,
    stored,
    trail,
)

SIZE = 40
TRAIL = trail(SIZE)
NOTES = notes(TRAIL, 0, 7, 8, 25, SIZE)
indexes = st.integers(0, SIZE - 1)


def report(entries: list[StoredEntry], signed: list[str] = NOTES) -> Report:
    return verify_entries(iter(entries), signed, SIGNER.verifier)


def problem(entries: list[StoredEntry], signed: list[str] = NOTES) -> Problem:
    found = report(entries, signed).problem
    assert found is not None
    return found


def assert_named(found: Problem, kind: ProblemKind, index: int) -> None:
    assert (found.kind, found.first, found.last) == (kind, index, index)
    assert found.reason.startswith(f"entry {index}: ")


def test_an_untouched_trail_verifies() -> None:
    assert report(TRAIL) == Report(SIZE, SIZE, 5, root_of(TRAIL), None)


def test_checkpoints_may_come_in_any_order() -> None:
    assert report(TRAIL, NOTES[::-1]).problem is None


def test_entries_after_the_last_checkpoint_are_counted_as_unsigned() -> None:
    assert report(TRAIL, notes(TRAIL, 7, 25)) == Report(SIZE, 25, 2, root_of(TRAIL), None)


def test_an_empty_log_verifies_under_its_checkpoint() -> None:
    assert report([], notes(TRAIL, 0)) == Report(0, 0, 1, EMPTY_ROOT, None)


def without_private(*gone: int) -> list[StoredEntry]:
    return [each._replace(private=None, salt=None) if index in gone else each for index, each in enumerate(TRAIL)]


def test_private_data_that_are_gone_are_named_by_the_first_and_counted() -> None:
    found = report(without_private(9, 11, 31))
    assert found.problem is not None
    assert_named(found.problem, ProblemKind.PRIVATE_DATA_MISSING, 9)
    assert "3 such entries in all" in found.problem.reason
    assert found.without_private == 3
    assert (found.entries, found.signed_entries, found.checkpoints) == (SIZE, SIZE, 5)
    assert found.root == root_of(TRAIL), "what the tree binds is sound"


def test_the_first_bad_entry_wins_whether_its_content_or_its_private_data_are_bad() -> None:
    spoiled = without_private(9, 31)
    spoiled[20] = spoiled[20]._replace(leaf_hash=bytes(32))
    assert_named(problem(spoiled), ProblemKind.PRIVATE_DATA_MISSING, 9)
    assert report(spoiled).without_private == 1
    spoiled[4] = spoiled[4]._replace(leaf_hash=bytes(32))
    assert_named(problem(spoiled), ProblemKind.EDITED, 4)


def test_private_data_that_are_gone_are_named_before_a_bad_checkpoint() -> None:
    assert_named(problem(without_private(9), ["", *NOTES]), ProblemKind.PRIVATE_DATA_MISSING, 9)


@given(indexes, st.data())
def test_an_edited_byte_is_named(index: int, data: st.DataObject) -> None:
    leaf = bytearray(TRAIL[index].leaf)
    at = data.draw(st.integers(0, len(leaf) - 1))
    leaf[at] ^= data.draw(st.integers(1, 255))
    spoiled = [*TRAIL]
    spoiled[index] = TRAIL[index]._replace(leaf=bytes(leaf))
    assert_named(problem(spoiled), ProblemKind.EDITED, index)


@given(indexes, st.data())
def test_an_edited_byte_with_a_fitting_hash_is_caught_at_it_or_between_checkpoints(
    index: int, data: st.DataObject
) -> None:
    leaf = bytearray(TRAIL[index].leaf)
    at = data.draw(st.integers(0, len(leaf) - 1))
    leaf[at] ^= data.draw(st.integers(1, 255))
    spoiled = [*TRAIL]
    spoiled[index] = TRAIL[index]._replace(leaf=bytes(leaf), leaf_hash=leaf_hash(bytes(leaf)))
    found = problem(spoiled)
    assert found.first is not None
    assert found.last is not None
    # A date moved forward makes the next entry look dated back.
    slack = 1 if found.kind is ProblemKind.BACK_DATED else 0
    assert found.first <= index + slack
    assert found.last >= index


@given(indexes)
def test_an_edited_stored_hash_is_named(index: int) -> None:
    spoiled = [*TRAIL]
    spoiled[index] = TRAIL[index]._replace(leaf_hash=bytes(32))
    assert_named(problem(spoiled), ProblemKind.EDITED, index)


@given(st.integers(0, SIZE - 2))
def test_a_dropped_entry_is_named(index: int) -> None:
    assert_named(problem(TRAIL[:index] + TRAIL[index + 1 :]), ProblemKind.MISSING, index)


@given(st.lists(indexes, min_size=2, max_size=2, unique=True).map(sorted))
def test_swapped_entries_are_named_by_the_first(places: list[int]) -> None:
    first, second = places
    spoiled = [*TRAIL]
    spoiled[first], spoiled[second] = spoiled[second], spoiled[first]
    assert_named(problem(spoiled), ProblemKind.OUT_OF_ORDER, first)


@given(indexes, st.integers(0, SIZE))
def test_a_second_copy_of_an_entry_is_named(copied: int, place: int) -> None:
    found = problem([*TRAIL[:place], TRAIL[copied], *TRAIL[place:]])
    if copied == place:
        expected = place
    elif copied == place - 1:
        expected = copied
    else:
        expected = place
    assert found.first == found.last == expected
    assert found.kind in {ProblemKind.REPEATED, ProblemKind.OUT_OF_ORDER}


@given(st.integers(0, SIZE - 2))
def test_a_forged_entry_under_a_taken_number_is_named(index: int) -> None:
    forged = rewritten(TRAIL[index], actor="somebody-else")
    found = problem([*TRAIL[:index], forged, *TRAIL[index:]], notes(TRAIL, SIZE))
    assert_named(found, ProblemKind.REPEATED, index)


@given(indexes)
def test_an_inserted_entry_with_everything_after_it_renumbered_lies_between_checkpoints(index: int) -> None:
    forged = rewritten(TRAIL[index], actor="somebody-else")
    later = [rewritten(each, index=number) for number, each in enumerate(TRAIL[index:], start=index + 1)]
    found = problem([*TRAIL[:index], forged, *later])
    assert_between_checkpoints(found, index)


@given(indexes)
def test_a_rewritten_entry_lies_between_checkpoints(index: int) -> None:
    spoiled = [*TRAIL]
    spoiled[index] = rewritten(TRAIL[index], actor="somebody-else")
    assert_between_checkpoints(problem(spoiled), index)


def assert_between_checkpoints(found: Problem, index: int) -> None:
    sizes = [0, 7, 8, 25, SIZE]
    last_good = max(size for size in sizes if size <= index)
    first_bad = min(size for size in sizes if size > index)
    assert (found.kind, found.first, found.last) == (ProblemKind.REWRITTEN, last_good, first_bad - 1)
    assert f"between entries {last_good} and {first_bad - 1}" in found.reason


@given(st.integers(0, SIZE - 1))
def test_a_truncated_trail_names_what_is_gone(kept: int) -> None:
    found = problem(TRAIL[:kept])
    assert (found.kind, found.first, found.last) == (ProblemKind.TRUNCATED, kept, SIZE - 1)


@given(st.integers(1, SIZE - 1), st.timedeltas(timedelta(seconds=1, microseconds=1), timedelta(days=365)))
def test_a_back_dated_entry_is_named(index: int, back: timedelta) -> None:
    spoiled = [*TRAIL]
    spoiled[index] = rewritten(TRAIL[index], at=entry(index).at - back)
    # Even with every later checkpoint forged or lost, time itself runs backwards here.
    assert_named(problem(spoiled, notes(spoiled, SIZE)), ProblemKind.BACK_DATED, index)


def test_entries_of_one_instant_are_in_order() -> None:
    entries = [rewritten(each, at=START) for each in TRAIL]
    assert report(entries, notes(entries, SIZE)).problem is None


@pytest.mark.parametrize(
    ("private", "salt"),
    [
        ({"necessity": "other words"}, audit_trail.salt(5)),
        ({}, audit_trail.salt(5)),
        ({"necessity": {1, 2}}, audit_trail.salt(5)),
        (audit_trail.private(5), b"other"),
        (audit_trail.private(5), None),
        (None, audit_trail.salt(5)),
    ],
)
def test_changed_private_data_are_named(private: dict[str, object] | None, salt: bytes | None) -> None:
    spoiled = [*TRAIL]
    spoiled[5] = TRAIL[5]._replace(private=private, salt=salt)
    assert_named(problem(spoiled), ProblemKind.PRIVATE_DATA_CHANGED, 5)


def test_private_data_beside_an_entry_that_never_had_any_are_named() -> None:
    spoiled = [*TRAIL]
    spoiled[4] = stored(4)._replace(private={"name": "added"}, salt=bytes(16))
    assert_named(problem(spoiled), ProblemKind.PRIVATE_DATA_CHANGED, 4)


def test_a_hashed_leaf_that_is_no_entry_is_named() -> None:
    spoiled = [*TRAIL]
    spoiled[5] = StoredEntry(b"{}", leaf_hash(b"{}"), None, None)
    assert_named(problem(spoiled), ProblemKind.MALFORMED, 5)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text.replace("oifr.example\n7\n", "oifr.example\n9\n"),
        lambda text: text[:-10],
        lambda _: note(TRAIL, 7, OTHER_SIGNER),
        lambda _: "",
    ],
)
def test_a_bad_checkpoint_is_named_by_its_number(spoil: Callable[[str], str]) -> None:
    found = problem(TRAIL, [NOTES[0], spoil(NOTES[1]), *NOTES[2:]])
    assert (found.kind, found.first) == (ProblemKind.CHECKPOINT_INVALID, None)
    assert found.reason.startswith("checkpoint 2 does not hold")


def test_a_bad_entry_is_named_before_a_bad_checkpoint() -> None:
    assert_named(problem(TRAIL[1:], ["", *NOTES]), ProblemKind.MISSING, 0)


def test_two_signed_histories_of_one_size_disagree() -> None:
    other = [*TRAIL[:6], rewritten(TRAIL[6], actor="somebody-else")]
    assert problem(TRAIL, [*notes(other, 7), *NOTES]).kind is ProblemKind.CHECKPOINTS_DISAGREE


def test_without_any_checkpoint_nothing_is_proven() -> None:
    assert problem(TRAIL, []).kind is ProblemKind.NO_CHECKPOINT
    assert problem([], []).kind is ProblemKind.NO_CHECKPOINT


def test_a_report_stops_at_the_problem() -> None:
    found = report(TRAIL[:20] + TRAIL[21:])
    assert (found.entries, found.signed_entries, found.checkpoints) == (20, 8, 3)
    assert found.root == root_of(TRAIL[:20])


def test_no_reason_repeats_what_an_entry_says() -> None:
    spoiled = [*TRAIL]
    spoiled[3] = store(entry(3))._replace(private={"name": "Nightingale"})
    assert "Nightingale" not in problem(spoiled).reason
