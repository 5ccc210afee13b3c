"""The vector-set matcher at each effort: latency, recall, and how many persons an approximate search loses.

python -m bench.vector_set [--rows 100000] [--partitions 12] [--precision q8] [--url redis://...]

Without --url it starts three Redis 8 nodes on loopback. A gallery that is filled already is not filled again, so a
second run with the same --url measures at once.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from server.domain.face import Template
from server.domain.gallery import Census, IndexedReference, Source
from server.matching.vector_set import VectorSetGallery
from server.matching.vector_set_partition import Layout
from server.matching.vector_set_precision import Precision
from server.matching.vector_set_server import VectorServer
from tests.real_cluster import cluster

MODEL = "bench/1"
SEED = 20240501
DIMENSION = 128
LISTED = 50  # strangers that reach the threshold, on average; nobody is ever shown more than 26
PROBES = 1400
TIMED = 40
EFFORTS = (50, 100, 200, 500, 1000, 2000, None)
COLUMNS = ("ms", "ms, two sources of three", "recall@10", "mates lost, good probes", "mates lost, poor probes")
ALL = frozenset(Source)
EVERYBODY = 10_000_000
FEWER = frozenset({Source.CUSTODY, Source.WANTED})

# Scores of dlib-resnet/2 on 28 research subjects: one frontal reference each; good probes are turned or tilted by up
# to 45 degrees, poor ones both at once. Means and standard deviations.
STRANGERS = (0.873, 0.0275)
GOOD, POOR = (0.9595, 0.0127), (0.9478, 0.0125)

Vectors = NDArray[np.float32]
Answers = dict[int, set[int]]


@dataclass(frozen=True)
class Population:
    """Unit templates round a common mean, whose scores have the moments above.

    A template is the mean and a person's own direction, at right angles. Strangers' scores have the square of the
    mean's length as mean; their deviation fixes how many dimensions count: variances fall off exponentially, at a
    rate that gives two persons' directions products of that deviation. A probe has the mean and a direction that is
    turned away from its mate's just as far as its score asks for.
    """

    rows: int

    @cached_property
    def references(self) -> Vectors:
        return self._templates(self._own)

    def probes(self, moments: tuple[float, float], mates: NDArray[np.intp]) -> Vectors:
        """One probe of each mate, at a score drawn for it."""
        rng = np.random.default_rng(SEED + 1)
        mean, _ = STRANGERS
        alike = np.clip((rng.normal(*moments, (len(mates), 1)) - mean) / (1 - mean), -1, 1)
        own, others = self._own[mates], _directions(rng, len(mates))
        aside = others - np.sum(others * own, axis=1, keepdims=True) * own
        aside /= np.linalg.norm(aside, axis=1, keepdims=True)
        return self._templates(alike * own + np.sqrt(1 - alike**2) * aside)

    @cached_property
    def _own(self) -> Vectors:
        return _directions(np.random.default_rng(SEED), self.rows)

    def _templates(self, directions: Vectors) -> Vectors:
        mean, _ = STRANGERS
        level = np.full((len(directions), 1), np.sqrt(mean))
        made = np.hstack([level, np.sqrt(1 - mean) * directions]).astype(np.float32) @ self._axes
        return np.asarray(made / np.linalg.norm(made, axis=1, keepdims=True), dtype=np.float32)

    @cached_property
    def _axes(self) -> Vectors:
        """A turn of the whole space, without which the mean would lie on one component and coarsen the rounding."""
        turn, _ = np.linalg.qr(np.random.default_rng(SEED + 3).standard_normal((DIMENSION, DIMENSION)))
        return np.asarray(turn, dtype=np.float32)


def _directions(rng: np.random.Generator, count: int) -> Vectors:
    """Unit vectors at right angles to the mean."""
    mean, deviation = STRANGERS
    fall = 0.5 * ((1 - mean) / deviation) ** 2
    deviations = np.sqrt(np.exp(-np.arange(DIMENSION - 1) / fall), dtype=np.float32)
    made = rng.standard_normal((count, DIMENSION - 1), dtype=np.float32) * deviations
    return np.asarray(made / np.linalg.norm(made, axis=1, keepdims=True), dtype=np.float32)


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
    """A probe of each of some references, and what an exact search lists at `threshold`."""

    population: Population
    moments: tuple[float, float]
    threshold: float

    @cached_property
    def mates(self) -> NDArray[np.intp]:
        return np.random.default_rng(SEED + 2).choice(self.population.rows, PROBES, replace=False)

    @cached_property
    def probes(self) -> Vectors:
        return self.population.probes(self.moments, self.mates)

    @cached_property
    def lists(self) -> Sequence[NDArray[np.intp]]:
        """The rows that reach the threshold, best first."""
        made: list[NDArray[np.intp]] = []
        for start in range(0, PROBES, 50):
            for scores in self.probes[start : start + 50] @ self.population.references.T:
                reached = np.flatnonzero(scores >= self.threshold)
                made.append(reached[np.argsort(-scores[reached])])
        return made

    @cached_property
    def with_mate(self) -> Sequence[int]:
        """Numbers of the probes whose mate an exact search lists."""
        return [row for row in range(PROBES) if self.mates[row] in self.lists[row]]


def main() -> None:
    options = parsed_options()
    population = Population(options.rows)
    threshold = threshold_of(population)
    good, poor = (Trial(population, moments, threshold) for moments in (GOOD, POOR))
    source = FixedSource(population.references)
    layout = Layout(MODEL, options.partitions, Precision(options.precision))
    with served(options.url) as url:

        def matcher(effort: int | None) -> VectorSetGallery:
            return VectorSetGallery(layout, source, VectorServer(url, seconds=30), effort)

        with matcher(None) as filler:
            begun = time.perf_counter()
            filler.warm()
            print(f"filled, or found full, in {time.perf_counter() - begun:.1f} s")
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


def threshold_of(population: Population) -> float:
    """What as many strangers reach as are to be listed."""
    mates = np.arange(100)
    strangers = population.probes(POOR, mates) @ population.references.T
    strangers[mates, mates] = -1
    return float(np.quantile(strangers, 1 - LISTED / population.rows))


def timed(gallery: VectorSetGallery, trial: Trial) -> list[str]:
    acts = [partial(searched, gallery, trial.threshold, sources) for sources in (ALL, FEWER)]
    return [f"{median_ms(act, trial.probes):.1f}" for act in acts]


def counted(gallery: VectorSetGallery, good: Trial, poor: Trial) -> list[str]:
    answers = [answers_of(gallery, trial) for trial in (good, poor)]
    losses = [lost(trial, answer) for trial, answer in zip((good, poor), answers, strict=True)]
    return [recalled(good, answers[0]), *losses]


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


def lost(trial: Trial, answers: Answers) -> str:
    """Mates that an exact search lists and this one does not."""
    return f"{sum(int(trial.mates[row]) not in found for row, found in answers.items())} of {len(answers)}"


def median_ms(search: Callable[[Vectors], object], probes: Vectors) -> float:
    for probe in probes[:5]:
        search(probe)
    return 1000 * statistics.median(seconds(partial(search, probe)) for probe in probes[5 : 5 + TIMED])


def seconds(act: Callable[[], object]) -> float:
    begun = time.perf_counter()
    act()
    return time.perf_counter() - begun


def name_of(row: int) -> str:
    return f"{row:032x}"


def source_of(row: int) -> Source:
    return Source.MISSING if row % 10 == 0 else Source.CUSTODY


if __name__ == "__main__":
    main()
