"""Keep one matrix in step with the database, through the cache and its stream of changes."""

from __future__ import annotations

import threading
import time

from server.matching.cache import GalleryCache
from server.matching.changes import BEGINNING, Change, Dropped, Removed
from server.matching.matrix import Matrix
from server.workflow.ports import GallerySource

PATIENCE = 0.25  # seconds between a commit and its telling, in another process, before we read the database
CHANGES_BEFORE_STORING = 1024


class Follower:
    """Holds the newest Matrix. Reading it never waits; changing it is one thread's work at a time."""

    def __init__(self, source: GallerySource, cache: GalleryCache) -> None:
        self._source = source
        self._cache = cache
        self._changing = threading.Lock()
        self._matrix = Matrix.unloaded()
        self._position = BEGINNING
        self._pending: dict[int, Change] = {}
        self._last_removal = -1

    @property
    def version(self) -> int:
        """The gallery change this process has reached; -1 before anything was loaded."""
        return self._matrix.version

    def current(self) -> Matrix:
        """The matrix as of the database's newest change or later.

        Raises CacheUnavailable while Redis is down, also when nothing has changed, and DatabaseUnavailable.
        """
        matrix = self._matrix  # taken before the database's version, which can therefore not be older
        if matrix.version == self._source.version() and self._cache.head() is not None:
            return matrix
        return self.caught_up()

    def caught_up(self) -> Matrix:
        """Follow the database now, by the cheapest way that works, and see that the cache is whole."""
        with self._changing:
            self._follow()
            self._keep_stored()
            return self._matrix

    def _follow(self) -> None:
        wanted = self._source.version()
        for way in (self._replay, self._load, self._wait, self._rebuild):
            if self._matrix.version >= wanted:
                break
            way(wanted)
        if self._matrix.version > self._source.version():  # the database was set back, as by restoring a backup
            with self._cache.exclusively():
                self._read_database()

    def _replay(self, _wanted: int) -> None:
        """Apply what the stream holds, in order of versions, up to the first gap."""
        for entry in self._cache.changes.after(self._position):
            self._position = entry.position
            if entry.step is not None:
                version, change = entry.step
                self._pending[version] = change
        self._apply_pending()

    def _apply_pending(self) -> None:
        matrix = self._matrix
        while (change := self._pending.pop(matrix.version + 1, None)) is not None:
            matrix = change.applied_to(matrix, self._cache.model)
            if isinstance(change, Removed | Dropped):
                self._last_removal = matrix.version
        self._pending = {version: change for version, change in self._pending.items() if version > matrix.version}
        self._matrix = matrix

    def _load(self, wanted: int) -> None:
        """Take the stored rows if they are newer than ours, and what the stream adds to them."""
        head = self._cache.head()
        if head is None or not self._matrix.version < head.version <= self._source.version():
            return
        matrix = self._cache.load(head)
        if matrix is not None:
            self._become(matrix, head.position)
            self._replay(wanted)

    def _wait(self, wanted: int) -> None:
        """Give whoever committed the missing change a moment to tell it."""
        until = time.monotonic() + PATIENCE
        while 0 <= self._matrix.version < wanted and (left := until - time.monotonic()) > 0:
            self._cache.changes.wait_after(self._position, max(1, int(left * 1000)))
            self._replay(wanted)

    def _rebuild(self, wanted: int) -> None:
        """Let one matcher read the database and store it; the others wait and load that."""
        with self._cache.exclusively():
            self._load(wanted)
            if self._matrix.version < wanted:
                self._read_database()

    def _read_database(self) -> None:
        position = self._cache.changes.end()  # before the read, so that no later change is missed
        version, references = self._source.references(self._cache.model)
        self._become(Matrix.of(references, version), position)
        self._cache.store(self._matrix, position)

    def _become(self, matrix: Matrix, position: str) -> None:
        self._matrix, self._position = matrix, position
        self._pending.clear()

    def _keep_stored(self) -> None:
        """Store our rows when the cache lost its own, or holds a removed one, or leaves much to replay."""
        if self._pending or not self._storing_due():
            return
        with self._cache.exclusively():
            if self._storing_due():
                self._cache.store(self._matrix, self._position)

    def _storing_due(self) -> bool:
        head = self._cache.head()
        if head is None:
            return True
        behind = self._matrix.version - head.version
        return head.version < self._last_removal or behind >= CHANGES_BEFORE_STORING
