"""Vector sets kept in step by a thread: how far it is, where each partition stands, and what a dead node does."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import pytest

from server.domain.errors import SealBroken, SearchIncomplete
from server.domain.gallery import IndexedReference
from server.domain.matchers import Loading, Phase
from server.matching.vector_set import VectorSetGallery
from server.matching.vector_set_filling import BATCH
from server.matching.vector_set_partition import Partition
from server.matching.vector_set_server import VectorServer
from tests.fakes.templates import MODEL, reference, references
from tests.integration.matching.vector_sets import (
    LIMIT,
    PARTITIONS,
    Station,
    Watched,
    answered,
    found,
    ids,
    own_station,
    refused,
    station,
)
from tests.real_cluster import until

__all__ = ["own_station", "station"]


def watching(station: Station, source: Watched) -> VectorSetGallery:
    return station.closing.enter_context(
        VectorSetGallery(station.layout, source, VectorServer(station.servers.url, seconds=1))
    )


def whole(matcher: VectorSetGallery) -> bool:
    return matcher.loading.phase is Phase.READY


# --- the first load --------------------------------------------------------------------------------------------------


def test_it_fills_at_the_start_without_anybody_searching(station: Station) -> None:
    station.hold(references(700))
    matcher = station.matcher()
    assert matcher.loading == Loading(Phase.FROM_DATABASE, 0, 0)
    with matcher.following():
        until(lambda: whole(matcher), "the sets are filled")
        assert station.stored() == ids(*range(700))
        assert matcher.loading == Loading(Phase.READY, 700, 700)
        matcher.ping()


def test_it_tells_how_far_the_filling_is(station: Station) -> None:
    count = 2 * PARTITIONS * BATCH
    station.hold(references(count))
    release, half = threading.Event(), threading.Event()
    batches = iter(range(PARTITIONS))

    def pauses_half_way(names: Sequence[str]) -> Sequence[IndexedReference]:
        if next(batches, None) is None:
            half.set()
            assert release.wait(LIMIT)
        return station.source.indexed(MODEL, names)

    matcher = watching(station, Watched(station.source, indexed=pauses_half_way))
    with matcher.following():
        assert half.wait(LIMIT)
        loading = matcher.loading
        assert (loading.phase, loading.total) == (Phase.FROM_DATABASE, count)
        assert 0 < loading.rows < count
        refused(matcher.ping)
        refused(lambda: found(matcher))
        release.set()
        until(lambda: whole(matcher), "the sets are filled")
    assert matcher.loading == Loading(Phase.READY, count, count)


def test_what_is_there_from_before_is_ready_at_once_and_read_by_nobody(station: Station) -> None:
    station.hold(references(300))
    station.matcher().warm()
    source = Watched(station.source)
    matcher = watching(station, source)
    with matcher.following():
        until(lambda: whole(matcher), "the sets are found whole")
    assert source.named == set()


def test_it_ends_in_the_midst_of_a_filling_and_the_next_goes_on(station: Station) -> None:
    station.hold(references(8 * BATCH))
    begun, release = threading.Event(), threading.Event()

    def slow(names: Sequence[str]) -> Sequence[IndexedReference]:
        begun.set()
        release.wait(1.5)
        return station.source.indexed(MODEL, names)

    source = Watched(station.source, indexed=slow)
    with (
        VectorSetGallery(station.layout, source, VectorServer(station.servers.url, seconds=1)) as matcher,
        matcher.following(),
    ):
        assert begun.wait(LIMIT)
    assert not whole(matcher)
    assert len(station.stored()) < 8 * BATCH
    assert answered(lambda: found(station.matcher())) == ids(*range(8 * BATCH))


def test_what_cannot_be_read_is_no_gallery_and_is_tried_again(station: Station) -> None:
    station.hold(references(30))
    broken = threading.Event()
    broken.set()

    def sealed(names: Sequence[str]) -> Sequence[IndexedReference]:
        if broken.is_set():
            raise SealBroken
        return station.source.indexed(MODEL, names)

    matcher = watching(station, Watched(station.source, indexed=sealed))
    with matcher.following():
        with pytest.raises((SealBroken, SearchIncomplete)):
            found(matcher)
        assert not whole(matcher)
        broken.clear()
        assert answered_after_faults(matcher) == ids(*range(30))


def answered_after_faults(matcher: VectorSetGallery) -> set[str]:
    """The round that failed may still be the latest: its error is given once more."""
    try:
        return answered(lambda: found(matcher))
    except SealBroken:
        return answered(lambda: found(matcher))


# --- in step ---------------------------------------------------------------------------------------------------------


def test_a_change_that_nobody_told_arrives_without_a_search(station: Station) -> None:
    station.hold(references(20))
    matcher = station.matcher()
    with matcher.following():
        until(lambda: whole(matcher), "the sets are filled")
        station.source.enrol(reference(50))
        station.source.erase(reference(3).reference_id)
        until(lambda: station.stored() == ids(*range(20), 50) - ids(3), "both changes arrive")


def test_each_partition_stands_for_the_gallery_change_it_has_reached(station: Station) -> None:
    station.hold(references(60))
    matcher = station.matcher()
    before = matcher.standing()
    assert (len(before.matchers), before.whole, before.reached(0)) == (PARTITIONS, False, False)
    matcher.warm()
    standing = matcher.standing()
    assert {one.version for one in standing.matchers} == {60}
    assert sum(one.rows for one in standing.matchers) == 60
    assert (standing.whole, standing.stored, standing.reached(60), standing.reached(61)) == (True, {}, True, False)
    station.source.erase(reference(3).reference_id)  # nobody is told
    assert not matcher.standing().reached(61)
    matcher.warm()
    assert matcher.standing().reached(61)
    assert sum(one.rows for one in matcher.standing().matchers) == 59


def test_a_partition_that_is_being_filled_has_reached_nothing(station: Station) -> None:
    station.hold(references(60))
    matcher = station.matcher()
    matcher.warm()
    begun = Partition(station.layout.prefixes()[2], station.layout.precision, VectorServer(station.servers.url, 1))
    begun.begin("another filling", 60)
    standing = matcher.standing()
    assert [one.version for one in standing.matchers].count(-1) == 1
    assert not standing.reached(1)


# --- a dead node -----------------------------------------------------------------------------------------------------


def test_with_a_dead_node_it_stands_nowhere_is_not_ready_and_gives_no_list(own_station: Station) -> None:
    own_station.hold(references(60))
    matcher = own_station.matcher()
    with matcher.following():
        until(lambda: whole(matcher), "the sets are filled")
        dead = own_station.servers.nodes[0]
        dead.kill()
        for act in (lambda: found(matcher), matcher.ping, matcher.standing):
            refused(act)
        own_station.source.erase(reference(7).reference_id)
        for act in (lambda: found(matcher), matcher.standing):
            refused(act)
        dead.start()
        until(lambda: standing_for(matcher, 61), "the thread makes up for what the dead node missed")
        assert own_station.stored() == ids(*range(60)) - ids(7)
        assert answered(lambda: found(matcher)) == ids(*range(60)) - ids(7)


def test_a_start_beside_a_dead_node_waits_for_it(own_station: Station) -> None:
    own_station.hold(references(60))
    dead = own_station.servers.nodes[2]
    dead.kill()
    matcher = own_station.matcher()
    with matcher.following():
        refused(lambda: found(matcher))
        refused(matcher.ping)
        assert not whole(matcher)
        dead.start()
        until(lambda: whole(matcher), "the sets are filled when the node is back")
        assert answered(lambda: found(matcher)) == ids(*range(60))


def standing_for(matcher: VectorSetGallery, version: int) -> bool:
    try:
        return matcher.standing().reached(version)
    except SearchIncomplete:
        return False
