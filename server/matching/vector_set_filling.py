"""Bring the vector sets in step with the database: what is missing is put in, what should not be there goes.

Only the difference is written, so a filling that was cut off is gone on with where it stopped. One process fills at a
time, whichever comes first; the others find its work done. A commit's teller usually keeps the sets in step (see
partition); this is for the first start, for tellings that were lost, and for nodes that came back with old contents.
"""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress

from server.domain.errors import SearchIncomplete, Unavailable
from server.matching.vector_set_partition import Layout, Partition
from server.matching.vector_set_server import VectorServer
from server.workflow.ports import GalleryTemplates

PATIENCE = 0.25  # seconds between a commit and its telling, in another process, before we read the database
POLL = 0.02
BATCH = 256
FILLERS = 4  # partitions filled at once
LOCK_MILLISECONDS = 60_000
TELL_EVERY_SECONDS = 10.0
BEING_FILLED = (
    "The search index is being filled, so a part of the gallery cannot be searched yet. Search again shortly."
)

_TAKE = """
local holder = redis.pcall('GET', KEYS[1])
if type(holder) == 'string' and holder ~= ARGV[1] then
  redis.call('PEXPIRE', KEYS[1], ARGV[2], 'NX')
  return false
end
return redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
"""
"""What is no string is not a holder's, and what would never run out is made to."""
_PROLONG = "return redis.call('GET', KEYS[1]) == ARGV[1] and redis.call('PEXPIRE', KEYS[1], ARGV[2])"
_RELEASE = "return redis.call('GET', KEYS[1]) == ARGV[1] and redis.call('DEL', KEYS[1])"

log = logging.getLogger("oifr.matching")


class Filling:
    """Fills in a thread of its own, so that nobody has to wait for the end of it."""

    def __init__(self, layout: Layout, source: GalleryTemplates, server: VectorServer) -> None:
        self._layout = layout
        self._source = source
        self._server = server
        self.partitions = tuple(Partition(prefix, layout.precision, server) for prefix in layout.prefixes())
        self._lock_key = f"{self.partitions[0].prefix}:filler"
        self._name = secrets.token_hex(16)
        self._closing = threading.Event()
        self._starting = threading.Lock()
        self._rounds = ThreadPoolExecutor(1, thread_name_prefix="filling")
        self._fillers = ThreadPoolExecutor(FILLERS, thread_name_prefix="filler")
        self._round: Future[None] | None = None
        self._counting = threading.Lock()
        self.progress = (0, 0)
        """References in their partitions, and how many there are, as of the latest filling of this process."""

    def follow(self, seconds: float | None) -> None:
        """Bring every partition to the database's present version, unless that is being done already.

        Waits `seconds` for the end, or as long as it takes; raises SearchIncomplete when it did not end, Unavailable
        when it failed.
        """
        with self._starting:
            if self._round is None or self._round.done():
                self._round = self._rounds.submit(self._fill_what_is_behind)
            under_way = self._round
        try:
            under_way.result(seconds)
        except TimeoutError:
            raise SearchIncomplete(BEING_FILLED) from None

    def close(self) -> None:
        """Stop filling, after the batch under way; the next start goes on."""
        self._closing.set()
        self._rounds.shutdown(cancel_futures=True)
        self._fillers.shutdown(cancel_futures=True)

    def _fill_what_is_behind(self) -> None:
        if self._caught_up_by_others():
            return
        with self._alone():
            behind = self._behind()
            if behind:
                self._fill(behind)

    def _caught_up_by_others(self) -> bool:
        """Give whoever committed the missing change a moment to tell it."""
        until = time.monotonic() + PATIENCE
        while behind := self._behind():
            hopeless = any(self.partitions[number].state().epoch is None for number in behind)
            if hopeless or time.monotonic() > until:
                return False
            time.sleep(POLL)
        return True

    def _behind(self) -> Sequence[int]:
        """Numbers of the partitions that do not stand for the database as it is."""
        wanted = self._source.version()
        states = [partition.state() for partition in self.partitions]
        latest = self._source.version()
        return [number for number, state in enumerate(states) if not state.stands_for(wanted, latest)]

    def _fill(self, behind: Sequence[int]) -> None:
        version = self._source.version()
        for number in behind:  # before the database is read, so that no later change is missed
            self.partitions[number].begin(secrets.token_hex(8), version)
        version, ids = self._source.ids(self._layout.model)
        wanted: dict[int, set[str]] = defaultdict(set)
        for reference_id in ids:
            wanted[self._layout.number_of(reference_id)].add(reference_id)
        self.progress = (len(ids) - sum(len(wanted[number]) for number in behind), len(ids))
        works = [self._fillers.submit(self._fill_one, number, wanted[number], version) for number in _apart(behind)]
        for work in works:
            work.result()

    def _fill_one(self, number: int, wanted: set[str], version: int) -> None:
        partition = self.partitions[number]
        held = partition.members()
        for batch in self._batches(held - wanted):
            partition.clear(batch)
        self._count(len(wanted & held))
        done, told = 0, time.monotonic()
        for batch in self._batches(wanted - held):
            partition.fill(self._source.indexed(self._layout.model, batch))
            done += len(batch)
            self._count(len(batch))
            if time.monotonic() > told + TELL_EVERY_SECONDS:
                told = time.monotonic()
                log.info("filling a partition", extra={"part": number, "count": done})
        partition.finish(version)
        log.info("partition filled", extra={"part": number, "count": done, "version": version})

    def _count(self, more: int) -> None:
        with self._counting:
            done, total = self.progress
            self.progress = (done + more, total)

    def _batches(self, ids: Collection[str]) -> Iterator[Sequence[str]]:
        """`ids` in parts; before each, see that we may go on."""
        ordered = sorted(ids)
        for start in range(0, len(ordered), BATCH):
            if self._closing.is_set() or not self._asked(_PROLONG, self._name, LOCK_MILLISECONDS):
                raise SearchIncomplete(BEING_FILLED)
            yield ordered[start : start + BATCH]

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Wait for our turn to fill; a dead holder's runs out by itself.

        One that we could not give back, because its node was away, is still ours: a process fills once at a time.
        """
        while not self._asked(_TAKE, self._name, LOCK_MILLISECONDS):
            if self._closing.wait(POLL):
                raise SearchIncomplete(BEING_FILLED)
        try:
            yield
        finally:
            with suppress(Unavailable):
                self._asked(_RELEASE, self._name)

    def _asked(self, script: str, *arguments: str | int) -> bool:
        return bool(self._server.ask(self._lock_key, ("EVAL", script, 1, self._lock_key, *arguments))[0])


def _apart(numbers: Sequence[int]) -> Sequence[int]:
    """In an order that fills several nodes at once: neighbours lie on the same one."""
    return [number for start in range(FILLERS) for number in numbers[start::FILLERS]]
