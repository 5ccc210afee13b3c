"""What every GalleryIndex does: the fake and the real matchers on real Redis servers run the same tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from server.domain.gallery import IndexedReference, Source
from server.domain.model_errors import TemplateInvalid
from server.matching.embedded import EmbeddedRedis
from server.matching.exact import ExactGallery
from server.matching.vector_set import VectorSetGallery
from server.matching.vector_set_partition import Layout
from server.matching.vector_set_precision import Precision
from server.matching.vector_set_server import VectorServer
from server.workflow.ports import GalleryIndex
from tests.fakes.memory_gallery import MemoryGallery, MemoryGallerySource, ThrowAwayCipher
from tests.fakes.templates import MODEL, reference, references, template
from tests.real_cluster import Servers, redis8, redis8_cluster
from tests.real_redis import embedded_redis

__all__ = ["embedded_redis", "redis8", "redis8_cluster"]

ALL = frozenset(Source)
EVERYTHING = -1.1
PARTITIONS = 5


class Enrolment:
    """A source and an index that is told of every change, as the workflows do it."""

    def __init__(self, source: MemoryGallerySource, index: GalleryIndex) -> None:
        self.source = source
        self.index = index

    def enrol(self, *added: IndexedReference) -> None:
        for entry in added:
            self.index.added(entry, self.source.enrol(entry))

    def erase(self, reference_id: str) -> None:
        self.index.removed(reference_id, self.source.erase(reference_id))

    def supplement(self, *made: IndexedReference) -> None:
        self.index.supplemented(made, self.source.supplement(*made))

    def drop(self) -> None:
        self.index.dropped(self.source.drop(MODEL))

    def found(self, threshold: float = EVERYTHING, sources: frozenset[Source] = ALL, limit: int = 100) -> list[str]:
        return [scored.reference_id for scored in self.index.search(template(0), sources, threshold, limit)]


@pytest.fixture
def exact(embedded_redis: EmbeddedRedis) -> Iterator[Callable[[MemoryGallerySource], GalleryIndex]]:
    with embedded_redis.client() as client:
        client.flushall()
        yield lambda source: ExactGallery(MODEL, source, client, ThrowAwayCipher())


def over(servers: Servers, source: MemoryGallerySource, precision: Precision) -> Iterator[Enrolment]:
    servers.flush()
    layout = Layout(MODEL, PARTITIONS, precision)
    with VectorSetGallery(layout, source, VectorServer(servers.url, seconds=5)) as index:
        yield Enrolment(source, index)


@pytest.fixture(params=["memory", "exact", "vector sets", "vector sets of float32", "vector sets on a cluster"])
def gallery(request: pytest.FixtureRequest) -> Iterator[Enrolment]:
    source = MemoryGallerySource()
    match request.param:
        case "memory":
            yield Enrolment(source, MemoryGallery(MODEL, source))
        case "exact":
            yield Enrolment(source, request.getfixturevalue("exact")(source))
        case "vector sets":
            yield from over(request.getfixturevalue("redis8"), source, Precision.Q8)
        case "vector sets of float32":
            yield from over(request.getfixturevalue("redis8"), source, Precision.FLOAT32)
        case _:
            yield from over(request.getfixturevalue("redis8_cluster"), source, Precision.Q8)


def test_an_empty_gallery_answers_with_nothing(gallery: Enrolment) -> None:
    assert gallery.found() == []
    gallery.index.ping()


def test_the_best_comes_first_with_its_score_and_subject(gallery: Enrolment) -> None:
    gallery.enrol(*references(9))
    scored = gallery.index.search(template(4), ALL, EVERYTHING, 100)
    expected = {entry.reference_id: template(4).score(entry.template) for entry in references(9)}
    assert {entry.reference_id: pytest.approx(entry.score, abs=1e-6) for entry in scored} == expected
    assert [entry.score for entry in scored] == sorted((entry.score for entry in scored), reverse=True)
    assert (scored[0].reference_id, scored[0].subject_id) == (reference(4).reference_id, reference(4).subject_id)


def test_only_scores_that_reach_the_threshold_come_out(gallery: Enrolment) -> None:
    gallery.enrol(*references(30))
    assert gallery.found(threshold=0.999) == [reference(0).reference_id]
    middle = gallery.index.search(template(0), ALL, EVERYTHING, 100)[10].score
    assert len(gallery.found(threshold=middle)) == 11
    assert gallery.found(threshold=1.1) == []


def test_only_sources_in_scope_come_out(gallery: Enrolment) -> None:
    gallery.enrol(*references(9))
    in_scope = {entry.reference_id for entry in references(9) if entry.source is Source.MISSING}
    assert set(gallery.found(sources=frozenset({Source.MISSING}))) == in_scope
    assert gallery.found(sources=frozenset()) == []


def test_a_subject_comes_out_once_by_the_best_reference_in_scope(gallery: Enrolment) -> None:
    gallery.enrol(reference(0, Source.WANTED), reference(1, subject=0), reference(2))
    best, other, stranger = (reference(seed).reference_id for seed in range(3))
    assert gallery.found() == [best, stranger]
    assert set(gallery.found(sources=frozenset({Source.CUSTODY}))) == {other, stranger}
    gallery.erase(best)
    assert set(gallery.found()) == {other, stranger}


def test_the_limit_counts_subjects(gallery: Enrolment) -> None:
    gallery.enrol(*(reference(seed, subject=seed // 2) for seed in range(30)))
    everybody = gallery.found()
    assert len(everybody) == 15
    for limit in (1, 4, 14, 15, 16):
        assert gallery.found(limit=limit) == everybody[:limit]


def test_of_equal_scores_the_lowest_subject_and_reference_come_first(gallery: Enrolment) -> None:
    alike = [IndexedReference(f"r{7 - row}", f"s{(7 - row) // 2}", Source.CUSTODY, template(3)) for row in range(8)]
    gallery.enrol(*alike)
    assert gallery.found() == ["r0", "r2", "r4", "r6"]
    assert gallery.found(limit=2) == ["r0", "r2"]


def test_what_was_removed_does_not_come_out(gallery: Enrolment) -> None:
    gallery.enrol(*references(5))
    assert len(gallery.found()) == 5
    gallery.erase(reference(3).reference_id)
    assert reference(3).reference_id not in gallery.found()
    gallery.enrol(reference(3))
    assert reference(3).reference_id in gallery.found()


def test_the_last_reference_can_go(gallery: Enrolment) -> None:
    gallery.enrol(reference(0))
    assert gallery.found() == [reference(0).reference_id]
    gallery.erase(reference(0).reference_id)
    assert gallery.found() == []


def test_a_change_that_nobody_told_is_followed_all_the_same(gallery: Enrolment) -> None:
    gallery.enrol(*references(3))
    assert len(gallery.found()) == 3
    gallery.source.enrol(reference(3))
    gallery.source.erase(reference(0).reference_id)
    assert set(gallery.found()) == {reference(seed).reference_id for seed in (1, 2, 3)}


def test_changes_told_out_of_order_are_followed(gallery: Enrolment) -> None:
    gallery.enrol(*references(2))
    assert len(gallery.found()) == 2
    second, third = gallery.source.enrol(reference(2)), gallery.source.enrol(reference(3))
    gallery.index.added(reference(3), third)
    gallery.index.added(reference(2), second)
    assert len(gallery.found()) == 4


def test_references_of_another_model_never_compare(gallery: Enrolment) -> None:
    gallery.enrol(reference(0), reference(1, model="another-model"), reference(2))
    assert set(gallery.found()) == {reference(0).reference_id, reference(2).reference_id}
    with pytest.raises(TemplateInvalid):
        gallery.index.search(template(0, "another-model"), ALL, EVERYTHING, 100)


def test_a_template_of_another_dimension_is_refused(gallery: Enrolment) -> None:
    gallery.enrol(reference(0))
    with pytest.raises(TemplateInvalid):
        gallery.index.search(template(0, dimension=8), ALL, EVERYTHING, 100)


def test_a_batch_of_templates_is_found_at_once(gallery: Enrolment) -> None:
    gallery.enrol(reference(0))
    assert len(gallery.found()) == 1
    gallery.supplement(reference(1), reference(2))
    assert set(gallery.found()) == {reference(seed).reference_id for seed in (0, 1, 2)}


def test_a_batch_that_brought_no_template_changes_nothing(gallery: Enrolment) -> None:
    gallery.enrol(reference(0))
    gallery.supplement()
    assert gallery.found() == [reference(0).reference_id]


def test_dropped_templates_are_found_no_more(gallery: Enrolment) -> None:
    gallery.enrol(*references(5))
    assert len(gallery.found()) == 5
    gallery.drop()
    assert gallery.found() == []
    gallery.supplement(reference(7))
    assert gallery.found() == [reference(7).reference_id]
