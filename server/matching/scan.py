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
from server.matching.crew import share, workers
from server.matching.products import Multiplier, Products
from server.matching.quantised import Quantised, QuantisedProbes
from server.matching.rows import Rows, source_filter

TOGETHER = 16  # probes in one pass
PRODUCTS = 1 << 19  # held by a thread at a time: 2 MiB
BLOCK_ROWS = 65536  # read at a time by a thread, at most
GROUP = 64  # rows whose products are compared by one inner loop of numpy
FIRST_BLOCK = 1024  # rows; each later block is four times as large, up to BLOCK_ROWS
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
        """For each probe a product that every row of `block` reaches which may matter."""
        here = slice(block.start, block.stop)
        numbers = np.arange(len(self._asked))
        longest, greatest = self._quantised.lengths[here].max(), self._quantised.residuals[here].max()
        errors = self._probes.errors(numbers, np.full(len(numbers), longest), np.full(len(numbers), greatest))
        return self._probes.least_products(self._floors - errors)

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
        """What is held, after each floor was raised to the lower bound of the last subject to be listed."""
        if not self._held:
            return np.empty(0, dtype=np.intp), np.empty(0, dtype=np.intp), np.empty(0), np.empty(0)
        places, numbers, lower, upper = (np.concatenate(column) for column in zip(*self._held, strict=True))
        for number, asked in enumerate(self._asked):
            own = numbers == number
            reached = _limit_reached_at(self._rows, places[own], lower[own], asked.limit)
            self._floors[number] = max(self._floors[number], reached)
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
    blocks = iter(list(_blocks(len(rows), most)))  # of a list, for threads may not share a generator
    crew = [
        _Reader(quantised, sieve, blocks, Multiplier(most, probes.codes))
        for _ in range(workers(quantised.codes.nbytes))
    ]
    crew[0].read_one()  # alone, so that full lists have a floor before many rows are poured in
    share([reader.read_on for reader in crew])
    return sieve.answers()


def _blocks(count: int, most: int) -> Iterator[range]:
    """All rows in blocks, the first of them small."""
    start, size = 0, FIRST_BLOCK
    while start < count:
        yield range(start, min(start + size, count))
        start, size = start + size, min(4 * size, most)


def _listed(rows: Rows, asked: Asked, places: Places) -> tuple[Scored, ...]:
    """The short list among the rows at `places`, by their scores in float64."""
    probe = asked.vector.astype(np.float64)
    blocks = [places[start : start + EXACT_ROWS] for start in range(0, len(places), EXACT_ROWS)]
    exact = [np.einsum("ij,j->i", rows.vectors[block].astype(np.float64), probe) for block in blocks]
    scores = np.concatenate([np.empty(0), *exact])
    reached = np.flatnonzero(scores >= asked.threshold)
    places, scores = places[reached], scores[reached]
    listed = np.flatnonzero(scores >= _limit_reached_at(rows, places, scores, asked.limit))
    return shortlist(_scored(rows, places[listed], scores[listed]), asked.threshold, asked.limit)


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
        least = self._sieve.least_products(block)
        near = _reaching(products, len(block), least)
        places, numbers = np.divmod(near, len(least))
        self._sieve.pour(places + block.start, numbers, products.reshape(-1)[near])


def _reaching(products: Products, count: int, least: Scores) -> Places:
    """Where, in the first `count` rows of `products` read as one line, a probe's product reaches its `least`.

    Compared in groups of rows, for numpy's inner loop over a few probes alone would cost more than the product.
    """
    groups = -(-count // GROUP)
    lines = products[: groups * GROUP].reshape(groups, GROUP * len(least))
    reached = lines >= np.tile(least.astype(products.dtype), GROUP)
    return np.flatnonzero(reached.reshape(-1)[: count * len(least)])
