"""The exact matcher on a real Redis that dies, forgets and lies, and beside other matchers."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from threading import Event

import pytest
from redis import Redis

from server.domain.errors import CacheUnavailable, GalleryLoading
from server.domain.gallery import IndexedReference, Source
from server.matching.cache import BLOCK_ROWS, GalleryCache
from server.matching.embedded import EmbeddedRedis
from server.matching.exact import ExactGallery
from server.matching.following import CHANGES_BEFORE_STORING, MOST_STEPS
from server.matching.lookalikes import GalleryLookalikes, snapshot
from tests.fakes.memory_gallery import MemoryGallerySource, ThrowAwayCipher
from tests.fakes.templates import MODEL, reference, references, template

ALL = frozenset(Source)
EVERYTHING = -1.1
EVERYBODY = 100_000
LIMIT = 20.0


class Station:
    """A database and one cipher; `matcher` makes another process's matcher over one Redis."""

    def __init__(self, client: Redis, enrolled: Sequence[IndexedReference] = ()) -> None:
        self.source = MemoryGallerySource()
        self.cipher = ThrowAwayCipher()
        self.client = client
        for entry in enrolled:
            self.source.enrol(entry)

    def matcher(self) -> ExactGallery:
        return ExactGallery(MODEL, self.source, self.client, self.cipher)

    def cache(self, model: str = MODEL) -> GalleryCache:
        return GalleryCache(self.client, self.cipher, model)

    def enrol(self, teller: ExactGallery, *added: IndexedReference) -> None:
        for entry in added:
            teller.added(entry, self.source.enrol(entry))

    def erase(self, teller: ExactGallery, *reference_ids: str) -> None:
        for reference_id in reference_ids:
            teller.removed(reference_id, self.source.erase(reference_id))


def ids(*seeds: int) -> set[str]:
    return {reference(seed).reference_id for seed in seeds}


def found(matcher: ExactGallery) -> set[str]:
    return {scored.reference_id for scored in matcher.search(template(0), ALL, EVERYTHING, EVERYBODY)}


# --- Redis that dies ---------------------------------------------------------------------------------------------


def test_a_dead_redis_keeps_nobody_from_being_found_or_forgotten(own_redis: EmbeddedRedis) -> None:
    with own_redis.client() as client:
        station = Station(client, references(5))
        matcher = station.matcher()
        assert found(matcher) == ids(0, 1, 2, 3, 4)
        own_redis.close()
        with pytest.raises(CacheUnavailable):
            matcher.ping()
        assert found(matcher) == ids(0, 1, 2, 3, 4)
        station.erase(matcher, *ids(2))
        station.enrol(matcher, reference(9))
        assert found(matcher) == ids(0, 1, 3, 4, 9)
        with pytest.raises(CacheUnavailable):
            found(station.matcher())
        own_redis.start()
        assert found(matcher) == ids(0, 1, 3, 4, 9)
        matcher.ping()
        assert found(station.matcher()) == ids(0, 1, 3, 4, 9)


def test_a_redis_killed_while_serving_is_back_by_itself(own_redis: EmbeddedRedis) -> None:
    with own_redis.client() as client:
        station = Station(client, references(5))
        matcher = station.matcher()
        matcher.warm()
        first = own_redis.process_id
        assert first is not None
        os.kill(first, signal.SIGKILL)
        assert found(matcher) == ids(0, 1, 2, 3, 4)
        assert asked_until_answered(lambda: found(station.matcher())) == ids(0, 1, 2, 3, 4)
        assert station.source.reads == 1


def eventually(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + LIMIT
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def asked_until_answered(ask: Callable[[], set[str]]) -> set[str]:
    deadline = time.monotonic() + LIMIT
    while time.monotonic() < deadline:
        try:
            return ask()
        except CacheUnavailable:
            time.sleep(0.02)
    return ask()


# --- Redis that forgets or lies ----------------------------------------------------------------------------------


def test_a_flushed_redis_is_filled_again_though_nobody_searches(redis_client: Redis) -> None:
    station = Station(redis_client, references(5))
    matcher = station.matcher()
    matcher.warm()
    redis_client.flushall()
    assert found(matcher) == ids(0, 1, 2, 3, 4)
    with matcher.following():
        eventually(lambda: station.cache().head() is not None)
    assert found(station.matcher()) == ids(0, 1, 2, 3, 4)
    assert station.source.reads == 1


def test_a_flush_between_a_commit_and_the_search_is_followed(redis_client: Redis) -> None:
    station = Station(redis_client, references(5))
    matcher, other = station.matcher(), station.matcher()
    matcher.warm()
    station.enrol(other, reference(7))
    station.erase(other, *ids(1))
    redis_client.flushall()
    assert found(matcher) == ids(0, 2, 3, 4, 7)


def test_a_new_matcher_loads_the_cache_without_the_database(redis_client: Redis) -> None:
    many = references(2 * BLOCK_ROWS + 10)
    station = Station(redis_client, many)
    first = station.matcher()
    first.warm()
    station.enrol(first, reference(len(many)))
    second = station.matcher()
    assert second.version == -1
    second.warm()
    assert second.version == station.source.version()
    assert second.search(template(0), ALL, 0.5, EVERYBODY) == first.search(template(0), ALL, 0.5, EVERYBODY)
    assert station.source.reads == 1


def flipped(client: Redis, key: bytes) -> None:
    sealed = client.get(key)
    assert isinstance(sealed, bytes)
    client.set(key, sealed[:-20] + bytes([sealed[-20] ^ 1]) + sealed[-19:])


def swapped(client: Redis, key: bytes) -> None:
    number = int(key.rpartition(b":")[2])
    other = key.rpartition(b":")[0] + b":%d" % (1 - number)
    first, second = client.get(key), client.get(other)
    assert isinstance(first, bytes)
    assert isinstance(second, bytes)
    client.mset({key: second, other: first})


def cut(client: Redis, key: bytes) -> None:
    client.set(key, b"short")


def lost(client: Redis, key: bytes) -> None:
    client.delete(key)


@pytest.mark.parametrize("harm", [flipped, swapped, cut, lost])
def test_a_harmed_block_is_rebuilt_from_the_database(redis_client: Redis, harm: Callable[[Redis, bytes], None]) -> None:
    station = Station(redis_client, references(BLOCK_ROWS + 10))
    station.matcher().warm()
    block = next(iter(redis_client.scan_iter("gallery:*:block:*")))
    harm(redis_client, block)
    assert len(found(station.matcher())) == BLOCK_ROWS + 10
    assert station.source.reads == 2
    station.matcher().warm()
    assert station.source.reads == 2


@pytest.mark.parametrize("harm", [flipped, cut, lost])
def test_a_harmed_head_is_stored_anew(redis_client: Redis, harm: Callable[[Redis, bytes], None]) -> None:
    station = Station(redis_client, references(3))
    matcher = station.matcher()
    matcher.warm()
    harm(redis_client, next(iter(redis_client.scan_iter("gallery:*:version"))))
    assert found(station.matcher()) == ids(0, 1, 2)
    assert found(matcher) == ids(0, 1, 2)


def test_a_forged_change_is_not_believed(redis_client: Redis) -> None:
    station = Station(redis_client, references(3))
    matcher = station.matcher()
    matcher.warm()
    redis_client.xadd("gallery:changes", {"change": b"forged"})
    redis_client.xadd("gallery:changes", {"change": station.cipher.seal(b"moved", b"another context")})
    redis_client.xadd("gallery:changes", {"no": "field of ours"})
    station.source.enrol(reference(3))
    assert found(matcher) == ids(0, 1, 2, 3)


def test_an_old_writing_put_back_is_not_believed(redis_client: Redis) -> None:
    station = Station(redis_client, references(3))
    matcher = station.matcher()
    matcher.warm()
    old = {key: redis_client.dump(key) for key in redis_client.scan_iter("gallery:*")}
    station.erase(matcher, *ids(1))
    redis_client.flushall()
    for key, dumped in old.items():
        assert isinstance(dumped, bytes)
        redis_client.restore(key, 0, dumped)
    assert found(station.matcher()) == ids(0, 2)


def test_a_database_set_back_to_a_backup_is_followed(redis_client: Redis) -> None:
    station = Station(redis_client, references(6))
    matcher = station.matcher()
    matcher.warm()
    station.enrol(matcher, reference(6), reference(7))
    assert len(found(matcher)) == 8
    station.source.set_back(references(2), 3)
    assert found(matcher) == ids(0, 1)
    assert found(station.matcher()) == ids(0, 1)


# --- several matchers --------------------------------------------------------------------------------------------


def test_two_matchers_stay_in_step_through_the_stream(redis_client: Redis) -> None:
    station = Station(redis_client, references(4))
    one, other = station.matcher(), station.matcher()
    one.warm()
    other.warm()
    station.enrol(one, reference(4))
    assert found(other) == ids(0, 1, 2, 3, 4)
    station.erase(other, *ids(0, 4))
    assert found(one) == ids(1, 2, 3)
    assert found(other) == ids(1, 2, 3)
    assert one.version == other.version == station.source.version()
    assert station.source.reads == 1


def test_one_matcher_reads_the_database_for_all(redis_client: Redis) -> None:
    station = Station(redis_client, references(3000))
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda matcher: len(found(matcher)), [station.matcher() for _ in range(6)]))
    assert answers == [3000] * 6
    assert station.source.reads == 1


def test_any_interleaving_shows_neither_erased_nor_unknown_references(redis_client: Redis) -> None:
    station = Station(redis_client, references(50))
    matchers = [station.matcher(), station.matcher()]

    def change() -> None:
        for seed in range(50, 150):
            station.enrol(matchers[seed % 2], reference(seed))
            station.erase(matchers[seed // 2 % 2], reference(seed - 50).reference_id)

    def missed(matcher: ExactGallery) -> frozenset[str]:
        before = station.source.active([reference(seed).reference_id for seed in range(150)])
        answer = found(matcher)
        after = station.source.active([reference(seed).reference_id for seed in range(150)])
        return (before & after) - answer

    with ThreadPoolExecutor(3) as pool:
        changing = pool.submit(change)
        while not changing.done():
            assert [set(), set()] == list(pool.map(missed, matchers))
        changing.result()
    for matcher in matchers:
        assert found(matcher) == ids(*range(100, 150))


# --- what Redis holds --------------------------------------------------------------------------------------------


def test_a_removal_leaves_rows_and_stream_though_nobody_searches(redis_client: Redis) -> None:
    station = Station(redis_client, references(4))
    matcher = station.matcher()
    with matcher.following():
        eventually(lambda: matcher.version == 4)
        station.enrol(matcher, reference(4))
        station.erase(matcher, *ids(4), *ids(1))
        eventually(lambda: stored(station) == ids(0, 2, 3))
        eventually(lambda: redis_client.xlen("gallery:changes") == 0)
    assert len(list(redis_client.scan_iter("gallery:*:block:*"))) == 1


def test_a_reference_told_after_its_removal_does_not_stay_in_the_stream(redis_client: Redis) -> None:
    station = Station(redis_client, references(2))
    matcher = station.matcher()
    version = station.source.enrol(reference(5))
    matcher.warm()
    station.erase(matcher, *ids(5))
    matcher.warm()
    matcher.added(reference(5), version)
    assert redis_client.xlen("gallery:changes") == 1
    matcher.warm()
    assert redis_client.xlen("gallery:changes") == 0
    assert found(matcher) == found(station.matcher()) == ids(0, 1)


def stored(station: Station) -> set[str]:
    """The references in the stored rows."""
    head = station.cache().head()
    matrix = None if head is None else station.cache().load(head, lambda _: None)
    return set() if matrix is None else {held.decode() for held in matrix.rows.references[: matrix.count]}


def test_a_long_stream_is_folded_into_the_blocks(redis_client: Redis) -> None:
    station = Station(redis_client, references(1))
    matcher = station.matcher()
    matcher.warm()
    station.enrol(matcher, *(reference(seed) for seed in range(1, CHANGES_BEFORE_STORING + 1)))
    assert len(found(matcher)) == CHANGES_BEFORE_STORING + 1
    matcher.warm()
    assert redis_client.xlen("gallery:changes") == 0
    assert len(found(station.matcher())) == CHANGES_BEFORE_STORING + 1
    assert station.source.reads == 1


def test_nothing_biometric_lies_in_clear_in_what_redis_writes(own_redis: EmbeddedRedis, tmp_path: Path) -> None:
    with own_redis.client() as client:
        station = Station(client, references(20))
        matcher = station.matcher()
        matcher.warm()
        station.enrol(matcher, reference(20))
        assert len(found(matcher)) == 21
        station.erase(matcher, *ids(3))
        client.save()
    own_redis.close()
    written = b"".join(path.read_bytes() for path in (tmp_path / "redis").rglob("*") if path.is_file())
    assert b"gallery:" in written
    for seed in range(21):
        entry = reference(seed)
        assert entry.template.vector[:2].tobytes() not in written
        assert entry.reference_id.encode() not in written
        assert entry.subject_id.encode() not in written


# --- a change of models ------------------------------------------------------------------------------------------

OTHER = "another-model/1"


def stored_keys(client: Redis, model: str) -> set[bytes]:
    return {key for key in client.scan_iter() if model.encode() in key and not key.endswith(b":generation")}


def test_a_batch_is_told_to_matchers_beside_without_reading_the_database(redis_client: Redis) -> None:
    station = Station(redis_client, references(3))
    teller, beside = station.matcher(), station.matcher()
    assert found(beside) == ids(0, 1, 2)
    reads = station.source.reads
    teller.supplemented([reference(3), reference(4)], station.source.supplement(reference(3), reference(4)))
    teller.supplemented([], station.source.supplement())
    assert found(beside) == ids(0, 1, 2, 3, 4)
    assert station.source.reads == reads


def test_a_batch_that_nobody_told_costs_its_rows_and_not_the_gallery(redis_client: Redis) -> None:
    station = Station(redis_client, references(3))
    matcher = station.matcher()
    assert found(matcher) == ids(0, 1, 2)
    station.source.supplement(*references(6)[3:])
    station.source.erase(*ids(4))
    assert found(matcher) == ids(0, 1, 2, 3, 5)
    assert found(station.matcher()) == ids(0, 1, 2, 3, 5)
    assert station.source.reads == 1


def test_who_reads_the_whole_gallery_anew_answers_nobody_and_says_so(redis_client: Redis) -> None:
    station = Station(redis_client, references(3))
    matcher = station.matcher()
    matcher.warm()
    for entry in references(4 + MOST_STEPS)[3:]:  # more than is followed one by one
        station.source.enrol(entry)
    reading, go_on = Event(), Event()

    def wait() -> None:
        reading.set()
        go_on.wait(LIMIT)

    station.source.before_block = wait
    with ThreadPoolExecutor(1) as pool:
        late = pool.submit(found, matcher)
        assert reading.wait(LIMIT)
        with pytest.raises(GalleryLoading):
            matcher.ping()
        with pytest.raises(GalleryLoading):
            found(matcher)
        go_on.set()
        assert len(late.result()) == 4 + MOST_STEPS
    matcher.ping()
    assert len(found(matcher)) == 4 + MOST_STEPS


def test_enrolling_many_begins_with_the_stored_rows(redis_client: Redis) -> None:
    station = Station(redis_client, references(BLOCK_ROWS + 10))
    station.matcher().warm()
    station.erase(station.matcher(), *ids(7))
    station.source.supplement(reference(BLOCK_ROWS + 20))
    lookalikes = GalleryLookalikes(MODEL, station.source, partial(snapshot, station.cache()))
    lookalikes.catch_up()
    (all_of_them,) = lookalikes.of([template(0)], EVERYTHING)
    assert {scored.reference_id for scored in all_of_them} == ids(*range(BLOCK_ROWS + 10), BLOCK_ROWS + 20) - ids(7)
    assert station.source.reads == 1
    lost(redis_client, next(iter(redis_client.scan_iter("gallery:*:block:*"))))
    assert snapshot(station.cache()) is None


def test_a_batch_of_another_model_leaves_a_matcher_as_it_is(redis_client: Redis) -> None:
    station = Station(redis_client, references(3))
    matcher = station.matcher()
    assert found(matcher) == ids(0, 1, 2)
    reads = station.source.reads
    other = ExactGallery(OTHER, station.source, redis_client, station.cipher)
    other.supplemented([reference(8, model=OTHER)], station.source.supplement(reference(8, model=OTHER)))
    assert found(matcher) == ids(0, 1, 2)
    assert station.source.reads == reads


def test_dropped_templates_leave_every_matcher_and_redis(redis_client: Redis) -> None:
    station = Station(redis_client, references(3))
    matcher = station.matcher()
    assert found(matcher) == ids(0, 1, 2)
    assert stored_keys(redis_client, MODEL)
    station.matcher().dropped(station.source.drop(MODEL))
    assert stored_keys(redis_client, MODEL) == set()
    assert found(matcher) == set()


def test_rows_of_a_model_that_was_dropped_while_redis_was_away_go_at_the_next_start(redis_client: Redis) -> None:
    station = Station(redis_client, [reference(0), reference(1, model=OTHER)])
    ExactGallery(OTHER, station.source, redis_client, station.cipher).warm()
    station.matcher().warm()
    assert stored_keys(redis_client, OTHER)
    station.source.drop(OTHER)
    station.matcher().warm()
    assert stored_keys(redis_client, OTHER) == set()
    assert stored_keys(redis_client, MODEL)


# --- what is left in memory --------------------------------------------------------------------------------------


class WatchedCipher(ThrowAwayCipher):
    """Keeps hold of what it opened, to see what becomes of it."""

    def __init__(self) -> None:
        super().__init__()
        self.opened: list[bytearray] = []

    def open_own(self, sealed: bytes, context: bytes) -> bytearray:
        self.opened.append(super().open_own(sealed, context))
        return self.opened[-1]


def test_what_was_opened_of_blocks_and_stream_is_overwritten_after_use(redis_client: Redis) -> None:
    station = Station(redis_client, references(5))
    station.cipher = cipher = WatchedCipher()
    teller = station.matcher()
    teller.warm()
    station.enrol(teller, reference(5), reference(6))
    station.erase(teller, *ids(6))
    cipher.opened.clear()
    assert found(station.matcher()) == ids(0, 1, 2, 3, 4, 5)
    assert any(reference(3).reference_id.encode() in opened for opened in cipher.opened), "no block was opened"
    assert any(reference(6).reference_id.encode() in opened for opened in cipher.opened), "no entry was opened"
    for seed in range(7):
        part = reference(seed).template.vector[:2].tobytes()
        assert not any(part in opened for opened in cipher.opened)
