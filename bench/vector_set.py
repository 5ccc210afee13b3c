"""The vector-set matcher at each effort: latency, recall, and how many persons an approximate search loses.

python -m bench.vector_set [--rows 100000] [--partitions 12] [--precision q8] [--url redis://...]

Without --url it starts three Redis 8 nodes on loopback. A gallery that is filled already is not filled again, so a
second run with the same --url measures at once.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.galleries import SEED, median_ms, seconds
from bench.population import FACES, Vectors
from server.domain.face import Template
from server.domain.gallery import Census, IndexedReference, Source
from server.matching.vector_set import VectorSetGallery
from server.matching.vector_set_partition import Layout
from server.matching.vector_set_precision import Precision
from server.matching.vector_set_server import VectorServer
from tests.real_cluster import cluster

MODEL = "bench/1"
DIMENSION = 128
LISTED = 50  # strangers that reach the threshold, on average; nobody is ever shown more than 26
PROBES = 1400
TIMED = 40
EFFORTS = (50, 100, 200, 500, 1000, 2000, None)
COLUMNS = ("ms", "ms, two sources of three", "recall@10", "mates lost, good probes", "mates lost, poor probes")
ALL = frozenset(Source)
EVERYBODY = 10_000_000
FEWER = frozenset({Source.CUSTODY, Source.WANTED})

# The places of `within` in bench/population.py with which probes score with their mates' references as dlib-resnet's
# did on 28 research subjects: good ones, turned or tilted by up to 45 degrees, 0.9595; poor ones, both at once, 0.9478.
GOOD, POOR = 0.0375, 0.0642

Answers = dict[int, set[int]]


@dataclass(frozen=True)
class Gallery:
    """`rows` people of bench/population.py with one reference each; of the first ones there are probes, too."""

    rows: int

    @cached_property
    def references(self) -> Vectors:
        others = FACES.templates(self.rows - PROBES, 1, DIMENSION, SEED + 1)
        return np.concatenate([self._mates[:, 0], others])

    @property
    def good(self) -> Vectors:
        return self._mates[:, 1].copy()

    @property
    def poor(self) -> Vectors:
        return self._mates[:, 2].copy()

    @cached_property
    def _mates(self) -> Vectors:
        return FACES.views(PROBES, (FACES.within, GOOD, POOR), DIMENSION, SEED).reshape(PROBES, 3, DIMENSION)


class FixedSource:
    """A gallery of `vectors` that never changes; nine in ten are custody records, the others missing persons."""

    def __init__(self, vectors: Vectors) -> None:
        self._vectors = vectors

    def version(self) -> int:
        return len(self._vectors)

    def references(self, model: str) -> tuple[int, Sequence[IndexedReference]]:
        return self.version(), self.indexed(model, self.ids(model)[1])

    def ids(self, model: str) -> tuple[int, Sequence[str]]:  # noqa: ARG002 - of one model
        return self.version(), [name_of(row) for row in range(len(self._vectors))]

    def indexed(self, model: str, reference_ids: Sequence[str]) -> Sequence[IndexedReference]:
        rows = [int(name, 16) for name in reference_ids]
        return [
            IndexedReference(name_of(row), name_of(row), source_of(row), Template(model, self._vectors[row]))
            for row in rows
        ]

    def active(self, reference_ids: Sequence[str]) -> frozenset[str]:
        return frozenset(reference_ids)

    def census(self) -> Census:
        return Census(self.version(), self.version(), {MODEL: self.version()}, {})


@dataclass(frozen=True)
class Trial:
    """Probes of the first of `references`, in their order, and what an exact search lists at `threshold`."""

    references: Vectors
    probes: Vectors
    threshold: float

    @cached_property
    def lists(self) -> Sequence[NDArray[np.intp]]:
        """The rows that reach the threshold, best first."""
        made: list[NDArray[np.intp]] = []
        for start in range(0, PROBES, 50):
            for scores in self.probes[start : start + 50] @ self.references.T:
                reached = np.flatnonzero(scores >= self.threshold)
                made.append(reached[np.argsort(-scores[reached])])
        return made

    @cached_property
    def with_mate(self) -> Sequence[int]:
        """Numbers of the probes whose mate an exact search lists."""
        return [row for row in range(PROBES) if row in self.lists[row]]


def main() -> None:
    options = parsed_options()
    made = Gallery(options.rows)
    threshold = threshold_of(made)
    good, poor = (Trial(made.references, probes, threshold) for probes in (made.good, made.poor))
    source = FixedSource(made.references)
    layout = Layout(MODEL, options.partitions, Precision(options.precision))
    with served(options.url) as url:

        def matcher(effort: int | None) -> VectorSetGallery:
            return VectorSetGallery(layout, source, VectorServer(url, seconds=30), effort)

        with matcher(None) as filler:
            print(f"filled, or found full, in {seconds(filler.warm):.1f} s")
        told = f"{options.rows:,} references, {options.partitions} partitions, {options.precision}"
        print(f"{told}, threshold {threshold:.4f}; ms are medians of {TIMED} searches")
        print(f"| effort | {' | '.join(COLUMNS[: 2 if options.latency_only else None])} |")
        for effort in options.efforts:
            with matcher(effort) as gallery:
                cells = timed(gallery, good) + ([] if options.latency_only else counted(gallery, good, poor))
            print(f"| {' | '.join(['truth' if effort is None else str(effort), *cells])} |", flush=True)


def parsed_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--partitions", type=int, default=12)
    parser.add_argument("--precision", choices=list(Precision), default=Precision.Q8)
    parser.add_argument("--url", help="a running Redis 8; default: three nodes of our own on loopback")
    parser.add_argument("--efforts", type=effort_named, nargs="+", default=EFFORTS, help="numbers, or truth")
    parser.add_argument("--latency-only", action="store_true", help="leave recall and loss out")
    return parser.parse_args()


def effort_named(word: str) -> int | None:
    return None if word == "truth" else int(word)


@contextmanager
def served(url: str | None) -> Iterator[str]:
    if url is not None:
        yield url
        return
    with (
        tempfile.TemporaryDirectory(prefix="oifr-bench-") as folder,
        cluster(Path(folder), node_timeout=15_000) as servers,
    ):
        yield servers.url


def threshold_of(made: Gallery) -> float:
    """What as many strangers reach as are to be listed."""
    strangers = made.poor[:100] @ made.references.T
    np.fill_diagonal(strangers, -1)
    return float(np.quantile(strangers, 1 - LISTED / made.rows))


def timed(gallery: VectorSetGallery, trial: Trial) -> list[str]:
    acts = [partial(searched, gallery, trial.threshold, sources) for sources in (ALL, FEWER)]
    return [f"{median_ms(act, trial.probes[:TIMED]):.1f}" for act in acts]


def counted(gallery: VectorSetGallery, good: Trial, poor: Trial) -> list[str]:
    answers = [answers_of(gallery, trial) for trial in (good, poor)]
    return [recalled(good, answers[0]), *map(lost, answers)]


def answers_of(gallery: VectorSetGallery, trial: Trial) -> Answers:
    return {row: searched(gallery, trial.threshold, ALL, trial.probes[row]) for row in trial.with_mate}


def searched(gallery: VectorSetGallery, threshold: float, sources: frozenset[Source], probe: Vectors) -> set[int]:
    return {
        int(entry.reference_id, 16) for entry in gallery.search(Template(MODEL, probe), sources, threshold, EVERYBODY)
    }


def recalled(trial: Trial, answers: Answers) -> str:
    """How many of the ten best of an exact search are found, where it lists as many."""
    long = [row for row in answers if len(trial.lists[row]) >= 10]
    return f"{statistics.mean(len(set(trial.lists[row][:10].tolist()) & answers[row]) / 10 for row in long):.4f}"


def lost(answers: Answers) -> str:
    """Mates that an exact search lists and this one does not."""
    return f"{sum(row not in found for row, found in answers.items())} of {len(answers)}"


def name_of(row: int) -> str:
    return f"{row:032x}"


def source_of(row: int) -> Source:
    return Source.MISSING if row % 10 == 0 else Source.CUSTODY


if __name__ == "__main__":
    main()
