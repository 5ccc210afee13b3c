"""How soon a matcher answers after its start: from what Redis holds, and without it.

python -m bench.search_start [--rows 100000] [--dimension 128]
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path

from redis import Redis

from bench.galleries import Line, drawn, print_table, seconds
from bench.population import Vectors
from server.domain.face import Template
from server.domain.gallery import Census, IndexedReference, Source
from server.matching.embedded import EmbeddedRedis
from server.matching.exact import ExactGallery
from server.matching.rows import Rows
from tests.fakes.memory_gallery import ThrowAwayCipher

MODEL = "bench/1"
ALL = frozenset(Source)


class FixedSource:
    """A gallery that never changes, read without the cost of a database."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    def version(self) -> int:
        return len(self._rows)

    def references(self, model: str) -> tuple[int, Sequence[IndexedReference]]:
        columns = (self._rows.references.tolist(), self._rows.subjects.tolist(), self._rows.vectors)
        return len(self._rows), [
            IndexedReference(reference.decode(), subject.decode(), Source.CUSTODY, Template(model, vector))
            for reference, subject, vector in zip(*columns, strict=True)
        ]

    def active(self, reference_ids: Sequence[str]) -> frozenset[str]:
        return frozenset(reference_ids)

    def census(self) -> Census:
        return Census(len(self._rows), len(self._rows), {MODEL: len(self._rows)}, {})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[100_000])
    parser.add_argument("--dimension", type=int, default=128)
    options = parser.parse_args()
    print(f"start of a matcher to its first answer: drawn templates of dimension {options.dimension}")
    with tempfile.TemporaryDirectory(prefix="oifr-bench-") as directory, EmbeddedRedis(Path(directory)) as redis:
        for count in options.rows:
            rows, probes = drawn(count, options.dimension)
            with redis.client() as client:
                client.flushall()
                print_table(f"{count:,} references", measured(client, rows, probes))


def measured(client: Redis, rows: Rows, probes: Vectors) -> list[Line]:
    cipher, source = ThrowAwayCipher(), FixedSource(rows)
    template = Template(MODEL, probes[0])
    first, second = (ExactGallery(MODEL, source, client, cipher) for _ in range(2))
    without = seconds(lambda: first.search(template, ALL, 0.9, 6))
    from_redis = seconds(lambda: second.search(template, ALL, 0.9, 6))
    return [
        Line("from what Redis holds", 1000 * from_redis, "ms"),
        Line("without: read a list of references, quantise, seal, store", 1000 * without, "ms"),
        Line("memory of Redis", int(client.info("memory")["used_memory"]) / 2**20, "MiB"),
    ]


if __name__ == "__main__":
    main()
