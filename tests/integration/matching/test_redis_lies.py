"""Somebody writes into Redis what we never would, under matchers that follow: nothing ends, and all is mended."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator

import pytest
from redis import Redis

from server.domain.errors import CacheUnavailable
from server.matching.cache import Head
from server.matching.changes import END, STREAM
from server.matching.connection import connect
from server.matching.embedded import EmbeddedRedis
from server.matching.exact import ExactGallery
from server.matching.roster import LIFE_SECONDS, PREFIX, SINCE, Roster
from tests.fakes.memory_gallery import ThrowAwayCipher
from tests.fakes.templates import MODEL, reference, references
from tests.integration.matching.test_exact import Station, eventually, found, ids, stored

HEAD = f"gallery:{{{MODEL}}}:version"
LOCK = f"gallery:{{{MODEL}}}:lock"
HUGE = b"x" * 40_000_000

Lie = Callable[[Redis], object]


@pytest.fixture
def station(redis_client: Redis) -> Station:
    return Station(redis_client, references(5))


@pytest.fixture
def matcher(station: Station) -> Iterator[ExactGallery]:
    """Follows, and has stored its rows."""
    made = station.matcher()
    with made.following():
        eventually(lambda: made.standing().stored == {MODEL: 5})
        yield made


def replaced_by_a_list(key: str) -> Lie:
    def lie(client: Redis) -> None:
        client.delete(key)
        client.lpush(key, "x")

    return lie


def every(pattern: str, value: bytes) -> Lie:
    def lie(client: Redis) -> None:
        for key in client.scan_iter(match=pattern):
            client.set(key, value)

    return lie


def every_replaced_by_a_list(pattern: str) -> Lie:
    def lie(client: Redis) -> None:
        for key in list(client.scan_iter(match=pattern)):
            replaced_by_a_list(key)(client)

    return lie


LIES: dict[str, Lie] = {
    "a name that is no text": lambda client: client.set(b"gallery:{\xff}:version", b"x"),
    "a name that is a pattern": lambda client: client.set("gallery:{*}:version", b"x"),
    "a name that moves the cursor": lambda client: client.set("gallery:{\x1b[2J}:version", b"x"),
    "a matcher whose name is no text": lambda client: client.set(b"gallery:matcher:\xff\xfe", b"x"),
    "a list for a matcher": lambda client: client.lpush(f"{PREFIX}{'0' * 32}", "x"),
    "lists for all matchers": every_replaced_by_a_list(f"{PREFIX}*"),
    "huge matchers": every(f"{PREFIX}*", HUGE),
    "a list for the head": replaced_by_a_list(HEAD),
    "a huge head": lambda client: client.set(HEAD, HUGE),
    "an empty head": lambda client: client.set(HEAD, b""),
    "lists for all blocks": every_replaced_by_a_list("gallery:*:block:*"),
    "huge blocks": every("gallery:*:block:*", HUGE),
    "a list for the stream": replaced_by_a_list(STREAM),
    "a string for the stream": lambda client: client.set(STREAM, b"x"),
    "a stream that takes no more": lambda client: client.xadd(STREAM, {"change": b"x"}, id=END),
    "a huge entry": lambda client: client.xadd(STREAM, {"change": HUGE}),
    "a list for the lock": replaced_by_a_list(LOCK),
    "a lock for ever": lambda client: client.set(LOCK, b"x"),
    "a lock for a year": lambda client: client.set(LOCK, b"x", ex=31_536_000),
    "since no number": lambda client: client.set(SINCE, b"abc"),
    "since not a number": lambda client: client.set(SINCE, b"nan"),
    "since for ever": lambda client: client.set(SINCE, b"-inf"),
    "since the far future": lambda client: client.set(SINCE, b"1e300"),
    "since \xff": lambda client: client.set(SINCE, b"\xff\xfe"),
    "a list for since": replaced_by_a_list(SINCE),
}


@pytest.mark.parametrize("name", LIES)
def test_a_lie_ends_nothing_and_is_mended(station: Station, matcher: ExactGallery, name: str) -> None:
    LIES[name](station.client)
    matcher.standing()
    matcher.ping()
    station.enrol(matcher, reference(7))
    station.erase(matcher, *ids(2))
    assert found(matcher) == ids(0, 1, 3, 4, 7)
    eventually(lambda: stored(station) == ids(0, 1, 3, 4, 7))
    eventually(lambda: matcher.standing().stored == {MODEL: 7})
    eventually(lambda: [one.version for one in matcher.standing().matchers] == [7])
    eventually(lambda: kept_since(station.client))
    assert station.client.type(STREAM) in (b"stream", b"none")
    assert found(station.matcher()) == ids(0, 1, 3, 4, 7)
    matcher.ping()


def kept_since(client: Redis) -> bool:
    """Whether it is said since when the list is kept, and can be true."""
    if client.type(SINCE) != b"string":
        return False
    try:
        return 0 <= float(client.get(SINCE) or b"") <= time.time()
    except ValueError:
        return False


def test_entries_that_nobody_sealed_leave_the_stream(station: Station, matcher: ExactGallery) -> None:
    station.client.xadd(STREAM, {"no": "field of ours"})
    station.client.xadd(STREAM, {"change": b"x"}, id=f"{2**64 - 1}-0")
    eventually(lambda: station.client.xlen(STREAM) == 0)
    station.enrol(matcher, reference(7))
    eventually(lambda: matcher.version == 6)


def test_what_another_version_of_the_service_sealed_is_nothing_stored(station: Station) -> None:
    strange = json.dumps({"version": 5, "more": "than we know"}).encode()
    station.client.set(HEAD, station.cipher.seal(strange, HEAD.encode()))
    assert station.cache().head() is None
    change = (6).to_bytes(8) + b'{"renamed": "x"}\n'
    station.client.xadd(STREAM, {"change": station.cipher.seal(change, STREAM.encode())})
    assert station.cache().changes.after("0-0") == []


def test_blocks_of_a_head_that_was_lost_do_not_stay(station: Station, matcher: ExactGallery) -> None:
    """An erased row may be in them, and no head names them any more."""
    station.client.set(HEAD, b"x")
    station.erase(matcher, *ids(2))
    eventually(lambda: stored(station) == ids(0, 1, 3, 4))
    assert len(list(station.client.scan_iter("gallery:*:block:*"))) == 1


def test_a_name_that_is_a_pattern_takes_no_rows_of_others_with_it(station: Station, matcher: ExactGallery) -> None:
    station.client.set("gallery:{*}:version", b"x")
    station.client.set("gallery:{[a-z]*}:version", b"x")
    head = station.cache().head()
    assert isinstance(head, Head)
    station.cache("another-model/1").forget_others([MODEL])
    assert station.cache().head() == head
    assert station.cache().whole(head)
    assert matcher.standing().stored == {MODEL: 5}


# --- the list of matchers --------------------------------------------------------------------------------------


def test_a_list_from_which_somebody_was_taken_counts_as_begun_anew(redis_client: Redis) -> None:
    roster = Roster(redis_client, ThrowAwayCipher())
    roster.announce(MODEL, 1, 1, 0)
    redis_client.set(SINCE, repr(time.time() - 60))
    roster.announce(MODEL, 1, 1, 0)
    assert roster.whole()
    redis_client.delete(*redis_client.scan_iter(f"{PREFIX}*"))
    roster.announce(MODEL, 1, 1, 0)
    assert not roster.whole()


def test_who_cannot_announce_is_listed_no_longer_than_the_announcement_lasts(redis_client: Redis) -> None:
    roster = Roster(redis_client, ThrowAwayCipher())
    assert not roster.listed
    roster.announce(MODEL, 1, 1, 0)
    (key,) = redis_client.scan_iter(f"{PREFIX}*")
    assert roster.listed
    eventually(lambda: not redis_client.exists(key))
    assert not roster.listed, "it was taken off the list, and does not know"


def test_who_is_not_on_the_list_answers_nobody_until_it_can_announce_itself(station: Station) -> None:
    matcher = station.matcher()
    assert found(matcher) == ids(0, 1, 2, 3, 4)
    time.sleep(LIFE_SECONDS)
    station.client.client_pause(4000)
    with pytest.raises(CacheUnavailable):
        found(matcher)
    with pytest.raises(CacheUnavailable):
        matcher.ping()
    eventually(lambda: bool(station.client.ping()))
    assert found(matcher) == ids(0, 1, 2, 3, 4)
    assert [one.version for one in matcher.standing().matchers] == [5]


def test_an_erasure_is_complete_without_somebody_only_once_they_answer_nobody(
    own_redis: EmbeddedRedis,
) -> None:
    """The other one's heartbeat is dead, and Redis takes nothing from it any more."""
    with own_redis.client() as client, connect(own_redis.url.replace("unix://", "unix://other:word@")) as others:
        allow(client, "+@all")
        station = Station(client, references(5))
        one, other = station.matcher(), ExactGallery(MODEL, station.source, others, station.cipher)
        with one.following():
            assert found(other) == ids(0, 1, 2, 3, 4)
            eventually(lambda: [listed.version for listed in one.standing().matchers] == [5, 5])
            client.set(SINCE, "0")
            station.erase(one, *ids(2))
            allow(client, "-@all")
            eventually(lambda: one.version == 6)
            standing = one.standing()
            assert not standing.reached(6) or len(standing.matchers) == 1
            eventually(lambda: one.standing().reached(6))
            with pytest.raises(CacheUnavailable):
                found(other)
            allow(client, "+@all")
            assert found(other) == ids(0, 1, 3, 4)
            assert [listed.version for listed in one.standing().matchers] == [6, 6]


def allow(client: Redis, commands: str) -> None:
    client.acl_setuser("other", enabled=True, passwords=["+word"], keys=["*"], commands=[commands])
