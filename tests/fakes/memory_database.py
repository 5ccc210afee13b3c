"""An honest in-memory database: the ports' promises without a disk, a server or a cipher.

A write works on a copy of the state; `commit` puts the copy in the place of the original. Reads keep the state they
began with. The tests of `tests/ports` hold it to the same rules as the real ones.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import Lock

from server.audit.checkpoint import Signer
from server.domain.errors import DatabaseUnavailable
from server.domain.events import Event
from server.domain.gallery import Census, IndexedReference
from server.workflow.ports import Clock
from server.workflow.storage_ports import Receipt
from tests.fakes.memory_holdings import MemoryHoldings
from tests.fakes.memory_tables import Enrolled, MemoryAccounts, MemoryDuplicates, MemorySearches, MemorySubjects, State
from tests.fakes.memory_trail import MemoryTrail

PATIENCE_SECONDS = 10.0


class MemoryView:
    def __init__(self, state: State, signer: Signer) -> None:
        self.accounts = MemoryAccounts(state)
        self.subjects = MemorySubjects(state)
        self.holdings = MemoryHoldings(state)
        self.duplicates = MemoryDuplicates(state)
        self.searches = MemorySearches(state)
        self.trail = MemoryTrail(state.trail, signer)


class MemoryUnitOfWork(MemoryView):
    def __init__(self, database: MemoryDatabase, state: State) -> None:
        super().__init__(state, database.signer)
        self._database = database
        self._state = state

    def commit(self, event: Event, *further: Event) -> Receipt:
        index = self.trail.append((event, *further), self._database.clock, self._database.fresh_salt)
        self._state.trail = self.trail.state
        self._database.state = self._state.copy()
        return self.trail.receipt(index)


class MemoryGallery:
    """`ports.GalleryTemplates` over the database's present state."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database

    def version(self) -> int:
        return self._database.state.gallery_version

    def references(self, model: str) -> tuple[int, Sequence[IndexedReference]]:
        state = self._database.state
        held = [state.references[reference_id] for reference_id in sorted(state.references)]
        active = [enrolled for enrolled in held if enrolled.active and model in enrolled.templates]
        return state.gallery_version, [_indexed(enrolled, model) for enrolled in active]

    def ids(self, model: str) -> tuple[int, Sequence[str]]:
        version, references = self.references(model)
        return version, [entry.reference_id for entry in references]

    def indexed(self, model: str, reference_ids: Sequence[str]) -> Sequence[IndexedReference]:
        return [entry for entry in self.references(model)[1] if entry.reference_id in reference_ids]

    def active(self, reference_ids: Sequence[str]) -> frozenset[str]:
        held = self._database.state.references
        return frozenset(name for name in reference_ids if name in held and held[name].active)

    def census(self) -> Census:
        state = self._database.state
        active = [enrolled for enrolled in state.references.values() if enrolled.active]
        templates = Counter(model for enrolled in active for model in enrolled.templates)
        rejections = Counter(model for enrolled in active for model in enrolled.rejections)
        return Census(state.gallery_version, len(active), templates, rejections)


class MemoryDatabase:
    """`ports.Database`. Set `available` to False to have it fail as a dead server does."""

    def __init__(self, signer: Signer, *, clock: Clock, fresh_salt: Callable[[], bytes]) -> None:
        self.signer = signer
        self.clock = clock
        self.fresh_salt = fresh_salt
        self.state = State()
        self.available = True
        self.gallery = MemoryGallery(self)
        self._writing = Lock()

    @contextmanager
    def write(self) -> Iterator[MemoryUnitOfWork]:
        self.ping()
        if not self._writing.acquire(timeout=PATIENCE_SECONDS):
            raise DatabaseUnavailable
        try:
            yield MemoryUnitOfWork(self, self.state.copy())
        finally:
            self._writing.release()

    @contextmanager
    def read(self) -> Iterator[MemoryView]:
        self.ping()
        yield MemoryView(self.state, self.signer)

    def ping(self) -> None:
        if not self.available:
            raise DatabaseUnavailable

    def close(self) -> None:
        self.available = False


def _indexed(held: Enrolled, model: str) -> IndexedReference:
    reference = held.reference
    return IndexedReference(reference.id, reference.subject_id, reference.source, held.templates[model])
