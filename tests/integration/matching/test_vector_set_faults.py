"""The vector-set matcher when real nodes die, hang, forget and come back old."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Sequence

import pytest

from server.domain.errors import DatabaseUnavailable, SearchIncomplete
from server.domain.gallery import IndexedReference
from server.matching.vector_set import VectorSetGallery
from server.matching.vector_set_server import VectorServer
from tests.fakes.templates import MODEL, reference, references
from tests.integration.matching.vector_sets import (
    LIMIT,
    Station,
    Watched,
    answered,
    found,
    ids,
    keys_of,
    own_station,
    refused,
    station,
)
from tests.real_cluster import Node, until

__all__ = ["own_station", "station"]


# --- nodes that die, forget, or come back old ------------------------------------------------------------------------


def test_a_dead_node_is_an_incomplete_search_and_never_a_short_list(own_station: Station) -> None:
    own_station.hold(references(60))
    matcher = own_station.matcher()
    matcher.warm()
    assert found(matcher) == ids(*range(60))
    dead = own_station.servers.nodes[1]
    dead.kill()
    for _ in range(20):  # also while the others have not noticed yet
        with pytest.raises(SearchIncomplete):
            found(matcher)
    with pytest.raises(SearchIncomplete):
        matcher.ping()
    with pytest.raises(SearchIncomplete):
        found(own_station.matcher())
    own_station.enrol(matcher, reference(70))
    dead.start()
    assert answered(lambda: found(matcher)) == ids(*range(60), 70)
    matcher.ping()
    assert answered(lambda: found(own_station.matcher())) == ids(*range(60), 70)


def test_a_node_that_hangs_is_an_incomplete_search_in_bounded_time(own_station: Station) -> None:
    own_station.hold(references(30))
    matcher = own_station.matcher()
    matcher.warm()
    hanging = own_station.servers.nodes[2]
    assert hanging.process is not None
    hanging.process.send_signal(signal.SIGSTOP)
    ended = threading.Event()

    def ask() -> None:
        refused(lambda: found(matcher))
        ended.set()

    asking = threading.Thread(target=ask)
    asking.start()
    assert ended.wait(LIMIT)
    asking.join()
    hanging.process.send_signal(signal.SIGCONT)
    assert answered(lambda: found(matcher)) == ids(*range(30))


def emptied(node: Node) -> None:
    with node.client() as client:
        client.flushall()


def without_vectors(node: Node) -> None:
    with node.client() as client:
        for key in client.scan_iter(match="gallery:*:vectors"):
            client.delete(key)


def without_one_vector(node: Node) -> None:
    with node.client() as client:
        key = next(client.scan_iter(match="gallery:*:vectors"))
        client.execute_command("VREM", key, client.execute_command("VRANDMEMBER", key))


def without_state(node: Node) -> None:
    with node.client() as client:
        for key in client.scan_iter(match="gallery:*:state"):
            client.delete(key)


@pytest.mark.parametrize("harm", [emptied, without_vectors, without_one_vector, without_state])
def test_what_a_node_lost_is_noticed_and_filled_again(station: Station, harm: Callable[[Node], None]) -> None:
    station.hold(references(90))
    matcher = station.matcher()
    matcher.warm()
    harm(station.servers.nodes[0])
    assert answered(lambda: found(matcher)) == ids(*range(90))
    assert station.stored() == ids(*range(90))


def test_a_node_that_comes_back_with_old_contents_is_noticed(station: Station) -> None:
    station.hold(references(90))
    matcher = station.matcher()
    matcher.warm()
    old = [(node, key, dumped(node, key)) for node in station.servers.nodes for key in keys_of(node, "gallery:*")]
    station.enrol(matcher, *(reference(seed) for seed in range(90, 120)))
    station.erase(matcher, *range(10))
    for node, key, content in old:
        with node.client() as client:
            client.restore(key, 0, content, replace=True)
    assert found(matcher) == ids(*range(10, 120))
    assert station.stored() == ids(*range(10, 120))


def dumped(node: Node, key: bytes) -> bytes:
    with node.client() as client:
        content = client.dump(key)
    assert isinstance(content, bytes)
    return content


def test_a_database_set_back_to_a_backup_is_followed(station: Station) -> None:
    station.hold(references(6))
    matcher = station.matcher()
    matcher.warm()
    station.enrol(matcher, reference(6), reference(7))
    assert len(found(matcher)) == 8
    station.source.set_back(references(2), 3)
    assert found(matcher) == ids(0, 1)
    assert station.stored() == ids(0, 1)


def test_a_filling_goes_on_where_it_was_cut_off(station: Station) -> None:
    station.hold(references(2000))
    batches = iter(range(4))

    def fails_at_last(names: Sequence[str]) -> Sequence[IndexedReference]:
        if next(batches, None) is None:
            raise DatabaseUnavailable
        return station.source.indexed(MODEL, names)

    cut_off = Watched(station.source, indexed=fails_at_last)
    with (
        VectorSetGallery(station.layout, cut_off, VectorServer(station.servers.url, seconds=5)) as first,
        pytest.raises(DatabaseUnavailable),
    ):
        first.warm()
    partly = station.stored()
    assert 0 < len(partly) < 2000
    source = Watched(station.source)
    with VectorSetGallery(station.layout, source, VectorServer(station.servers.url, seconds=5)) as second:
        second.warm()
    assert source.named == ids(*range(2000)) - partly
    assert station.stored() == ids(*range(2000))


def test_a_search_does_not_wait_for_a_long_filling(station: Station) -> None:
    station.hold(references(50))
    release = threading.Event()
    source = Watched(station.source, lambda: release.wait(LIMIT))
    with VectorSetGallery(station.layout, source, VectorServer(station.servers.url, seconds=5)) as matcher:
        refused(lambda: found(matcher))
        refused(matcher.ping)
        release.set()
        assert answered(lambda: found(matcher)) == ids(*range(50))


def test_what_was_erased_while_redis_was_away_goes_at_the_next_search(own_station: Station) -> None:
    own_station.hold(references(20))
    matcher = own_station.matcher()
    matcher.warm()
    for node in own_station.servers.nodes:
        node.kill()
    own_station.erase(matcher, 3, 4)
    for node in own_station.servers.nodes:
        node.start()
    until(own_station.servers.whole, "the cluster is whole")
    assert answered(lambda: found(matcher)) == ids(*range(20)) - ids(3, 4)
    assert own_station.stored() == ids(*range(20)) - ids(3, 4)


def test_nothing_of_a_template_is_in_an_error(own_station: Station) -> None:
    own_station.hold(references(3))
    matcher = own_station.matcher()
    matcher.warm()
    own_station.servers.nodes[0].kill()
    with pytest.raises(SearchIncomplete) as caught:
        found(matcher)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    assert str(caught.value) == SearchIncomplete.message


def test_a_turn_that_could_not_be_given_back_keeps_nobody_of_ours_waiting(station: Station) -> None:
    station.hold(references(20))
    lock = f"{station.layout.prefixes()[0]}:filler"
    taken: list[bytes] = []

    def lost_from_here() -> None:
        taken.append(holder(station, lock))
        if len(taken) == 1:
            raise DatabaseUnavailable

    source = Watched(station.source, lost_from_here)
    with VectorSetGallery(station.layout, source, VectorServer(station.servers.url, seconds=5)) as matcher:
        with pytest.raises(DatabaseUnavailable):
            matcher.warm()
        with station.servers.nodes[0].client() as client:
            client.set(lock, taken[0], px=60_000)  # as if the release had not come through
        matcher.warm()
        assert found(matcher) == ids(*range(20))
        emptied(station.servers.nodes[0])
        with station.servers.nodes[0].client() as client:
            client.set(lock, b"another process", px=60_000)
        refused(lambda: found(matcher))


def holder(station: Station, lock: str) -> bytes:
    with station.servers.nodes[0].client() as client:
        value = client.get(lock)
    assert isinstance(value, bytes)
    return value
