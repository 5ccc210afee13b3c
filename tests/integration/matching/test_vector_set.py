"""The vector-set matcher on a real Redis 8 cluster: exact answers, where references lie, erasure, other processes."""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Sequence

import numpy as np
import pytest
from redis import Redis

from server.domain.errors import Unavailable
from server.domain.face import Template
from server.domain.gallery import IndexedReference, Source
from server.matching.exact import ExactGallery
from server.matching.vector_set import FIRST_COUNT, VectorSetGallery
from server.matching.vector_set_partition import Layout
from server.matching.vector_set_precision import Precision
from server.matching.vector_set_server import VectorServer
from server.workflow.ports import GalleryIndex
from tests.fakes.memory_gallery import MemoryGallerySource, ThrowAwayCipher
from tests.fakes.templates import MODEL, SOURCES, reference, references, template
from tests.integration.matching.vector_sets import (
    ALL,
    EVERYBODY,
    LIMIT,
    PARTITIONS,
    Station,
    Watched,
    found,
    ids,
    keys_of,
    own_station,
    station,
)

__all__ = ["own_station", "station"]


# --- exactness -----------------------------------------------------------------------------------------------------


def crowded(count: int, dimension: int, seed: int) -> tuple[list[IndexedReference], Template]:
    """References so close to a probe that their scores lie within rounding of one another, lengths a little off."""
    rng = np.random.default_rng(seed)
    probe = rng.standard_normal(dimension)
    near = probe + rng.normal(0, 0.35, (count, dimension)) * np.linalg.norm(probe) / np.sqrt(dimension)
    near *= (1 + rng.uniform(-9e-4, 9e-4, (count, 1))) / np.linalg.norm(near, axis=1, keepdims=True)
    entries = [
        IndexedReference(f"{row:032x}", f"{row:032x}", SOURCES[row % 3], Template(MODEL, vector.astype(np.float32)))
        for row, vector in enumerate(near)
    ]
    return entries, Template(MODEL, (probe / np.linalg.norm(probe)).astype(np.float32))


@pytest.mark.parametrize("precision", list(Precision))
@pytest.mark.parametrize("dimension", [16, 128, 512])
def test_the_answer_is_numpys_at_any_threshold(station: Station, precision: Precision, dimension: int) -> None:
    station.layout = Layout(MODEL, PARTITIONS, precision)
    entries, probe = crowded(1200, dimension, seed=dimension)
    station.hold(entries)
    matcher = station.matcher()
    vectors = np.stack([entry.template.vector for entry in entries]).astype(np.float64)
    scores = vectors @ probe.vector.astype(np.float64)
    for sources in (ALL, frozenset({Source.CUSTODY, Source.WANTED}), frozenset({Source.MISSING})):
        in_scope = np.array([entry.source in sources for entry in entries])
        for rank in (0, 1, 5, FIRST_COUNT, 3 * FIRST_COUNT, 399):
            threshold = float(np.sort(scores[in_scope])[::-1][rank])
            rows = np.flatnonzero(in_scope & (scores >= threshold - 1e-12))
            best_first = rows[np.argsort(-scores[rows])]
            answer = matcher.search(probe, sources, threshold - 1e-12, EVERYBODY)
            assert [scored.reference_id for scored in answer] == [entries[row].reference_id for row in best_first]
            assert [scored.score for scored in answer] == pytest.approx(list(scores[best_first]), abs=1e-12)


def test_what_q8_alone_would_answer_is_wrong(station: Station) -> None:
    """Without rescoring and slack the test above could pass for want of anything to get wrong."""
    entries, probe = crowded(1200, 128, seed=1)
    station.hold(entries)
    matcher = station.matcher()
    matcher.warm()
    vectors = np.stack([entry.template.vector for entry in entries]).astype(np.float64)
    scores = dict(
        zip((entry.reference_id for entry in entries), vectors @ probe.vector.astype(np.float64), strict=True)
    )
    threshold = float(np.sort(list(scores.values()))[-100])
    rounded: dict[str, float] = {}
    for node in station.servers.nodes:
        with node.client() as client:
            for key in client.scan_iter(match="gallery:*:vectors"):
                flat = client.execute_command(
                    "VSIM", key, "FP32", probe.vector.tobytes(), "WITHSCORES", "TRUTH", "COUNT", 5000
                )
                rounded |= {
                    name.decode(): 2 * float(score) - 1 for name, score in zip(flat[::2], flat[1::2], strict=True)
                }
    assert {name for name, score in rounded.items() if score >= threshold} != {
        name for name, score in scores.items() if score >= threshold
    }


def test_an_effort_finds_no_more_than_there_is_and_nothing_below_the_threshold(station: Station) -> None:
    entries, probe = crowded(1200, 128, seed=2)
    station.hold(entries)
    exact = station.matcher().search(probe, ALL, 0.94, EVERYBODY)
    approximate = station.matcher(effort=10).search(probe, ALL, 0.94, EVERYBODY)
    assert len(exact) > 50
    assert set(approximate) <= set(exact)
    assert set(station.matcher(effort=1200).search(probe, ALL, 0.94, EVERYBODY)) == set(exact)


# --- where references lie --------------------------------------------------------------------------------------------


def test_partitions_lie_on_every_node_and_hold_every_reference_once(station: Station) -> None:
    station.hold(references(300))
    station.matcher().warm()
    assert [len(keys_of(node, "gallery:*:vectors")) for node in station.servers.nodes] == [2, 2, 2]
    assert station.stored() == ids(*range(300))


def test_two_matchers_follow_each_other(station: Station) -> None:
    station.hold(references(5))
    first, second = station.matcher(), station.matcher()
    assert found(first) == found(second) == ids(*range(5))
    reads = station.source.reads
    station.enrol(first, reference(7))
    station.erase(second, 1)
    assert found(first) == found(second) == ids(0, 2, 3, 4, 7)
    assert station.source.reads == reads, "a change that was told makes nobody read the database's gallery"


def fill_and_search(url: str, entries: Sequence[IndexedReference], answers: multiprocessing.Queue[set[str]]) -> None:
    source = MemoryGallerySource()
    for entry in entries:
        source.enrol(entry)
    with VectorSetGallery(Layout(MODEL, PARTITIONS, Precision.Q8), source, VectorServer(url, seconds=5)) as matcher:
        matcher.warm()
        answers.put(found(matcher))


def test_processes_that_start_together_fill_once_and_agree(station: Station) -> None:
    spawning = multiprocessing.get_context("spawn")
    answers: multiprocessing.Queue[set[str]] = spawning.Queue()
    entries = references(600)
    processes = [
        spawning.Process(target=fill_and_search, args=(station.servers.url, entries, answers)) for _ in range(2)
    ]
    for process in processes:
        process.start()
    assert [answers.get(timeout=60) for _ in processes] == [ids(*range(600))] * 2
    for process in processes:
        process.join()
    assert station.stored() == ids(*range(600))


# --- erasure -------------------------------------------------------------------------------------------------------


def test_an_erased_template_is_gone_from_redis_before_the_call_returns(station: Station) -> None:
    station.hold(references(20))
    matcher = station.matcher()
    matcher.warm()
    station.erase(matcher, 3)
    assert reference(3).reference_id not in station.stored()
    assert found(matcher) == ids(*range(20)) - ids(3)


def test_a_removal_told_too_early_stays_removed(station: Station) -> None:
    station.hold(references(2))
    matcher = station.matcher()
    matcher.warm()
    added = station.source.enrol(reference(9))
    removed = station.source.erase(reference(9).reference_id)
    matcher.removed(reference(9).reference_id, removed)
    matcher.added(reference(9), added)
    assert found(matcher) == ids(0, 1)
    assert station.stored() == ids(0, 1)


def test_an_erasure_during_a_filling_holds(station: Station) -> None:
    """The filler read the database before the erasure, and would put the reference in after it."""
    entries = references(40)
    station.hold(entries)
    eraser = station.matcher()
    reached, go_on = threading.Event(), threading.Event()
    every = {entry.reference_id: entry for entry in entries}

    def pause() -> None:
        reached.set()
        assert go_on.wait(LIMIT)

    source = Watched(station.source, pause, lambda names: [every[name] for name in names])
    with VectorSetGallery(station.layout, source, VectorServer(station.servers.url, seconds=5)) as filler:
        filling = threading.Thread(target=filler.warm)
        filling.start()
        assert reached.wait(LIMIT)
        station.erase(eraser, 3)
        station.enrol(eraser, reference(50))
        go_on.set()
        filling.join()
    assert station.stored() == ids(*range(40), 50) - ids(3)
    assert found(eraser) == ids(*range(40), 50) - ids(3)


# --- other layouts and servers ---------------------------------------------------------------------------------------


def test_sets_of_models_without_templates_and_of_other_layouts_are_forgotten(station: Station) -> None:
    station.hold(references(5))
    station.matcher().warm()
    station.layout = Layout(MODEL, PARTITIONS + 1, Precision.Q8)
    station.matcher().warm()
    names = [key for node in station.servers.nodes for key in keys_of(node, "gallery:*")]
    assert names
    assert all(f"/{PARTITIONS + 1}:".encode() in name for name in names)


def test_an_older_redis_is_named_as_the_fault(redis_client: Redis, station: Station) -> None:
    path = redis_client.connection_pool.connection_kwargs["path"]
    station.hold(references(2))
    with (
        VectorSetGallery(station.layout, station.source, VectorServer(f"unix://{path}", seconds=5)) as matcher,
        pytest.raises(Unavailable, match="older than version 8"),
    ):
        matcher.warm()


def test_it_answers_as_the_exact_matcher_does(station: Station, redis_client: Redis) -> None:
    station.hold(references(500))
    exact: GalleryIndex = ExactGallery(MODEL, station.source, redis_client, ThrowAwayCipher())
    ours = station.matcher()
    for seed in range(20):
        for threshold in (-0.2, 0.0, 0.3, 0.6):
            probe = template(1000 + seed)
            assert ours.search(probe, ALL, threshold, EVERYBODY) == exact.search(probe, ALL, threshold, EVERYBODY)
