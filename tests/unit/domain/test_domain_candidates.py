"""From scores to a short list: what it may hold, and what its letters must hide."""

from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from server.domain.candidates import LABELS, Scored, lettered, shortlist

scores = st.floats(-1, 1, width=32)
scored = st.builds(
    Scored,
    reference_id=st.uuids().map(str),
    subject_id=st.sampled_from("abcdefghij"),
    score=scores,
)
gallery = st.lists(scored, max_size=40, unique_by=lambda entry: entry.reference_id)
caps = st.integers(1, len(LABELS))
seeds = st.integers(0, 2**31 - 1)


@given(gallery, scores, caps)
def test_shortlist_is_capped_ranked_and_reaches_the_threshold(
    entries: list[Scored], threshold: float, cap: int
) -> None:
    listed = shortlist(entries, threshold, cap)
    assert len(listed) <= cap
    assert all(entry.score >= threshold for entry in listed)
    assert [entry.score for entry in listed] == sorted((entry.score for entry in listed), reverse=True)


@given(gallery, scores, caps)
def test_shortlist_names_each_subject_once_by_their_best_reference(
    entries: list[Scored], threshold: float, cap: int
) -> None:
    listed = shortlist(entries, threshold, cap)
    assert len({entry.subject_id for entry in listed}) == len(listed)
    for entry in listed:
        assert entry.score == max(other.score for other in entries if other.subject_id == entry.subject_id)


@given(gallery, scores, caps)
def test_shortlist_leaves_out_nobody_better_than_those_listed(
    entries: list[Scored], threshold: float, cap: int
) -> None:
    listed = shortlist(entries, threshold, cap)
    left_out = {entry.subject_id for entry in entries} - {entry.subject_id for entry in listed}
    for entry in entries:
        if entry.subject_id in left_out and entry.score >= threshold:
            assert len(listed) == cap
            assert entry.score <= listed[-1].score


@given(gallery, caps, st.randoms(use_true_random=False))
def test_shortlist_does_not_depend_on_the_order_it_is_given(entries: list[Scored], cap: int, order: Random) -> None:
    shuffled = list(entries)
    order.shuffle(shuffled)
    assert shortlist(shuffled, -1, cap) == shortlist(entries, -1, cap)


def test_shortlist_of_nobody_alike_is_empty() -> None:
    assert shortlist([Scored("reference-1", "subject-1", 0.59)], 0.6, 6) == ()


@given(gallery, seeds)
def test_lettered_keeps_everyone_under_consecutive_letters(entries: list[Scored], seed: int) -> None:
    ranked = entries[: len(LABELS)]
    candidates = lettered(ranked, seed)
    assert "".join(candidate.label for candidate in candidates) == LABELS[: len(ranked)]
    assert {candidate.reference_id for candidate in candidates} == {entry.reference_id for entry in ranked}


@given(gallery, seeds)
def test_lettered_is_reproduced_by_its_seed(entries: list[Scored], seed: int) -> None:
    assert lettered(entries[:6], seed) == lettered(entries[:6], seed)


def test_the_best_candidate_gets_each_letter_about_equally_often() -> None:
    ranked = [Scored(f"reference-{rank}", f"subject-{rank}", 0.9 - rank / 10) for rank in range(6)]
    letters = [lettered(ranked, seed) for seed in range(1200)]
    counts = {
        letter: sum(
            candidate.reference_id == "reference-0" and candidate.label == letter
            for one in letters
            for candidate in one
        )
        for letter in LABELS[:6]
    }
    assert all(150 < count < 250 for count in counts.values())


def test_no_text_form_shows_a_score() -> None:
    entry = Scored("reference-1", "subject-1", 0.8125)
    assert "0.81" not in repr(entry) + repr(lettered([entry], 7))
