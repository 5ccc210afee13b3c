"""Keep one matrix in step with the database: through Redis where that is quicker, without it where Redis is away."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from server.domain.errors import CacheFull, CacheUnavailable, GalleryLoading
from server.domain.gallery import GalleryStep
from server.domain.matchers import Loading, Phase
from server.matching.cache import GalleryCache
from server.matching.changes import BEGINNING, Added, Change, Dropped, Entry, Removed
from server.matching.matrix import Matrix, with_spare
from server.matching.reading import columns, rows_of
from server.matching.rows import Rows
from server.workflow.ports import GalleryFeed

LONGEST_WAIT = 5.0  # seconds that a search waits for a load that another thread is at
CHANGES_BEFORE_STORING = 1024
ALIVE_SECONDS = 2.0
MOST_STEPS = 1024  # changes taken one by one from the database; beyond that it is read whole
MOST_AT_ONCE = 32 * MOST_STEPS  # references that batches among them may have brought


class Follower:
    """Holds the newest Matrix. Reading it never waits; changing it is one thread's work at a time.

    `alive` is called every few seconds of a load or a writing that takes long. While it is stopped, a load or a wait
    for somebody else's ends in GalleryLoading at the next block.
    """

    def __init__(self, feed: GalleryFeed, cache: GalleryCache, alive: Callable[[], None]) -> None:
        self._feed = feed
        self._cache = cache
        self._alive = alive
        self._alive_at = time.monotonic()
        self._changing = threading.Lock()
        self._stopping = threading.Event()
        self._matrix = Matrix.unloaded()
        self._position = BEGINNING
        self._pending: dict[int, Change] = {}
        self.last_removal = -1  # the newest change that made us drop a row
        self.loading = Loading()

    @property
    def version(self) -> int:
        """The gallery change this process has reached; -1 before anything was loaded."""
        return self._matrix.version

    @property
    def rows(self) -> int:
        return len(self._matrix)

    @property
    def nbytes(self) -> int:
        """Memory of the rows and of the room for further ones."""
        return self._matrix.nbytes

    def current(self) -> Matrix:
        """The matrix as of the database's newest change or later.

        Raises GalleryLoading while another thread reads the whole gallery, CacheUnavailable where that takes Redis
        and Redis is down, and DatabaseUnavailable.
        """
        matrix = self._matrix  # taken before the database's version, which can therefore not be older
        if matrix.version == self._feed.version():
            return matrix
        with self._held():
            self._follow()
            return self._matrix

    def follow(self) -> None:
        """Follow the database now, by the cheapest way that works.

        Raises CacheUnavailable when Redis is down, also where the database alone was enough to follow.
        """
        with self._changing:
            self._follow()
            self._replay()

    def keep_stored(self) -> bool:
        """Store our rows where the cache lost its own, or holds a removed one, or leaves much to replay; True if so."""
        with self._changing:
            if self._pending or not self._storing_due():
                return False
            with self._cache.exclusively(self._go_on):
                if self._storing_due():
                    self._store()
            return True

    def stop(self) -> None:
        """Cut short a load that is under way, so that a server can end in the midst of it."""
        self._stopping.set()

    def resume(self) -> None:
        self._stopping.clear()

    def give_up(self) -> None:
        """Overwrite and forget every row, for nobody follows any more, and load none again."""
        self.stop()
        with self._changing:
            self._become(Matrix.unloaded(), BEGINNING)

    def await_change(self, seconds: float) -> None:
        """Return as soon as a change is told, or when the time has passed. Raises CacheUnavailable."""
        self._cache.changes.wait_after(self._position, max(1, int(seconds * 1000)))

    @contextmanager
    def _held(self) -> Iterator[None]:
        if not self._changing.acquire(timeout=LONGEST_WAIT):
            raise GalleryLoading
        try:
            yield
        finally:
            self._changing.release()

    def _follow(self) -> None:
        wanted = self._feed.version()
        for way in (self._try_replay, self._step, self._load, self._rebuild):
            if self._matrix.version >= wanted:
                break
            way()
        if self._matrix.version > self._feed.version():  # the database was set back, as by restoring a backup
            with self._cache.exclusively(self._go_on) as hold:
                self._read_database(hold)
        self.loading = Loading(Phase.READY, self.rows, self.rows)

    def _try_replay(self) -> None:
        with suppress(CacheUnavailable):
            self._replay()

    def _replay(self) -> None:
        """Apply what the stream holds, in order of versions, up to the first gap."""
        for entry in self._cache.changes.after(self._position):
            self._position = entry.position
            self._note(entry)
        self._apply_pending()

    def _note(self, entry: Entry) -> None:
        if entry.version > self._matrix.version:
            self._pending[entry.version] = entry.change
            return
        entry.change.overwrite()
        if isinstance(entry.change, Added) and entry.change.model == self._cache.model:
            # Told too late to be of use to anybody, and it may be of somebody who has been erased since.
            self._cache.changes.drop(entry.position)

    def _apply_pending(self) -> None:
        while (change := self._pending.pop(self._matrix.version + 1, None)) is not None:
            self._apply(change)
        reached = self._matrix.version
        for version in [version for version in self._pending if version <= reached]:
            self._pending.pop(version).overwrite()

    def _apply(self, change: Change) -> None:
        self._matrix = change.applied_to(self._matrix, self._cache.model)
        change.overwrite()
        if isinstance(change, Removed | Dropped):
            self.last_removal = self._matrix.version

    def _step(self) -> None:
        """Take from the database what nobody told, change by change."""
        if self._matrix.version < 0:
            return
        steps = self._feed.steps(self._cache.model, self._matrix.version, MOST_STEPS, MOST_AT_ONCE)
        for step in steps or ():
            self._apply(_change(step, self._cache.model))
        self._apply_pending()

    def _load(self) -> None:
        """Take the stored rows if they are newer than ours, and what the stream adds to them."""
        head = self._cache.head()
        if head is None or not self._matrix.version < head.version <= self._feed.version():
            return
        self.loading = Loading(Phase.FROM_CACHE, 0, head.rows)
        matrix = self._cache.load(head, self._loaded)
        if matrix is not None:
            self._become(matrix, head.position)
            self._replay()
            self._step()

    def _go_on(self) -> None:
        if self._stopping.is_set():
            raise GalleryLoading
        if time.monotonic() - self._alive_at > ALIVE_SECONDS:
            self._alive_at = time.monotonic()
            self._alive()

    def _loaded(self, rows: int) -> None:
        self._go_on()
        self.loading = Loading(self.loading.phase, self.loading.rows + rows, self.loading.total)

    def _rebuild(self) -> None:
        """Let one matcher read the database and store it; the others wait and load that."""
        with self._cache.exclusively(self._go_on) as hold:
            self._load()
            if self._matrix.version < self._feed.version():
                self._read_database(hold)

    def _read_database(self, hold: Callable[[], None]) -> None:
        def tell(rows: int) -> None:
            self._loaded(rows)
            hold()

        position = self._cache.changes.end()  # before the read, so that no later change is missed
        with self._feed.reading(self._cache.model) as reading:
            self.loading = Loading(Phase.FROM_DATABASE, 0, reading.count)
            rows = rows_of(reading, tell, with_spare(reading.count))
            matrix = Matrix.holding(rows, reading.version, reading.count)
        self._become(matrix, position)
        self._store()

    def _become(self, matrix: Matrix, position: str) -> None:
        self._matrix.overwrite_all_but(matrix)
        self._matrix, self._position = matrix, position
        for change in self._pending.values():
            change.overwrite()
        self._pending.clear()

    def _store(self) -> None:
        """A Redis without room for the rows is no reason not to search: they are in memory, and stored later."""
        with suppress(CacheFull):
            self._cache.store(self._matrix, self._position, self._go_on)

    def _storing_due(self) -> bool:
        head = self._cache.head()
        if head is None or not self._cache.whole(head):
            return True
        behind = self._matrix.version - head.version
        return head.version < self.last_removal or behind >= CHANGES_BEFORE_STORING


def _change(step: GalleryStep, model: str) -> Change:
    if step.went is not None:
        return Removed(step.went)
    return Added(model, Rows.room(0, 0) if step.came is None else columns(step.came))
