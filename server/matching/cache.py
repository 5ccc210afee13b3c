"""The gallery of one model in Redis: packed blocks of rows, each sealed, and a sealed head that lists them.

    gallery:{MODEL}:version        the head: version, block generation, number of blocks, rows, dimension, position
    gallery:{MODEL}:block:G:I      block I of generation G: up to 4096 rows
    gallery:{MODEL}:generation     counter that gives each writing its own block names
    gallery:{MODEL}:lock           held by whoever rebuilds
    gallery:changes                the stream of later changes (see changes.py)

A writing becomes valid in one step, when its head is set. The database is the truth: whatever is missing, altered
or moved here reads as "nothing stored".
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass

from redis import Redis
from redis.exceptions import LockNotOwnedError
from redis.lock import Lock

from server.domain.errors import CacheFull, CacheUnavailable, GalleryLoading, SealBroken
from server.matching.changes import ChangeStream
from server.matching.connection import redis_errors_translated
from server.matching.matrix import Matrix
from server.matching.rows import Rows
from server.workflow.ports import Cipher

BLOCK_ROWS = 4096
READERS = min(4, os.cpu_count() or 1)  # blocks fetched and opened side by side
LOCK_SECONDS = 30.0
LOOK_UP_SECONDS = 0.5  # of a wait for the lock, between two looks at whether to go on waiting
UNFINISHED_SECONDS = 600  # blocks whose writer died before setting the head vanish after this


def _always() -> None:
    """Nothing keeps the work from going on."""


@dataclass(frozen=True)
class Head:
    """`position`: where in the stream of changes the stored rows stand."""

    version: int
    generation: int
    blocks: int
    rows: int
    dimension: int
    position: str


class GalleryCache:
    """Every method raises CacheUnavailable when Redis does not answer."""

    def __init__(self, client: Redis, cipher: Cipher, model: str) -> None:
        self.model = model
        self.changes = ChangeStream(client, cipher)
        self._client = client
        self._cipher = cipher
        self._prefix = f"gallery:{{{model}}}"  # the braces keep one model's keys together on a cluster

    def head(self) -> Head | None:
        """What is stored; None when nothing usable is."""
        with redis_errors_translated():
            sealed = self._client.get(self._head_key)
        plain = self._opened(sealed, self._head_key)
        return None if plain is None else Head(**json.loads(plain))

    def whole(self, head: Head) -> bool:
        """Whether no block is missing, as after a flush in the midst of a writing, or where Redis evicts keys."""
        keys = self._block_keys(head)
        with redis_errors_translated():
            return not keys or self._client.exists(*keys) == len(keys)

    def load(self, head: Head, tell: Callable[[int], None]) -> Matrix | None:
        """The stored rows; None when a block is missing or altered. `tell` is given the rows of each block."""
        rows = Rows.room(head.rows, head.dimension)

        def loaded(start: int, key: str) -> int | None:
            block = self._block(key, head)
            if block is None or len(block) != min(BLOCK_ROWS, head.rows - start):
                return None
            rows.write(start, block)
            return len(block)

        with ThreadPoolExecutor(READERS, thread_name_prefix="cache-reader") as readers:
            try:
                for count in readers.map(loaded, range(0, head.rows, BLOCK_ROWS), self._block_keys(head)):
                    if count is None:
                        return None
                    tell(count)
            finally:
                readers.shutdown(cancel_futures=True)
        return Matrix.holding(rows, head.version)

    def store(self, matrix: Matrix, position: str, go_on: Callable[[], None] = _always) -> None:
        """Replace what is stored by `matrix`, which stands at `position` of the stream; entries up to it go.

        `go_on` is called before each block, and may raise GalleryLoading. Raises CacheFull. After either, nothing of
        `matrix` is left behind.
        """
        previous = self.head()
        with redis_errors_translated():
            generation = int(self._client.incr(f"{self._prefix}:generation"))
        blocks = -(-len(matrix) // BLOCK_ROWS)
        head = Head(matrix.version, generation, blocks, len(matrix), matrix.rows.dimension, position)
        try:
            self._write(head, matrix, go_on)
            self._finish(head, previous)
        except (CacheFull, GalleryLoading):
            self._forget(f"{self._prefix}:block:{generation}:*")
            raise
        self.changes.trim(position)

    def stored(self) -> Mapping[str, int]:
        """The gallery change that the stored rows of each model stand for; -1 where their head is no head of ours."""
        caches = {prefix: GalleryCache(self._client, self._cipher, _model_of(prefix)) for prefix in self._prefixes()}
        heads = {cache.model: cache.head() for cache in caches.values()}
        return {model: -1 if head is None else head.version for model, head in sorted(heads.items())}

    def forget(self) -> None:
        """Drop what is stored of this model."""
        self._forget(f"{self._prefix}:*")

    def forget_others(self, models: Collection[str]) -> None:
        """Drop what is stored of models that are neither this one nor among `models`."""
        kept = {f"gallery:{{{model}}}" for model in models} | {self._prefix}
        for prefix in self._prefixes() - kept:
            self._forget(f"{prefix}:*")

    def forget_unattended(self, version: int, attended: Collection[str]) -> None:
        """Drop what is stored from before gallery change `version` of models that no matcher of `attended` keeps."""
        behind = {model for model, stored in self.stored().items() if stored < version}
        for model in behind - set(attended) - {self.model}:
            self._forget(f"gallery:{{{model}}}:*")

    @contextmanager
    def exclusively(self, go_on: Callable[[], None] = _always) -> Iterator[Callable[[], None]]:
        """Hold the rebuild lock, waiting for another holder; a dead holder's lock runs out by itself.

        `go_on` is called every now and then of the wait, and may raise to end it. Yields what the holder of a long
        work is to call now and then, so that the lock does not run out meanwhile.
        """
        lock = Lock(self._client, f"{self._prefix}:lock", timeout=LOCK_SECONDS, sleep=0.05)
        deadline = time.monotonic() + LOCK_SECONDS + 1
        while not _taken(lock):
            go_on()
            if time.monotonic() > deadline:
                raise CacheUnavailable
        held = _Held(lock)
        try:
            yield held.on
        finally:
            _release(lock)

    @property
    def _head_key(self) -> str:
        return f"{self._prefix}:version"

    def _block_keys(self, head: Head) -> Sequence[str]:
        return [f"{self._prefix}:block:{head.generation}:{number}" for number in range(head.blocks)]

    def _block(self, key: str, head: Head) -> Rows | None:
        with redis_errors_translated():
            sealed = self._client.get(key)
        plain = self._opened(sealed, key, head.version)
        return None if plain is None else Rows.unpack(plain, head.dimension)

    def _opened(self, sealed: bytes | str | None, key: str, version: int | None = None) -> bytes | None:
        if not isinstance(sealed, bytes):
            return None
        try:
            return self._cipher.open(sealed, _context(key, version))
        except SealBroken:
            return None

    def _write(self, head: Head, matrix: Matrix, go_on: Callable[[], None]) -> None:
        for key, block in zip(self._block_keys(head), matrix.blocks(BLOCK_ROWS), strict=True):
            go_on()
            sealed = self._cipher.seal(block.pack(), _context(key, head.version))
            with redis_errors_translated():
                self._client.set(key, sealed, ex=UNFINISHED_SECONDS)

    def _prefixes(self) -> set[str]:
        with redis_errors_translated():
            heads = [bytes(key).decode() for key in self._client.scan_iter(match="gallery:{*}:version")]
        return {head.removesuffix(":version") for head in heads}

    def _forget(self, pattern: str) -> None:
        # The counter of generations stays: a block's name is never used twice.
        with redis_errors_translated():
            keys = [key for key in self._client.scan_iter(match=pattern) if not bytes(key).endswith(b":generation")]
            if keys:
                self._client.unlink(*keys)

    def _finish(self, head: Head, previous: Head | None) -> None:
        """Make the blocks of `head` last and valid, and drop the previous ones, all in one step."""
        sealed = self._cipher.seal(json.dumps(asdict(head)).encode(), _context(self._head_key, None))
        with redis_errors_translated(), self._client.pipeline(transaction=True) as step:
            for key in self._block_keys(head):
                step.persist(key)
            step.set(self._head_key, sealed)
            if previous is not None:
                for key in self._block_keys(previous):
                    step.unlink(key)
            step.execute()


def _taken(lock: Lock) -> bool:
    """Whether it could be taken within a moment."""
    with redis_errors_translated():
        return bool(lock.acquire(blocking_timeout=LOOK_UP_SECONDS))


def _context(key: str, version: int | None) -> bytes:
    return key.encode() if version is None else f"{key}@{version}".encode()


def _model_of(prefix: str) -> str:
    return prefix.removeprefix("gallery:{").removesuffix("}")


class _Held:
    """A lock that is held on to for as long as the work under it gets on."""

    def __init__(self, lock: Lock) -> None:
        self._lock = lock
        self._since = time.monotonic()

    def on(self) -> None:
        if time.monotonic() - self._since > LOCK_SECONDS / 3:
            self._since = time.monotonic()
            with redis_errors_translated(), suppress(LockNotOwnedError):
                self._lock.reacquire()


def _release(lock: Lock) -> None:
    # Where it ran out while we worked, another may hold it: theirs to release. Both writings are whole.
    with redis_errors_translated(), suppress(LockNotOwnedError):
        lock.release()
