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
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass

from redis import Redis
from redis.exceptions import LockNotOwnedError
from redis.lock import Lock

from server.domain.errors import CacheUnavailable, SealBroken
from server.matching.changes import ChangeStream
from server.matching.connection import redis_errors_translated
from server.matching.matrix import Matrix
from server.matching.rows import Rows
from server.workflow.ports import Cipher

BLOCK_ROWS = 4096
LOCK_SECONDS = 30.0
UNFINISHED_SECONDS = 600  # blocks whose writer died before setting the head vanish after this


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

    def load(self, head: Head) -> Matrix | None:
        """The stored rows; None when a block is missing or altered."""
        rows = Rows.room(head.rows, head.dimension)
        start = 0
        for key in self._block_keys(head):
            block = self._block(key, head)
            if block is None:
                return None
            rows.write(start, block)
            start += len(block)
        return Matrix.holding(rows, head.version)

    def store(self, matrix: Matrix, position: str) -> None:
        """Replace what is stored by `matrix`, which stands at `position` of the stream; older entries go."""
        previous = self.head()
        with redis_errors_translated():
            generation = int(self._client.incr(f"{self._prefix}:generation"))
        blocks = -(-len(matrix) // BLOCK_ROWS)
        head = Head(matrix.version, generation, blocks, len(matrix), matrix.rows.dimension, position)
        for key, block in zip(self._block_keys(head), matrix.blocks(BLOCK_ROWS), strict=True):
            sealed = self._cipher.seal(block.pack(), _context(key, head.version))
            with redis_errors_translated():
                self._client.set(key, sealed, ex=UNFINISHED_SECONDS)
        self._finish(head, previous)
        self.changes.trim(position)

    def forget(self) -> None:
        """Drop what is stored of this model."""
        self._forget(f"{self._prefix}:*")

    def forget_others(self, models: Collection[str]) -> None:
        """Drop what is stored of models that are neither this one nor among `models`."""
        kept = {f"gallery:{{{model}}}" for model in models} | {self._prefix}
        for prefix in self._stored_prefixes() - kept:
            self._forget(f"{prefix}:*")

    @contextmanager
    def exclusively(self) -> Iterator[None]:
        """Hold the rebuild lock, waiting for another holder; a dead holder's lock runs out by itself."""
        lock = Lock(self._client, f"{self._prefix}:lock", timeout=LOCK_SECONDS, sleep=0.05)
        with redis_errors_translated():
            taken = lock.acquire(blocking_timeout=LOCK_SECONDS + 1)
        if not taken:
            raise CacheUnavailable
        try:
            yield
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

    def _stored_prefixes(self) -> set[str]:
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


def _context(key: str, version: int | None) -> bytes:
    return key.encode() if version is None else f"{key}@{version}".encode()


def _release(lock: Lock) -> None:
    with redis_errors_translated():
        try:
            lock.release()
        except LockNotOwnedError:
            # It ran out while we worked, and another may hold it: theirs to release. Both writings are whole.
            return
