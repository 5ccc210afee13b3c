"""Many against all: the same as one brute-force search each, whatever was committed meanwhile and by whom."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from server.domain.candidates import Scored
from server.domain.face import Template
from server.domain.gallery import IndexedReference
from server.domain.model_errors import TemplateInvalid
from server.matching.lookalikes import LEAST_ROOM, ROWS_AT_A_TIME, GalleryLookalikes, TrialLookalikes
from tests.fakes.memory_gallery import MemoryGallery, MemoryGallerySource, MemoryLookalikes
from tests.fakes.templates import DIMENSION, MODEL, SOURCES, references, template


@pytest.fixture
def source() -> MemoryGallerySource:
    source = MemoryGallerySource()
    for entry in references(40):
        source.enrol(entry)
    return source


def ids(found: Sequence[Sequence[Scored]]) -> list[list[str]]:
    return [[scored.reference_id for scored in one] for one in found]


@pytest.mark.parametrize("threshold", [-1.1, 0.0, 0.3, 0.9999])
def test_it_finds_what_a_search_for_each_would(source: MemoryGallerySource, threshold: float) -> None:
    wanted = [template(seed) for seed in (3, 17, 500)]
    found = GalleryLookalikes(MODEL, source).of(wanted, threshold)
    expected = MemoryLookalikes(MODEL, source).of(wanted, threshold)
    assert ids(found) == ids(expected)
    for one, other in zip(found, expected, strict=True):
        assert [scored.subject_id for scored in one] == [scored.subject_id for scored in other]
        assert [scored.score for scored in one] == pytest.approx([scored.score for scored in other], abs=1e-6)


def test_a_template_scores_one_with_itself_at_the_very_threshold(source: MemoryGallerySource) -> None:
    exact = float(template(3).vector.astype(np.float64) @ template(3).vector.astype(np.float64))
    lookalikes = GalleryLookalikes(MODEL, source)
    assert ids(lookalikes.of([template(3)], exact)) == [[f"{3:032x}"]]
    assert ids(lookalikes.of([template(3)], np.nextafter(exact, 2))) == [[]]


def test_what_is_handed_in_is_not_read_again(source: MemoryGallerySource) -> None:
    lookalikes = GalleryLookalikes(MODEL, source)
    lookalikes.of([], 0.5)
    for start in range(40, 90, 10):
        added = references(100)[start : start + 10]
        lookalikes.supplemented(added, source.supplement(*added))
    assert source.reads == 1
    assert ids(lookalikes.of([template(85)], 0.999)) == [[f"{85:032x}"]]
    assert source.reads == 1
    assert len(lookalikes.of([template(0)], -1.1)[0]) == 90


def test_what_others_commit_is_read(source: MemoryGallerySource) -> None:
    lookalikes = GalleryLookalikes(MODEL, source)
    lookalikes.of([], 0.5)
    source.enrol(references(51)[50])
    lookalikes.supplemented(references(61)[60:], source.supplement(*references(61)[60:]))
    assert len(lookalikes.of([template(0)], -1.1)[0]) == 42
    source.erase(f"{3:032x}")
    assert ids(lookalikes.of([template(3)], 0.999)) == [[]]


def test_an_empty_gallery_grows(source: MemoryGallerySource) -> None:
    empty = MemoryGallerySource()
    lookalikes = GalleryLookalikes(MODEL, empty)
    assert ids(lookalikes.of([template(0)], -1.1)) == [[]]
    lookalikes.supplemented(references(2), empty.supplement(*references(2)))
    assert ids(lookalikes.of([template(1)], 0.999)) == [[f"{1:032x}"]]


def test_more_rows_than_a_product_takes_are_found_from_first_to_last() -> None:
    count = ROWS_AT_A_TIME + LEAST_ROOM + 5
    rng = np.random.default_rng(7)
    vectors = rng.standard_normal((count, DIMENSION)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    entries = [
        IndexedReference(f"{n:032x}", f"{n:032x}", SOURCES[0], Template(MODEL, vector))
        for n, vector in enumerate(vectors)
    ]
    source = MemoryGallerySource()
    source.supplement(*entries)
    lookalikes = GalleryLookalikes(MODEL, source)
    last = [0, ROWS_AT_A_TIME - 1, ROWS_AT_A_TIME, count - 1]
    found = lookalikes.of([entries[n].template for n in last], 0.8)
    brute = MemoryGallery(MODEL, source)
    for n, one in zip(last, found, strict=True):
        expected = brute.search(entries[n].template, frozenset(SOURCES), 0.8, count)
        assert [scored.reference_id for scored in one] == [scored.reference_id for scored in expected]


def test_templates_of_another_model_or_dimension_are_refused(source: MemoryGallerySource) -> None:
    lookalikes = GalleryLookalikes(MODEL, source)
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
