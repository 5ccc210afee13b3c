"""Search times of the exact matcher beside plain numpy (and faiss, where installed), and how fast Redis fills it.

python -m bench.search [--rows 10000 100000] [--dimension 128]
"""

from __future__ import annotations

import argparse
import importlib.util
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from redis import Redis

from server.domain.face import Template
from server.domain.gallery import Census, IndexedReference, ReferenceBlock, Source
from server.matching.cache import GalleryCache
from server.matching.embedded import EmbeddedRedis
from server.matching.exact import ExactGallery
from server.matching.matrix import Matrix
from server.workflow.ports import GalleryReading
from tests.fakes.memory_gallery import ThrowAwayCipher

MODEL = "bench/1"
TOP = 50
PROBES = 40
SEED = 20240501
ALL = frozenset(Source)

Vectors = NDArray[np.float32]


class FixedSource:
    """A gallery of `vectors` that never changes."""

    def __init__(self, vectors: Vectors) -> None:
        self._vectors = vectors

    def version(self) -> int:
        return len(self._vectors)

    def references(self, model: str) -> tuple[int, Sequence[IndexedReference]]:
        rows = enumerate(self._vectors)
        return len(self._vectors), [
            IndexedReference(f"{row:032x}", f"{row:032x}", Source.CUSTODY, Template(model, vector))
            for row, vector in rows
        ]

    @contextmanager
    def reading(self, model: str) -> Iterator[GalleryReading]:
        version, references = self.references(model)
        ids = [entry.reference_id for entry in references]
        block = ReferenceBlock(ids, ids, [Source.CUSTODY] * len(ids), self._vectors)
        yield GalleryReading(version, len(ids), iter([block]))

    def steps(self, model: str, after: int, limit: int) -> None:
        """Nothing ever changes."""

    def active(self, reference_ids: Sequence[str]) -> frozenset[str]:
        return frozenset(reference_ids)

    def census(self) -> Census:
        return Census(len(self._vectors), len(self._vectors), {MODEL: len(self._vectors)}, {})


@dataclass(frozen=True)
class Line:
    what: str
    value: float
    unit: str


def main() -> None:
    options = parsed_options()
    print(f"search: unit templates of dimension {options.dimension}, median of {PROBES} probes, warm")
    with tempfile.TemporaryDirectory(prefix="oifr-bench-") as directory, EmbeddedRedis(Path(directory)) as redis:
        for rows in options.rows:
            with redis.client() as client:
                client.flushall()
                print_table(rows, measured(client, rows, options.dimension))


def parsed_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--dimension", type=int, default=128)
    return parser.parse_args()


def print_table(rows: int, lines: Sequence[Line]) -> None:
    print(f"\n{rows:>9,} references")
    for line in lines:
        print(f"  {line.what:<52}{line.value:>10.2f} {line.unit}")


def measured(client: Redis, rows: int, dimension: int) -> list[Line]:
    rng = np.random.default_rng(SEED)
    vectors, probes = unit(rng, rows, dimension), unit(rng, PROBES, dimension)
    cipher = ThrowAwayCipher()
    first = ExactGallery(MODEL, FixedSource(vectors), client, cipher)
    from_database = seconds(first.warm)
    gallery = ExactGallery(MODEL, FixedSource(vectors), client, cipher)
    from_redis = seconds(gallery.warm)
    threshold = float(np.sort(vectors @ probes[0])[-TOP])
    return [
        Line(f"exact matcher, threshold that about {TOP} reach", searched(gallery, probes, threshold), "ms"),
        Line(f"numpy product and argpartition, top {TOP}", median_ms(partial(numpy_top, vectors), probes), "ms"),
        *faiss_lines(vectors, probes),
        Line("reading the matrix once (memory bandwidth)", median_ms(lambda _: vectors.sum(), probes), "ms"),
        Line("start from Redis to ready", 1000 * from_redis, "ms"),
        Line("start without Redis contents: build, seal, store", 1000 * from_database, "ms"),
        *memory_lines(client, cipher, rows),
    ]


def searched(gallery: ExactGallery, probes: Vectors, threshold: float) -> float:
    return median_ms(lambda vector: gallery.search(Template(MODEL, vector), ALL, threshold), probes)


def numpy_top(vectors: Vectors, probe: Vectors) -> NDArray[np.intp]:
    scores = vectors @ probe
    top = np.argpartition(scores, -TOP)[-TOP:]
    return top[np.argsort(-scores[top])]


def faiss_lines(vectors: Vectors, probes: Vectors) -> list[Line]:
    if importlib.util.find_spec("faiss") is None:
        return []
    import faiss  # type: ignore[import-not-found]  # noqa: PLC0415 - a peer that need not be there

    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(vectors)
    return [Line(f"faiss flat inner product, top {TOP}", median_ms(lambda p: index.search(p[None], TOP), probes), "ms")]


def memory_lines(client: Redis, cipher: ThrowAwayCipher, rows: int) -> list[Line]:
    head = GalleryCache(client, cipher, MODEL).head()
    assert head is not None
    matrix = GalleryCache(client, cipher, MODEL).load(head, lambda _: None)
    assert isinstance(matrix, Matrix)
    in_redis = int(client.info("memory")["used_memory"])
    return [
        Line("memory of the matcher", matrix.rows.nbytes / 2**20, "MiB"),
        Line("memory of the matcher a reference", matrix.rows.nbytes / rows, "bytes"),
        Line("memory of Redis", in_redis / 2**20, "MiB"),
    ]


def unit(rng: np.random.Generator, rows: int, dimension: int) -> Vectors:
    vectors = rng.standard_normal((rows, dimension), dtype=np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors


def seconds(act: Callable[[], object]) -> float:
    begun = time.perf_counter()
    act()
    return time.perf_counter() - begun


def median_ms(search: Callable[[Vectors], object], probes: Vectors) -> float:
    search(probes[0])
    return 1000 * statistics.median(seconds(partial(search, probe)) for probe in probes)


if __name__ == "__main__":
    main()
