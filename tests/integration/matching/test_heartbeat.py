"""The thread that follows: it outlives every error of ours, and what happens should it end by another."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from redis import Redis

from server.domain.errors import BackgroundWorkEnded, DatabaseUnavailable, GalleryLoading, OifrError, SealBroken
from server.domain.gallery import GalleryStep
from server.matching.exact import ExactGallery
from server.matching.following import Follower
from server.matching.heartbeat import Heartbeat
from server.matching.roster import LIFE_SECONDS, SINCE
from tests.fakes.memory_gallery import MemoryGallerySource, ThrowAwayCipher
from tests.fakes.templates import MODEL, references
from tests.integration.matching.test_exact import Station, eventually, found, ids

ends_by_a_fault = pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")


class Work:
    """Fails in turn with each of `errors`, one a beat; afterwards it counts."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.beats = 0
        self.ended: list[str] = []

    def beat(self) -> None:
        if self.errors:
            raise self.errors.pop(0)
        self.beats += 1

    def heartbeat(self) -> Heartbeat:
        return Heartbeat(
            self.beat,
            lambda _: None,
            stop=lambda: self.ended.append("stop"),
            leave=lambda: self.ended.append("leave"),
            give_up=lambda: self.ended.append("give up"),
        )


@pytest.mark.parametrize("error", [GalleryLoading, DatabaseUnavailable, SealBroken, OifrError])
def test_it_outlives_every_error_of_ours(error: type[OifrError]) -> None:
    work = Work(error())
    with work.heartbeat() as heartbeat:
        eventually(lambda: work.beats > 0)
        heartbeat.check()
    heartbeat.check()
    assert work.ended == ["stop", "leave"]


@ends_by_a_fault
def test_a_fault_of_ours_ends_it_and_is_told() -> None:
    work = Work(LookupError())
    with work.heartbeat() as heartbeat:
        eventually(lambda: work.ended == ["give up"])
        with pytest.raises(BackgroundWorkEnded):
            heartbeat.check()


class BreakingSource(MemoryGallerySource):
    """A database that can be made to answer with a fault of ours."""

    broken = False

    def version(self) -> int:
        if self.broken:
            raise LookupError
        return super().version()


@ends_by_a_fault
def test_a_matcher_that_nobody_keeps_in_step_answers_nobody_though_it_could(redis_client: Redis) -> None:
    source = BreakingSource()
    for entry in references(5):
        source.enrol(entry)
    matcher = ExactGallery(MODEL, source, redis_client, ThrowAwayCipher())
    with matcher.following():
        eventually(lambda: matcher.version == 5)
        source.broken = True
        eventually(lambda: matcher.version == -1)
        source.broken = False
        with pytest.raises(BackgroundWorkEnded):
            matcher.ping()
        with pytest.raises(BackgroundWorkEnded):
            found(matcher)
        eventually(lambda: matcher.standing().matchers == [])


def test_who_gives_up_holds_no_template_and_loads_none(redis_client: Redis) -> None:
    station = Station(redis_client, references(5))
    follower = Follower(station.source, station.cache(), lambda: None)
    matrix = follower.current()
    assert matrix.rows.vectors.any()
    follower.give_up()
    assert not matrix.rows.vectors.any()
    assert not matrix.quantised.codes.any()
    with pytest.raises(GalleryLoading):
        follower.current()


class UnreadableSource(MemoryGallerySource):
    """A database of which nothing but the number of the newest change can be read."""

    unreadable = False

    def steps(self, model: str, after: int, limit: int, most: int) -> Sequence[GalleryStep] | None:
        if self.unreadable:
            raise SealBroken
        return super().steps(model, after, limit, most)


def test_who_cannot_follow_stays_listed_as_behind(redis_client: Redis) -> None:
    """Else an erasure would be complete while the one it has not reached goes on living."""
    source = UnreadableSource()
    for entry in references(5):
        source.enrol(entry)
    matcher = ExactGallery(MODEL, source, redis_client, ThrowAwayCipher())
    with matcher.following():
        eventually(lambda: [one.version for one in matcher.standing().matchers] == [5])
        redis_client.set(SINCE, "0")
        source.unreadable = True
        source.erase(*ids(2))
        began = max(one.at for one in matcher.standing().matchers)
        later = began + timedelta(seconds=1.5 * LIFE_SECONDS)
        eventually(lambda: announced(matcher) > later)
        assert [one.version for one in matcher.standing().matchers] == [5]
        assert not matcher.standing().reached(6)


def announced(matcher: ExactGallery) -> datetime:
    """When the only matcher last told where it is; it must be listed all the time."""
    (one,) = matcher.standing().matchers
    return one.at
