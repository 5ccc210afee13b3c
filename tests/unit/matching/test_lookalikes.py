"""Many against all: the same as one brute-force search each, whatever was committed meanwhile and by whom."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from server.domain.candidates import Scored
from server.domain.face import Template
from server.domain.gallery import IndexedReference
from server.domain.model_errors import TemplateInvalid
from server.matching.following import MOST_AT_ONCE, MOST_STEPS
from server.matching.growing_rows import ROOM
from server.matching.lookalikes import ROWS_AT_A_TIME, GalleryLookalikes, Snapshot, TrialLookalikes
from server.matching.rows import Rows
from tests.fakes.memory_gallery import MemoryGallery, MemoryGallerySource, MemoryLookalikes
from tests.fakes.templates import DIMENSION, MODEL, SOURCES, references, template


@pytest.fixture
def source() -> MemoryGallerySource:
    source = MemoryGallerySource()
    for entry in references(40):
        source.enrol(entry)
    return source


def large(count: int, dimension: int = DIMENSION) -> list[IndexedReference]:
    vectors = np.random.default_rng(7).standard_normal((count, dimension)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return [
        IndexedReference(f"L{n:031x}", f"L{n:031x}", SOURCES[0], Template(MODEL, vector))
        for n, vector in enumerate(vectors)
    ]


def caught_up(source: MemoryGallerySource) -> GalleryLookalikes:
    lookalikes = GalleryLookalikes(MODEL, source)
    lookalikes.catch_up()
    return lookalikes


def ids(found: Sequence[Sequence[Scored]]) -> list[list[str]]:
    return [[scored.reference_id for scored in one] for one in found]


@pytest.mark.parametrize("threshold", [-1.1, 0.0, 0.3, 0.9999])
def test_it_finds_what_a_search_for_each_would(source: MemoryGallerySource, threshold: float) -> None:
    wanted = [template(seed) for seed in (3, 17, 500)]
    found = caught_up(source).of(wanted, threshold)
    expected = MemoryLookalikes(MODEL, source).of(wanted, threshold)
    assert ids(found) == ids(expected)
    for one, other in zip(found, expected, strict=True):
        assert [scored.subject_id for scored in one] == [scored.subject_id for scored in other]
        assert [scored.score for scored in one] == pytest.approx([scored.score for scored in other], abs=1e-6)


def test_a_template_scores_one_with_itself_at_the_very_threshold(source: MemoryGallerySource) -> None:
    exact = float(template(3).vector.astype(np.float64) @ template(3).vector.astype(np.float64))
    lookalikes = caught_up(source)
    assert ids(lookalikes.of([template(3)], exact)) == [[f"{3:032x}"]]
    assert ids(lookalikes.of([template(3)], np.nextafter(exact, 2))) == [[]]


def test_what_is_handed_in_is_not_read_again(source: MemoryGallerySource) -> None:
    lookalikes = caught_up(source)
    for start in range(40, 90, 10):
        added = references(100)[start : start + 10]
        lookalikes.supplemented(added, source.supplement(*added))
    assert source.reads == 1
    assert ids(lookalikes.of([template(85)], 0.999)) == [[f"{85:032x}"]]
    assert source.reads == 1
    assert len(lookalikes.of([template(0)], -1.1)[0]) == 90


def test_what_others_commit_is_followed_change_by_change(source: MemoryGallerySource) -> None:
    lookalikes = caught_up(source)
    source.enrol(references(51)[50])
    lookalikes.supplemented(references(61)[60:], source.supplement(*references(61)[60:]))
    source.supplement(*references(75)[70:])
    source.erase(f"{3:032x}")
    source.erase(f"{72:032x}")
    assert lookalikes.keep_up()
    assert source.reads == 1
    everybody = {*range(40), 50, 60, *range(70, 75)} - {3, 72}
    assert set(ids(lookalikes.of([template(0)], -1.1))[0]) == {f"{n:032x}" for n in everybody}
    assert ids(lookalikes.of([template(3), template(60), template(74)], 0.999)) == [[], [f"{60:032x}"], [f"{74:032x}"]]


def test_what_is_not_caught_up_with_is_not_compared_with(source: MemoryGallerySource) -> None:
    lookalikes = GalleryLookalikes(MODEL, source)
    assert not lookalikes.keep_up()
    assert source.reads == 0
    assert ids(lookalikes.of([template(3)], 0.999)) == [[]]


def test_too_many_changes_and_too_large_batches_are_read_whole_when_there_is_time(source: MemoryGallerySource) -> None:
    lookalikes = caught_up(source)
    for entry in references(41 + MOST_STEPS)[40:]:
        source.enrol(entry)
    assert not lookalikes.keep_up()
    assert source.reads == 1
    lookalikes.catch_up()
    assert source.reads == 2
    assert len(lookalikes.of([template(0)], -1.1)[0]) == 41 + MOST_STEPS
    source.supplement(*large(MOST_AT_ONCE + 1))
    assert not lookalikes.keep_up()
    lookalikes.catch_up()
    assert source.reads == 3
    assert len(lookalikes.of([template(0)], -1.1)[0]) == 42 + MOST_STEPS + MOST_AT_ONCE


def test_a_database_that_was_set_back_is_read_whole(source: MemoryGallerySource) -> None:
    lookalikes = caught_up(source)
    source.set_back(references(2), 2)
    assert not lookalikes.keep_up()
    lookalikes.catch_up()
    assert len(lookalikes.of([template(0)], -1.1)[0]) == 2


def test_what_is_stored_spares_the_reading(source: MemoryGallerySource) -> None:
    rows = Rows.of(references(40))
    source.erase(f"{3:032x}")
    source.supplement(*references(60)[50:])
    lookalikes = GalleryLookalikes(MODEL, source, lambda: Snapshot(40, rows))
    lookalikes.catch_up()
    assert source.reads == 0
    everybody = {*range(40), *range(50, 60)} - {3}
    assert set(ids(lookalikes.of([template(0)], -1.1))[0]) == {f"{n:032x}" for n in everybody}


def test_what_is_stored_of_a_later_change_than_there_is_is_not_used(source: MemoryGallerySource) -> None:
    rows = Rows.of(references(60))
    lookalikes = GalleryLookalikes(MODEL, source, lambda: Snapshot(41, rows))
    lookalikes.catch_up()
    assert source.reads == 1
    assert len(lookalikes.of([template(0)], -1.1)[0]) == 40
    assert not rows.vectors.any()


def test_each_row_takes_577_bytes_and_its_share_of_the_room() -> None:
    *entries, last = large(1001, 128)
    source = MemoryGallerySource()
    source.supplement(*entries)
    lookalikes = caught_up(source)
    assert lookalikes.nbytes == 577 * 1000
    source.enrol(last)
    assert lookalikes.keep_up()
    assert lookalikes.nbytes == 577 * (1000 + ROOM)


def test_an_empty_gallery_grows(source: MemoryGallerySource) -> None:
    empty = MemoryGallerySource()
    lookalikes = caught_up(empty)
    assert ids(lookalikes.of([template(0)], -1.1)) == [[]]
    lookalikes.supplemented(references(2), empty.supplement(*references(2)))
    assert ids(lookalikes.of([template(1)], 0.999)) == [[f"{1:032x}"]]


def test_more_rows_than_a_product_takes_are_found_from_first_to_last() -> None:
    count = ROWS_AT_A_TIME + ROOM + 5
    entries = large(count)
    source = MemoryGallerySource()
    source.supplement(*entries)
    lookalikes = caught_up(source)
    last = [0, ROWS_AT_A_TIME - 1, ROWS_AT_A_TIME, count - 1]
    found = lookalikes.of([entries[n].template for n in last], 0.8)
    brute = MemoryGallery(MODEL, source)
    for n, one in zip(last, found, strict=True):
        expected = brute.search(entries[n].template, frozenset(SOURCES), 0.8, count)
        assert [scored.reference_id for scored in one] == [scored.reference_id for scored in expected]


def test_templates_of_another_model_or_dimension_are_refused(source: MemoryGallerySource) -> None:
    lookalikes = caught_up(source)
    for other in (template(1, "other-model/1"), template(1, MODEL, DIMENSION + 1)):
        with pytest.raises(TemplateInvalid):
            lookalikes.of([other], 0.5)


def test_a_trial_compares_with_what_it_pretends_and_follows_nobody(source: MemoryGallerySource) -> None:
    trial = TrialLookalikes(MODEL, source)
    trial.pretended([])
    trial.pretended(references(60)[50:])
    source.enrol(references(70)[65])
    assert ids(trial.of([template(3), template(55), template(65)], 0.999)) == [[f"{3:032x}"], [f"{55:032x}"], []]
    assert source.reads == 1


def test_a_trial_over_an_empty_gallery_compares_with_what_it_pretends() -> None:
    trial = TrialLookalikes(MODEL, MemoryGallerySource())
    assert ids(trial.of([template(1)], 0.999)) == [[]]
    trial.pretended(references(3))
    assert ids(trial.of([template(1)], 0.999)) == [[f"{1:032x}"]]
