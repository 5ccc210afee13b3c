"""Searches of many officers at once: each gets its own answer, and the rows are read for many together."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial

import pytest

from server.domain.candidates import Scored
from server.domain.gallery import Source
from server.domain.model_errors import TemplateInvalid
from server.matching.matrix import Matrix
from server.matching.rounds import BOARDING, Rounds
from server.matching.scan import Answer, Asked
from tests.fakes.templates import references, template

ALL = frozenset(Source)
LIMIT = 20.0


class HeldMatrix:
    """A matrix whose scans wait until they are let go; `served` tells how many searches each was for."""

    def __init__(self, count: int = 40, nbytes: int = 0) -> None:
        self._matrix = Matrix.of(references(count), 0)
        self.let_go = threading.Event()
        self.nbytes = nbytes
        self.served: list[int] = []

    def scan(self, asked: Sequence[Asked]) -> list[Answer]:
        self.served.append(len(asked))
        assert self.let_go.wait(LIMIT)
        return self._matrix.scan(asked)

    def scored(self, asked: Asked) -> Sequence[Scored]:
        return self._matrix.scan([asked])[0].scored


def asked(seed: int, dimension: int = 16) -> Asked:
    return Asked(template(seed, dimension=dimension).vector, ALL, -1.1, 3)


class Station:
    """Officers who ask one after another, each before any has an answer."""

    def __init__(self, pool: ThreadPoolExecutor) -> None:
        self._pool = pool
        self.rounds = Rounds()

    def first(self, matrix: HeldMatrix) -> Future[Answer]:
        """A search whose scan is under way."""
        answer = self._pool.submit(self.rounds.answer, matrix, asked(0))
        self._until(lambda: bool(matrix.served))
        return answer

    def meanwhile(self, matrix: HeldMatrix, *more: Asked) -> list[Future[Answer]]:
        answers = []
        for one in more:
            joined = self.rounds.waiting + 1
            answers.append(self._pool.submit(self.rounds.answer, matrix, one))
            self._until(partial(self._waits, joined))
        return answers

    def _waits(self, joined: int) -> bool:
        return self.rounds.waiting == joined

    def _until(self, holds: Callable[[], bool]) -> None:
        deadline = time.monotonic() + LIMIT
        while not holds():
            assert time.monotonic() < deadline
            time.sleep(0.001)


def test_searches_that_come_meanwhile_share_the_next_scan() -> None:
    matrix = HeldMatrix()
    with ThreadPoolExecutor(12) as pool:
        station = Station(pool)
        answers = [station.first(matrix), *station.meanwhile(matrix, *(asked(seed) for seed in range(1, 10)))]
        matrix.let_go.set()
        assert [answer.result(LIMIT).scored for answer in answers] == [matrix.scored(asked(seed)) for seed in range(10)]
    assert matrix.served == [1, 9]


def test_searches_of_the_same_moment_share_one_scan() -> None:
    matrix = HeldMatrix(nbytes=int(BOARDING))
    with ThreadPoolExecutor(12) as pool:
        answers = Station(pool).meanwhile(matrix, *(asked(seed) for seed in range(10)))
        matrix.let_go.set()
        assert [answer.result(LIMIT).scored for answer in answers] == [matrix.scored(asked(seed)) for seed in range(10)]
    assert matrix.served == [10]


def test_a_search_alone_waits_for_nobody() -> None:
    matrix, rounds = HeldMatrix(), Rounds()
    matrix.let_go.set()
    assert [rounds.answer(matrix, asked(seed)).scored for seed in range(3)] == [
        matrix.scored(asked(seed)) for seed in range(3)
    ]
    assert matrix.served == [1, 1, 1]


def test_each_is_answered_from_the_rows_it_asked() -> None:
    older, newer = HeldMatrix(20), HeldMatrix(40)
    older.let_go.set()
    with ThreadPoolExecutor(12) as pool:
        station = Station(pool)
        first = station.first(newer)
        late = station.meanwhile(older, asked(30)) + station.meanwhile(newer, asked(30), asked(31))
        newer.let_go.set()
        expected = [older.scored(asked(30)), newer.scored(asked(30)), newer.scored(asked(31))]
        assert [answer.result(LIMIT).scored for answer in late] == expected
        assert first.result(LIMIT).scored == newer.scored(asked(0))
    assert (older.served, newer.served) == ([1], [1, 2])


@pytest.mark.parametrize("place", [0, 1, 2])
def test_one_refused_search_touches_no_other(place: int) -> None:
    matrix = HeldMatrix()
    with ThreadPoolExecutor(12) as pool:
        station = Station(pool)
        first = station.first(matrix)
        wanted = [asked(1), asked(2), asked(3)]
        wanted[place] = asked(9, dimension=8)
        late = station.meanwhile(matrix, *wanted)
        matrix.let_go.set()
        assert first.result(LIMIT).scored == matrix.scored(asked(0))
        with pytest.raises(TemplateInvalid):
            late.pop(place).result(LIMIT)
        del wanted[place]
        assert [answer.result(LIMIT).scored for answer in late] == [matrix.scored(one) for one in wanted]
        assert station.rounds.waiting == 0
        assert station.rounds.answer(matrix, asked(5)).scored == matrix.scored(asked(5))


def test_many_officers_over_many_rounds_get_their_own_answers() -> None:
    matrix, rounds = Matrix.of(references(500), 0), Rounds()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda seed: rounds.answer(matrix, asked(seed)).scored, range(400)))
    assert answers == [matrix.scan([asked(seed)])[0].scored for seed in range(400)]
