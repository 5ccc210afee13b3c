"""What the tests of the vector-set matcher share: a database, real servers, and matchers over both."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field

import pytest

from server.domain.errors import SearchIncomplete, Unavailable
from server.domain.gallery import Census, IndexedReference, Source
from server.matching.vector_set import VectorSetGallery
from server.matching.vector_set_partition import Layout
from server.matching.vector_set_precision import Precision
from server.matching.vector_set_server import VectorServer
from server.workflow.ports import GalleryIndex
from tests.fakes.memory_gallery import MemoryGallerySource
from tests.fakes.templates import MODEL, reference, template
from tests.real_cluster import Node, Servers

ALL = frozenset(Source)
EVERYTHING = -1.1
EVERYBODY = 100_000
PARTITIONS = 6
LIMIT = 20.0


@dataclass
class Station:
    """A database and its servers; `matcher` makes another process's matcher over them."""

    servers: Servers
    closing: ExitStack
    source: MemoryGallerySource = field(default_factory=MemoryGallerySource)
    layout: Layout = field(default_factory=lambda: Layout(MODEL, PARTITIONS, Precision.Q8))

    def matcher(self, effort: int | None = None) -> VectorSetGallery:
        server = VectorServer(self.servers.url, seconds=1)
        return self.closing.enter_context(VectorSetGallery(self.layout, self.source, server, effort))

    def hold(self, enrolled: Sequence[IndexedReference]) -> None:
        for entry in enrolled:
            self.source.enrol(entry)

    def enrol(self, teller: GalleryIndex, *added: IndexedReference) -> None:
        for entry in added:
            teller.added(entry, self.source.enrol(entry))

    def erase(self, teller: GalleryIndex, *seeds: int) -> None:
        for seed in seeds:
            name = reference(seed).reference_id
            teller.removed(name, self.source.erase(name))

    def stored(self) -> set[str]:
        """Every id in any vector set, read past the matcher."""
        found: set[str] = set()
        for node in self.servers.nodes:
            with node.client() as client:
                for key in client.scan_iter(match="gallery:*:vectors"):
                    found |= {name.decode() for name in client.execute_command("VRANDMEMBER", key, 100_000)}
        return found


class Watched:
    """A GalleryTemplates over another: `after_ids` is called when all ids were read, `indexed` reads templates."""

    def __init__(
        self,
        inner: MemoryGallerySource,
        after_ids: Callable[[], object] = lambda: None,
        indexed: Callable[[Sequence[str]], Sequence[IndexedReference]] | None = None,
    ) -> None:
        self._inner = inner
        self._after_ids = after_ids
        self._indexed = indexed
        self.named: set[str] = set()

    def version(self) -> int:
        return self._inner.version()

    def references(self, model: str) -> tuple[int, Sequence[IndexedReference]]:
        return self._inner.references(model)

    def active(self, reference_ids: Sequence[str]) -> frozenset[str]:
        return self._inner.active(reference_ids)

    def census(self) -> Census:
        return self._inner.census()

    def ids(self, model: str) -> tuple[int, Sequence[str]]:
        read = self._inner.ids(model)
        self._after_ids()
        return read

    def indexed(self, model: str, reference_ids: Sequence[str]) -> Sequence[IndexedReference]:
        self.named.update(reference_ids)
        return self._indexed(reference_ids) if self._indexed else self._inner.indexed(model, reference_ids)


@pytest.fixture
def station(redis8_cluster: Servers) -> Iterator[Station]:
    redis8_cluster.flush()
    with ExitStack() as closing:
        yield Station(redis8_cluster, closing)


@pytest.fixture
def own_station(own_cluster: Servers) -> Iterator[Station]:
    with ExitStack() as closing:
        yield Station(own_cluster, closing)


def ids(*seeds: int) -> set[str]:
    return {reference(seed).reference_id for seed in seeds}


def found(matcher: GalleryIndex) -> set[str]:
    return {scored.reference_id for scored in matcher.search(template(0), ALL, EVERYTHING, EVERYBODY)}


def answered(ask: Callable[[], set[str]]) -> set[str]:
    """Ask until there is an answer."""
    deadline = time.monotonic() + LIMIT
    while time.monotonic() < deadline:
        try:
            return ask()
        except Unavailable:
            time.sleep(0.02)
    return ask()


def keys_of(node: Node, pattern: str) -> list[bytes]:
    with node.client() as client:
        return list(client.scan_iter(match=pattern))


def refused(act: Callable[[], object]) -> None:
    with pytest.raises(SearchIncomplete):
        act()
