"""Somebody writes into the vector sets' Redis what no filling writes: it is a refusal at most, and filled anew."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from redis import Redis

from tests.fakes.templates import reference, references
from tests.integration.matching.test_exact import eventually
from tests.integration.matching.vector_sets import Station, answered, found, ids, refused, station
from tests.real_cluster import Node

__all__ = ["station"]

Lie = Callable[[Redis, str], object]


def another_kind(part: str) -> Lie:
    def lie(client: Redis, prefix: str) -> None:
        client.delete(f"{prefix}:{part}")
        client.lpush(f"{prefix}:{part}", "x")

    return lie


def said(field: str, value: bytes) -> Lie:
    return lambda client, prefix: client.hset(f"{prefix}:state", field, value)


LIES: dict[str, Lie] = {
    "version no number": said("version", b"abc"),
    "count no number": said("count", b"\xff"),
    "loss not a number": said("loss", b"nan"),
    "loss below nothing": said("loss", b"-1"),
    "loss without end": said("loss", b"inf"),
    "a list for the state": another_kind("state"),
    "a list for the vectors": another_kind("vectors"),
    "a list for what waits": another_kind("ahead"),
}


@pytest.mark.parametrize("name", LIES)
def test_a_lie_ends_nothing_and_is_mended(station: Station, name: str) -> None:
    station.hold(references(40))
    matcher = station.matcher()
    with matcher.following():
        assert answered(lambda: found(matcher)) == ids(*range(40))
        prefix = station.layout.prefixes()[0]
        with holder_of(station, f"{prefix}:state").client() as client:
            LIES[name](client, prefix)
        station.enrol(matcher, reference(40), reference(41), reference(42))
        station.erase(matcher, 3, 4, 5)
        assert answered(lambda: found(matcher)) == ids(*range(43)) - ids(3, 4, 5)
        eventually(lambda: station.stored() == ids(*range(43)) - ids(3, 4, 5))
        matcher.ping()


def test_an_element_whose_name_is_no_text_goes(station: Station) -> None:
    station.hold(references(40))
    matcher = station.matcher()
    matcher.warm()
    key = f"{station.layout.prefixes()[0]}:vectors"
    with holder_of(station, key).client() as client:
        known = client.execute_command("VRANDMEMBER", key)
        vector = [float(part) for part in client.execute_command("VEMB", key, known)]
        client.execute_command("VADD", key, "VALUES", len(vector), *vector, b"\xff\xfe", "Q8")
        assert answered(lambda: found(matcher)) == ids(*range(40))
        assert b"\xff\xfe" not in client.execute_command("VRANDMEMBER", key, 100)


def test_a_turn_that_nobody_has_is_taken(station: Station) -> None:
    station.hold(references(20))
    matcher = station.matcher()
    prefix = station.layout.prefixes()[0]
    matcher.warm()
    with holder_of(station, f"{prefix}:state").client() as client:
        another_kind("filler")(client, prefix)
        client.delete(f"{prefix}:state")
        assert answered(lambda: found(matcher)) == ids(*range(20))
        client.set(f"{prefix}:filler", "x")
        client.delete(f"{prefix}:state")
        refused(lambda: found(matcher))
        assert client.pttl(f"{prefix}:filler") > 0, "nobody would ever fill again"


def holder_of(station: Station, key: str) -> Node:
    for node in station.servers.nodes:
        with node.client() as client:
            if key.encode() in client.keys("gallery:*"):
                return node
    raise AssertionError("no node holds it")
