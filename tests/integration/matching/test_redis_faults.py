"""A real Redis that is flushed, restarted, slow, full, or tells lies, under matchers that follow and that start."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from threading import Event, Thread

import pytest
from redis import Redis

from server.domain.errors import CacheFull, CacheUnavailable, GalleryLoading, SealBroken
from server.domain.gallery import IndexedReference
from server.domain.matchers import Phase
from server.matching.cache import BLOCK_ROWS
from server.matching.embedded import EmbeddedRedis
from server.matching.exact import ExactGallery
from server.matching.matrix import Matrix
from server.matching.reading import rows_of
from server.matching.roster import PREFIX, SINCE, Roster
from tests.fakes.memory_gallery import ThrowAwayCipher
from tests.fakes.templates import DIMENSION, MODEL, reference, references
from tests.integration.matching.test_exact import OTHER, Station, eventually, found, ids, stored


@pytest.fixture
def own_client(own_redis: EmbeddedRedis) -> Iterator[Redis]:
    with own_redis.client() as client:
        yield client


def test_a_flush_is_healed_and_what_happened_meanwhile_is_followed(redis_client: Redis) -> None:
    station = Station(redis_client, references(5))
    one, other = station.matcher(), station.matcher()
    with one.following(), other.following():
        eventually(lambda: one.version == other.version == 5)
        redis_client.flushall()
        station.erase(one, *ids(1))
        station.enrol(one, reference(7))
        redis_client.flushall()
        eventually(lambda: one.version == other.version == 7)
        eventually(lambda: stored(station) == ids(0, 2, 3, 4, 7))
        eventually(lambda: len(one.standing().matchers) == 2)
    assert found(one) == found(other) == ids(0, 2, 3, 4, 7)
    assert station.source.reads == 1


def test_a_redis_that_dies_and_comes_back_is_announced_to_again(own_redis: EmbeddedRedis, own_client: Redis) -> None:
    station = Station(own_client, references(5))
    matcher = station.matcher()
    with matcher.following():
        eventually(lambda: matcher.version == 5)
        assert own_redis.process_id is not None
        os.kill(own_redis.process_id, signal.SIGKILL)
        station.erase(matcher, *ids(3))
        eventually(lambda: matcher.version == 6)
        eventually(lambda: answers(lambda: stored(station) == ids(0, 1, 2, 4)))
        eventually(lambda: [one.version for one in matcher.standing().matchers] == [6])


def test_erased_rows_leave_memory_while_redis_is_away(own_redis: EmbeddedRedis, own_client: Redis) -> None:
    station = Station(own_client, references(5))
    matcher = station.matcher()
    with matcher.following():
        eventually(lambda: matcher.version == 5)
        own_redis.close()
        station.erase(matcher, *ids(0, 2))
        eventually(lambda: matcher.version == 7)
        own_redis.start()
        eventually(lambda: answers(lambda: stored(station) == ids(1, 3, 4)))


def test_a_slow_redis_holds_up_no_search_and_is_caught_up_with(own_client: Redis) -> None:
    station = Station(own_client, references(5))
    matcher = station.matcher()
    matcher.warm()
    own_client.client_pause(5000)
    assert found(matcher) == ids(0, 1, 2, 3, 4)
    with pytest.raises(CacheUnavailable):
        matcher.ping()
    station.source.erase(*ids(3))
    assert found(matcher) == ids(0, 1, 2, 4)
    eventually(lambda: answers(lambda: bool(station.cache().head())))
    matcher.warm()
    assert stored(station) == ids(0, 1, 2, 4)


def test_a_full_redis_is_searched_from_memory_and_keeps_no_half_writing(own_client: Redis) -> None:
    station = Station(own_client, references(3 * BLOCK_ROWS))
    own_client.config_set("maxmemory-policy", "noeviction")
    own_client.config_set("maxmemory", int(own_client.info("memory")["used_memory"]) + 700_000)
    matcher = station.matcher()
    matcher.warm()
    assert len(found(matcher)) == 3 * BLOCK_ROWS
    assert list(own_client.scan_iter("gallery:*:block:*")) == []
    assert station.cache().head() is None
    own_client.config_set("maxmemory", 0)
    matcher.warm()
    assert len(stored(station)) == 3 * BLOCK_ROWS


def test_a_full_redis_is_told_from_a_dead_one(own_client: Redis) -> None:
    own_client.config_set("maxmemory", 1)
    with pytest.raises(CacheFull):
        Roster(own_client, ThrowAwayCipher()).announce(MODEL, 1, 1, 713)


def of_another_generation(client: Redis, station: Station) -> None:
    """Put the blocks of an earlier writing in the place of the newest ones."""
    old = {key: client.get(key) for key in client.scan_iter("gallery:*:block:*")}
    station.erase(station.matcher(), *ids(2))
    station.matcher().warm()
    newest = sorted(client.scan_iter("gallery:*:block:*"))
    assert not set(newest) & set(old)
    for key, (_, sealed) in zip(newest, sorted(old.items()), strict=True):
        assert isinstance(sealed, bytes)
        client.set(key, sealed)


def of_another_model(client: Redis, station: Station) -> None:
    """Put another model's head and blocks in the place of this one's."""
    other = [IndexedReference(f"{n:032x}", "x", one.source, one.template) for n, one in enumerate(references(3))]
    for entry in other:
        station.source.enrol(reference(int(entry.reference_id, 16) + 90, model=OTHER))
    ExactGallery(OTHER, station.source, client, station.cipher).warm()
    for key in client.scan_iter(f"gallery:{{{OTHER}}}:*"):
        name = bytes(key).decode()
        client.copy(name, name.replace(OTHER, MODEL), replace=True)


def with_a_short_head(client: Redis, _: Station) -> None:
    key = next(iter(client.scan_iter(f"gallery:{{{MODEL}}}:version")))
    sealed = client.get(key)
    assert isinstance(sealed, bytes)
    client.set(key, sealed[: len(sealed) // 2])


def with_a_flipped_bit_in_each_block(client: Redis, _: Station) -> None:
    for key in client.scan_iter("gallery:*:block:*"):
        sealed = client.get(key)
        assert isinstance(sealed, bytes)
        client.set(key, sealed[:40] + bytes([sealed[40] ^ 1]) + sealed[41:])


@pytest.mark.parametrize(
    "lie", [of_another_generation, of_another_model, with_a_short_head, with_a_flipped_bit_in_each_block]
)
def test_lies_are_not_believed_and_are_replaced(redis_client: Redis, lie: Callable[[Redis, Station], None]) -> None:
    station = Station(redis_client, references(5))
    station.matcher().warm()
    lie(redis_client, station)
    true = {entry.reference_id for entry in station.source.references(MODEL)[1]}
    starting = station.matcher()
    assert found(starting) == true
    with starting.following():
        eventually(lambda: stored(station) == true)
    reads = station.source.reads
    assert found(station.matcher()) == true
    assert station.source.reads == reads


def test_forged_announcements_are_no_matchers(redis_client: Redis) -> None:
    station = Station(redis_client, references(2))
    matcher = station.matcher()
    with matcher.following():
        eventually(lambda: [one.version for one in matcher.standing().matchers] == [2])
        key = next(iter(redis_client.scan_iter(f"{PREFIX}*")))
        redis_client.copy(key, f"{PREFIX}{'0' * 32}")
        redis_client.set(f"{PREFIX}{'1' * 32}", b"forged")
        assert len(matcher.standing().matchers) == 1


def test_a_list_that_was_lost_is_not_whole_and_a_matcher_that_leaves_is_gone(redis_client: Redis) -> None:
    station = Station(redis_client, references(2))
    matcher = station.matcher()
    with matcher.following():
        eventually(lambda: matcher.version == 2)
        assert not matcher.standing().whole
        redis_client.set(SINCE, repr(time.time() - 60))
        (announced,) = matcher.standing().matchers
        assert matcher.standing().whole
        assert (announced.model, announced.version, announced.rows) == (MODEL, 2, 2)
        assert 0 <= announced.age < 10
        room = announced.nbytes or 0
        assert room >= 2 * (DIMENSION * (4 + 1) + 2 * 32 + 1 + 2 * 4)
        assert announced.bytes_a_reference == round(room / 2)
        assert matcher.standing().stored == {MODEL: 2}
    assert matcher.standing().matchers == []


def test_rows_of_a_model_that_no_matcher_keeps_go_with_an_erasure(redis_client: Redis) -> None:
    station = Station(redis_client, [*references(3), reference(7, model=OTHER)])
    ExactGallery(OTHER, station.source, redis_client, station.cipher).warm()
    matcher = station.matcher()
    with matcher.following():
        eventually(lambda: matcher.standing().stored.keys() == {MODEL, OTHER})
        station.erase(matcher, *ids(1))
        eventually(lambda: matcher.standing().stored == {MODEL: 5})


def test_the_first_load_tells_how_far_it_is_and_what_cannot_be_read_is_no_gallery(redis_client: Redis) -> None:
    station = Station(redis_client, references(3000))
    seen: list[tuple[Phase, int, int]] = []
    matcher = station.matcher()
    station.source.before_block = lambda: seen.append(
        (matcher.loading.phase, matcher.loading.rows, matcher.loading.total)
    )
    matcher.warm()
    assert seen == [(Phase.FROM_DATABASE, rows, 3000) for rows in (0, 1000, 2000)]
    assert (matcher.loading.phase, matcher.loading.rows, matcher.loading.percent) == (Phase.READY, 3000, 100)
    redis_client.flushall()
    station.source.before_block = break_the_seal
    failing = station.matcher()
    with failing.following():
        eventually(lambda: failing.loading.phase is Phase.FROM_DATABASE)
        with pytest.raises(SealBroken):
            found(failing)
    assert failing.loading.percent == 0


# --- ended in the midst of a load ------------------------------------------------------------------------------


def test_a_load_from_the_database_is_cut_short_at_the_end(redis_client: Redis) -> None:
    station = Station(redis_client, references(6000))
    begun, blocks = Event(), []

    def slowly() -> None:
        blocks.append(1)
        begun.set()
        time.sleep(0.2)

    station.source.before_block = slowly
    matcher = station.matcher()
    with matcher.following():
        assert begun.wait(10)
    assert len(blocks) < 6
    assert matcher.version == -1
    station.source.before_block = lambda: None
    assert len(found(matcher)) == 6000, "what was cut short is loaded by the next search"


def test_a_load_from_the_cache_is_cut_short_at_the_end(redis_client: Redis) -> None:
    station = Station(redis_client, references(6 * BLOCK_ROWS))
    station.matcher().warm()
    opened: list[int] = []
    begun = Event()

    class SlowCipher(ThrowAwayCipher):
        """Opens what the other one sealed, and takes its time over a block."""

        def seal(self, plaintext: bytes, context: bytes) -> bytes:
            return station.cipher.seal(plaintext, context)

        def open(self, sealed: bytes, context: bytes) -> bytes:
            if b":block:" in context:
                opened.append(1)
                begun.set()
                time.sleep(0.3)
            return station.cipher.open(sealed, context)

    matcher = ExactGallery(MODEL, station.source, redis_client, SlowCipher())
    with matcher.following():
        assert begun.wait(10)
    assert len(opened) < 6
    assert matcher.version == -1


def test_a_wait_for_another_matchers_load_is_cut_short_at_the_end(redis_client: Redis) -> None:
    station = Station(redis_client, references(5))
    redis_client.set(f"gallery:{{{MODEL}}}:lock", b"another matcher", px=60_000)
    matcher = station.matcher()
    ended = Event()

    def follow_for_a_moment() -> None:
        with matcher.following():
            time.sleep(0.5)
        ended.set()

    following = Thread(target=follow_for_a_moment, daemon=True)
    following.start()
    assert ended.wait(10), "it waits for a lock that runs out in a minute"
    assert matcher.version == -1


def test_a_writing_that_is_cut_short_leaves_nothing(redis_client: Redis) -> None:
    station = Station(redis_client, references(3 * BLOCK_ROWS))
    matcher = station.matcher()
    matcher.warm()
    redis_client.flushall()
    blocks = iter(range(2))

    def stopped_at_the_second() -> None:
        if next(blocks) == 1:
            raise GalleryLoading

    with pytest.raises(GalleryLoading):
        station.cache().store(loaded(station), "0-0", stopped_at_the_second)
    assert list(redis_client.scan_iter("gallery:*:block:*")) == []
    assert station.cache().head() is None


def loaded(station: Station) -> Matrix:
    with station.source.reading(MODEL) as reading:
        return Matrix.holding(rows_of(reading, lambda _: None), reading.version)


def answers(ask: Callable[[], object]) -> bool:
    try:
        return ask() is not False
    except CacheUnavailable:
        return False


def break_the_seal() -> None:
    raise SealBroken
