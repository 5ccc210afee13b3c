"""One pass over all rows for one or several probes: bounds from int8, then exact scores of the few that matter.

The answer is that of comparing every row in float64, and a Certificate says why.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from server.domain.candidates import Scored, shortlist
from server.domain.face import Vector
from server.domain.gallery import Source
from server.matching.crew import parts, share, workers
from server.matching.products import Multiplier, Products
from server.matching.quantised import SLACK, Bounds, Quantised, QuantisedProbes
from server.matching.rows import Rows, source_filter

TOGETHER = 16  # probes in one pass
PRODUCTS = 1 << 19  # held by a thread at a time: 2 MiB
BLOCK_ROWS = 131072  # read at a time by a thread, at most
GROUP = 64  # rows of which the greatest product is looked at first
FIRST_BLOCK = 2048  # rows; each later block is four times as large, until the rest is shared out
EXACT_ROWS = 8192  # rescored at a time

Places = NDArray[np.intp]
Scores = NDArray[np.float64]
Columns = tuple[Places, Places, Scores, Scores]


@dataclass(frozen=True, eq=False)
class Asked:
    """The best row of each of at most `limit` subjects in scope of `sources` whose score reaches `threshold`."""

    vector: Vector
    sources: Collection[Source]
    threshold: float
    limit: int

    def __repr__(self) -> str:
        return f"Asked(limit={self.limit})"


@dataclass(frozen=True)
class Certificate:
    """Why an answer is exact: `rows` were bounded, `rescored` of them compared in float64.

    Every row in scope that was not rescored has a score under `bound`; and `least`, the threshold or the score of
    the last one listed where the list is full, is not under `bound`.
    """

    rows: int
    rescored: int
    bound: float
    least: float

    @property
    def holds(self) -> bool:
        return self.rescored == self.rows or self.bound <= self.least

    def __repr__(self) -> str:
        return f"Certificate(rows={self.rows}, rescored={self.rescored}, holds={self.holds})"


@dataclass(frozen=True)
class Answer:
    scored: tuple[Scored, ...]
    certificate: Certificate


class Sieve:
    """The rows that may still be in the answers to one pass's probes. Several threads pour in what they find.

    Kept as columns: the row's place, the probe's number, and the bounds of their score.
    """

    def __init__(self, rows: Rows, quantised: Quantised, probes: QuantisedProbes, asked: Sequence[Asked]) -> None:
        self._rows = rows
        self._quantised = quantised
        self._probes = probes
        self._asked = asked
        self._allowed = np.stack([source_filter(one.sources) for one in asked])
        self._floors = np.array([one.threshold for one in asked], dtype=np.float64)
        self._pouring = threading.Lock()
        self._held: list[Columns] = []
        self._count = 0
        self._full = self._least_full = sum(8 * min(one.limit, len(rows)) for one in asked)

    def least_products(self, block: range) -> Scores:
        """A product that every row of `block` reaches which may matter, for each of its groups and each probe.

        A few rows have far wider bounds than the others: with one for the whole block, many would be poured in vain.
        """
        here = slice(block.start, block.stop)
        longest, greatest = _greatest(self._quantised.lengths[here]), _greatest(self._quantised.residuals[here])
        return self._probes.least_products(self._floors, longest, greatest)

    def pour(self, places: Places, numbers: Places, products: Products) -> None:
        """Keep the rows in scope whose upper bound reaches the floor."""
        in_scope = self._allowed[numbers, self._rows.sources[places]]
        places, numbers = places[in_scope], numbers[in_scope]
        scores = self._probes.scores(numbers, products[in_scope].astype(np.float64))
        errors = self._probes.errors(numbers, self._quantised.lengths[places], self._quantised.residuals[places])
        near = scores + errors >= self._floors[numbers]
        if near.any():
            self._keep((places[near], numbers[near], (scores - errors)[near], (scores + errors)[near]))

    def answers(self) -> list[Answer]:
        """Rescore what is left, in float64 from float32."""
        places, numbers, _, _ = self._sifted()
        return [self._answer(number, places[numbers == number]) for number in range(len(self._asked))]

    def _answer(self, number: int, places: Places) -> Answer:
        asked, bound = self._asked[number], float(self._floors[number])
        scored = _listed(self._rows, asked, places)
        least = scored[-1].score if len(scored) == asked.limit else asked.threshold
        return Answer(scored, Certificate(len(self._rows), len(places), bound, least))

    def _keep(self, columns: Columns) -> None:
        with self._pouring:
            self._held.append(columns)
            self._count += len(columns[0])
            if self._count > self._full:
                self._held = [self._sifted()]
                self._count = len(self._held[0][0])
                self._full = 2 * self._count + self._least_full

    def _sifted(self) -> Columns:
        """What is held, after each floor was raised to what the last subject to be listed surely scores."""
        if not self._held:
            return np.empty(0, dtype=np.intp), np.empty(0, dtype=np.intp), np.empty(0), np.empty(0)
        places, numbers, lower, upper = (np.concatenate(column) for column in zip(*self._held, strict=True))
        for number, asked in enumerate(self._asked):
            own = numbers == number
            self._floors[number] = max(self._floors[number], _floor(self._rows, asked, places[own], lower[own]))
        near = upper >= self._floors[numbers]
        return places[near], numbers[near], lower[near], upper[near]


def scan(rows: Rows, quantised: Quantised, asked: Sequence[Asked]) -> list[Answer]:
    """Answer all of `asked`, in their order. `quantised` holds the same rows as `rows`."""
    answers: list[Answer] = []
    for start in range(0, len(asked), TOGETHER):
        answers += _pass(rows, quantised, asked[start : start + TOGETHER])
    return [
        answer if answer.certificate.holds else compared(rows, one) for one, answer in zip(asked, answers, strict=True)
    ]


def compared(rows: Rows, asked: Asked) -> Answer:
    """The same answer by comparing every row in scope: the plain way.

    For where bounds could not be trusted, as when a row was erased under the pass that had counted on it.
    """
    places = np.flatnonzero(source_filter(asked.sources)[rows.sources])
    scored = _listed(rows, asked, places)
    return Answer(scored, Certificate(len(rows), len(rows), asked.threshold, asked.threshold))


def _pass(rows: Rows, quantised: Quantised, asked: Sequence[Asked]) -> list[Answer]:
    probes = QuantisedProbes.of([one.vector for one in asked], quantised.scale)
    sieve = Sieve(rows, quantised, probes, asked)
    most = min(PRODUCTS // len(asked), BLOCK_ROWS) // GROUP * GROUP
    threads = workers(quantised.codes.nbytes)
    blocks = iter(list(_blocks(len(rows), most, threads)))  # of a list, for threads may not share a generator
    crew = [_Reader(quantised, sieve, blocks, Multiplier(most, probes.codes)) for _ in range(threads)]
    crew[0].read_one()  # alone, so that full lists have a floor before many rows are poured in
    share([reader.read_on for reader in crew])
    return sieve.answers()


def _blocks(count: int, most: int, threads: int) -> Iterator[range]:
    """All rows in blocks: a few small ones for a floor, then as many for each thread, so that all end together."""
    start, size = 0, FIRST_BLOCK
    while start < count and size < most:
        yield range(start, min(start + size, count))
        start, size = start + size, 4 * size
    if start < count:
        times = -(-(count - start) // (threads * most))
        for part in parts(count - start, threads * times, GROUP):
            yield range(start + part.start, start + part.stop)


def _listed(rows: Rows, asked: Asked, places: Places) -> tuple[Scored, ...]:
    """The short list among the rows at `places`, by their scores in float64."""
    scores = _exact(rows, asked, places)
    reached = np.flatnonzero(scores >= asked.threshold)
    places, scores = places[reached], scores[reached]
    listed = np.flatnonzero(scores >= _limit_reached_at(rows, places, scores, asked.limit))
    return shortlist(_scored(rows, places[listed], scores[listed]), asked.threshold, asked.limit)


def _floor(rows: Rows, asked: Asked, places: Places, lower: Scores) -> float:
    """What as many subjects as may be listed surely score; or minus infinity.

    Of those that are surely best by their lower bounds the exact scores are taken, for a floor that is lower by the
    width of a bound lets through several times as many rows.
    """
    reached = _limit_reached_at(rows, places, lower, asked.limit)
    if reached == -np.inf:
        return reached
    best = places[lower >= reached]
    return _limit_reached_at(rows, best, _exact(rows, asked, best), asked.limit) - SLACK


def _exact(rows: Rows, asked: Asked, places: Places) -> Scores:
    """In float64, a part at a time."""
    probe = asked.vector.astype(np.float64)
    blocks = [places[start : start + EXACT_ROWS] for start in range(0, len(places), EXACT_ROWS)]
    exact = [np.einsum("ij,j->i", rows.vectors[block].astype(np.float64), probe) for block in blocks]
    return np.concatenate([np.empty(0), *exact])


def _limit_reached_at(rows: Rows, places: Places, scores: Scores, limit: int) -> float:
    """The greatest value that the scores of as many subjects reach as may be listed; or minus infinity."""
    taken = min(4 * limit, len(scores))
    while taken >= limit:
        best = np.argpartition(-scores, taken - 1)[:taken]
        best = best[np.argsort(-scores[best])]
        subjects = set[bytes]()
        for subject, score in zip(rows.subjects[places[best]].tolist(), scores[best].tolist(), strict=True):
            subjects.add(subject)
            if len(subjects) == limit:
                return float(score)
        if taken == len(scores):
            break
        taken = min(4 * taken, len(scores))
    return -np.inf


def _scored(rows: Rows, places: Places, scores: Scores) -> Iterator[Scored]:
    columns = (rows.references[places].tolist(), rows.subjects[places].tolist(), scores.tolist())
    for reference, subject, score in zip(*columns, strict=True):
        yield Scored(reference.decode(), subject.decode(), score)


class _Reader:
    """One thread's work: read whichever block is next and pour what may matter into the sieve."""

    def __init__(self, quantised: Quantised, sieve: Sieve, blocks: Iterator[range], multiplier: Multiplier) -> None:
        self._quantised = quantised
        self._sieve = sieve
        self._blocks = blocks
        self._multiplier = multiplier

    def read_on(self) -> None:
        for block in self._blocks:
            self._read(block)

    def read_one(self) -> None:
        self._read(next(self._blocks))

    def _read(self, block: range) -> None:
        products = self._multiplier.of(self._quantised.codes[block.start : block.stop])
        near = _reaching(products, len(block), self._sieve.least_products(block))
        places, numbers = np.divmod(near, products.shape[1])
        self._sieve.pour(places + block.start, numbers, products.reshape(-1)[near])


def _greatest(bounds: Bounds) -> Bounds:
    """Of each group of a block's rows. A group's rows lie apart, for maxima of long lines are quick."""
    missing = -len(bounds) % GROUP
    whole = np.concatenate([bounds, np.zeros(missing, dtype=bounds.dtype)]) if missing else bounds
    greatest: Bounds = whole.reshape(GROUP, -1).max(axis=0)
    return greatest


def _reaching(products: Products, count: int, least: Scores) -> Places:
    """Where, in the first `count` rows of `products` read as one line, a probe's product reaches its group's `least`.

    The greatest products of the groups come first, for few groups hold one that reaches.
    """
    lines, wanted = products[: GROUP * len(least)].reshape(GROUP, least.size), least.reshape(-1)
    columns = np.flatnonzero(lines.max(axis=0) >= wanted)
    rows, found = np.nonzero(lines.take(columns, axis=1) >= wanted[columns])
    near = rows * least.size + columns[found]
    within: Places = near[near < count * products.shape[1]]
    return within
