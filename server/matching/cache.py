"""The gallery of one model in Redis: packed blocks of rows, each sealed, and a sealed head that lists them.

    gallery:{MODEL}:version        the head: version, block generation, number of blocks, rows, dimension, position
    gallery:{MODEL}:block:G:I      block I of generation G: up to 4096 rows
    gallery:{MODEL}:lock           held by whoever rebuilds
    gallery:changes                the stream of later changes (see changes.py)

A writing becomes valid in one step, when its head is set. G is drawn anew for each, so that no block's name is used
twice. The database is the truth: whatever is missing, altered, moved or no string here reads as "nothing stored".
"""

from __future__ import annotations

import json
import os
import re
import secrets
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass

from redis import Redis
from redis.exceptions import LockNotOwnedError
from redis.lock import Lock

from server.domain.errors import CacheAltered, CacheFull, CacheUnavailable, GalleryLoading, SealBroken
from server.matching.changes import ChangeStream
from server.matching.connection import read, redis_errors_translated
from server.matching.matrix import Matrix, with_spare
from server.matching.rows import Rows, row_bytes
from server.workflow.ports import Cipher

BLOCK_ROWS = 4096
READERS = min(4, os.cpu_count() or 1)  # blocks fetched and opened side by side
LOCK_SECONDS = 30.0
LOOK_UP_SECONDS = 0.5  # of a wait for the lock, between two looks at whether to go on waiting
NOBODYS_LOCK_SECONDS = 2 * LOCK_SECONDS  # what is to run out later than this was not taken by a matcher
UNFINISHED_SECONDS = 600  # blocks whose writer died before setting the head vanish after this
NEVER_RUNS_OUT = -1  # what Redis calls the time left of a key without a limit
GENERATIONS = 62  # bits of a generation's number
MOST_OF_A_HEAD = 4096  # bytes
SEALING = 256  # bytes that sealing adds to a block, at most


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
        plain = self._opened(read(self._client, self._head_key, MOST_OF_A_HEAD), self._head_key)
        try:
            return None if plain is None else Head(**json.loads(plain))
        except (ValueError, TypeError):  # sealed by another version of this service
            return None

    def whole(self, head: Head) -> bool:
        """Whether no block is missing, as after a flush in the midst of a writing, or where Redis evicts keys."""
        keys = self._block_keys(head)
        with redis_errors_translated():
            return not keys or self._client.exists(*keys) == len(keys)

    def load(self, head: Head, tell: Callable[[int], None]) -> Matrix | None:
        """The stored rows; None when a block is missing or altered. `tell` is given the rows of each block."""
        rows = self.rows(head, tell, with_spare(head.rows))
        return None if rows is None else Matrix.holding(rows, head.version, head.rows)

    def rows(self, head: Head, tell: Callable[[int], None], room: int = 0) -> Rows | None:
        """As `load`, without what a matrix has beside the rows, and with room for `room` in all."""
        rows = Rows.room(max(head.rows, room), head.dimension)

        def loaded(start: int, key: str) -> int | None:
            block = self._block(key, head)
            if block is None or len(block) != min(BLOCK_ROWS, head.rows - start):
                return None
            rows.write(start, block)
            block.overwrite()
            return len(block)

        with ThreadPoolExecutor(READERS, thread_name_prefix="cache-reader") as readers:
            try:
                for count in readers.map(loaded, range(0, head.rows, BLOCK_ROWS), self._block_keys(head)):
                    if count is None:
                        return None
                    tell(count)
            finally:
                readers.shutdown(cancel_futures=True)
        return rows

    def store(self, matrix: Matrix, position: str, go_on: Callable[[], None] = _always) -> None:
        """Replace what is stored by `matrix`, which stands at `position` of the stream; entries up to it go.

        `go_on` is called before each block, and may raise GalleryLoading. Raises CacheFull. After either, nothing of
        `matrix` is left behind.
        """
        previous = self.head()
        generation = secrets.randbits(GENERATIONS)
        blocks = -(-len(matrix) // BLOCK_ROWS)
        head = Head(matrix.version, generation, blocks, len(matrix), matrix.rows.dimension, position)
        try:
            self._write(head, matrix, go_on)
            self._finish(head, previous)
        except (CacheFull, GalleryLoading):
            self._forget(f"{self._prefix}:block:{generation}:")
            raise
        if previous is None:  # who can say which blocks were in use: an erased row may be in them
            self._forget(f"{self._prefix}:block:", but=f"{self._prefix}:block:{generation}:")
        self.changes.trim(position)

    def stored(self) -> Mapping[str, int]:
        """The gallery change that the stored rows of each model stand for; -1 where their head is no head of ours."""
        heads = {model: GalleryCache(self._client, self._cipher, model).head() for model in self._models()}
        return {model: -1 if head is None else head.version for model, head in sorted(heads.items())}

    def forget(self) -> None:
        """Drop what is stored of this model."""
        self._forget(f"{self._prefix}:")

    def forget_others(self, models: Collection[str]) -> None:
        """Drop what is stored of models that are neither this one nor among `models`."""
        for model in self._models() - {self.model, *models}:
            self._forget(f"gallery:{{{model}}}:")

    def forget_unattended(self, version: int, attended: Collection[str]) -> None:
        """Drop what is stored of models that no matcher of `attended` keeps, from before gallery change `version`.

        So is what nobody can read, whichever change that is from.
        """
        behind = {model for model, stored in self.stored().items() if stored < max(version, 0)}
        for model in behind - set(attended) - {self.model}:
            self._forget(f"gallery:{{{model}}}:")

    @contextmanager
    def exclusively(self, go_on: Callable[[], None] = _always) -> Iterator[Callable[[], None]]:
        """Hold the rebuild lock, waiting for another holder; a dead holder's lock runs out by itself.

        `go_on` is called every now and then of the wait, and may raise to end it. Yields what the holder of a long
        work is to call now and then, so that the lock does not run out meanwhile.
        """
        lock = Lock(self._client, self._lock_key, timeout=LOCK_SECONDS, sleep=0.05)
        self._drop_nobodys_lock()
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

    @property
    def _lock_key(self) -> str:
        return f"{self._prefix}:lock"

    def _drop_nobodys_lock(self) -> None:
        """A matcher's lock runs out by itself, and soon."""
        with redis_errors_translated():
            left = int(self._client.pttl(self._lock_key))
            if left == NEVER_RUNS_OUT or left > 1000 * NOBODYS_LOCK_SECONDS:
                self._client.delete(self._lock_key)

    def _block_keys(self, head: Head) -> Sequence[str]:
        return [f"{self._prefix}:block:{head.generation}:{number}" for number in range(head.blocks)]

    def _block(self, key: str, head: Head) -> Rows | None:
        sealed = read(self._client, key, BLOCK_ROWS * row_bytes(head.dimension) + SEALING)
        plain = self._opened(sealed, key, head.version)
        return None if plain is None else Rows.unpack(plain, head.dimension)

    def _opened(self, sealed: bytes | None, key: str, version: int | None = None) -> bytearray | None:
        if sealed is None:
            return None
        try:
            return self._cipher.open_own(sealed, _context(key, version))
        except SealBroken:
            return None

    def _write(self, head: Head, matrix: Matrix, go_on: Callable[[], None]) -> None:
        for key, block in zip(self._block_keys(head), matrix.blocks(BLOCK_ROWS), strict=True):
            go_on()
            sealed = self._cipher.seal(block.pack(), _context(key, head.version))
            with redis_errors_translated():
                self._client.set(key, sealed, ex=UNFINISHED_SECONDS)

    def _models(self) -> set[str]:
        """Models of which a head is stored. One whose name is no text is nobody's: its head is dropped."""
        with redis_errors_translated():
            heads = [bytes(key) for key in self._client.scan_iter(match="gallery:{*}:version")]
            models = {head: _model_of(head) for head in heads}
            nobodys = [head for head, model in models.items() if model is None]
            if nobodys:
                self._client.unlink(*nobodys)
        return {model for model in models.values() if model is not None}

    def _forget(self, beginning: str, but: str | None = None) -> None:
        """Drop the keys that begin so, but those that begin with `but`."""
        with redis_errors_translated():
            found = [bytes(key) for key in self._client.scan_iter(match=f"{_literally(beginning)}*")]
            keys = [key for key in found if but is None or not key.startswith(but.encode())]
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


def _literally(text: str) -> str:
    """A pattern for `text` alone: a name may hold what means something else in patterns."""
    return re.sub(r"([\\*?\[\]^])", r"\\\1", text)


def _model_of(head_key: bytes) -> str | None:
    try:
        model = head_key.decode().removeprefix("gallery:{").removesuffix("}:version")
    except UnicodeDecodeError:
        return None
    return model if model.isprintable() else None


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
    with suppress(CacheAltered), redis_errors_translated(), suppress(LockNotOwnedError):
        lock.release()
