"""The scan's answer is the brute-force answer, and its certificate is true of the rows that it left out."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from server.domain.gallery import Source
from server.matching.crew import WORTH_A_THREAD
from server.matching.quantised import Quantised
from server.matching.rows import GONE, Rows
from server.matching.scan import FIRST_BLOCK, TOGETHER, Answer, Asked, compared, scan
from tests.unit.matching.galleries import HARD, brute_force, lopsided, rows_of, spread, unit

ALL = frozenset(Source)
EVERYTHING = -1.1


def scanned(rows: Rows, *asked: Asked) -> list[Answer]:
    return scan(rows, Quantised.of(rows.vectors, len(rows)), asked)


def assert_exact(rows: Rows, asked: Asked, answer: Answer) -> None:
    assert answer.scored == brute_force(rows, asked)
    assert_certified(rows, asked, answer)


def assert_certified(rows: Rows, asked: Asked, answer: Answer) -> None:
    """No row that was not rescored can belong to the answer: all that reach the bound are among the rescored."""
    certificate = answer.certificate
    assert certificate.holds
    assert certificate.rows == len(rows)
    scores = rows.vectors.astype(np.float64) @ asked.vector.astype(np.float64)
    in_scope = np.isin(rows.sources, [list(Source).index(source) + 1 for source in asked.sources])
    assert np.count_nonzero(in_scope & (scores >= certificate.bound + 1e-12)) <= certificate.rescored
    full = len(answer.scored) == asked.limit
    assert certificate.least == (answer.scored[-1].score if full else asked.threshold)


@st.composite
def searches(draw: st.DrawFn) -> tuple[Rows, list[Asked]]:
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    make = HARD[draw(st.sampled_from(sorted(HARD)))]
    count, dimension = draw(st.integers(1, 200)), draw(st.sampled_from([1, 3, 31, 128, 401, 512]))
    probes = draw(st.sampled_from([1, 2, 3, TOGETHER + 1]))
    vectors = unit(make(rng, count + probes, dimension))
    rows = rows_of(vectors[probes:], draw(st.sampled_from([1, 2, 50])))
    rows.sources[rng.random(count) < draw(st.sampled_from([0.0, 0.3]))] = GONE
    return rows, [draw(asked_with(rows, vector)) for vector in vectors[:probes]]


@st.composite
def asked_with(draw: st.DrawFn, rows: Rows, vector: NDArray[np.float32]) -> Asked:
    scores = np.einsum("ij,j->i", rows.vectors.astype(np.float64), vector.astype(np.float64))
    # A threshold that is the score of some reference is the hardest to get right.
    threshold = draw(st.one_of(st.floats(-1.1, 1.1), st.sampled_from(scores[:5].tolist()), st.just(EVERYTHING)))
    sources = draw(st.frozensets(st.sampled_from(Source)))
    return Asked(vector, sources, threshold, draw(st.sampled_from([1, 2, 6, 50, 1000])))


@settings(deadline=None)
@given(searches())
def test_the_answers_are_those_of_brute_force(search: tuple[Rows, list[Asked]]) -> None:
    rows, asked = search
    for one, answer in zip(asked, scanned(rows, *asked), strict=True):
        assert_exact(rows, one, answer)


@settings(deadline=None)
@given(searches())
def test_comparing_every_row_is_the_same(search: tuple[Rows, list[Asked]]) -> None:
    rows, asked = search
    assert [compared(rows, one).scored for one in asked] == [brute_force(rows, one) for one in asked]


@pytest.mark.parametrize("dimension", [17, 512])
@pytest.mark.parametrize("make", sorted(HARD))
def test_many_blocks_are_as_exact_as_one(make: str, dimension: int) -> None:
    vectors = unit(HARD[make](np.random.default_rng(7), 20 * FIRST_BLOCK + 33, dimension))
    rows = rows_of(vectors)
    asked = [Asked(vectors[row], ALL, EVERYTHING, limit) for row, limit in ((0, 1), (9, 50), (len(rows) - 1, 6))]
    for one, answer in zip(asked, scanned(rows, *asked), strict=True):
        assert_exact(rows, one, answer)


@pytest.fixture(scope="module")
def large() -> Rows:
    """So many rows that threads share them."""
    rows = rows_of(unit(spread(np.random.default_rng(8), 2 * WORTH_A_THREAD // 256 + 5, 256)), 3)
    assert rows.vectors.size >= 2 * WORTH_A_THREAD
    return rows


@pytest.mark.parametrize("sources", [ALL, frozenset({Source.WANTED}), frozenset[Source]()])
@pytest.mark.parametrize("limit", [1, 50])
@pytest.mark.parametrize("threshold", [EVERYTHING, 0.2, 0.999])
def test_threads_share_the_rows(large: Rows, sources: frozenset[Source], limit: int, threshold: float) -> None:
    asked = Asked(large.vectors[-1], sources, threshold, limit)
    assert_exact(large, asked, scanned(large, asked)[0])


def test_most_rows_are_not_rescored(large: Rows) -> None:
    certificate = scanned(large, Asked(large.vectors[5], ALL, EVERYTHING, 50))[0].certificate
    assert 50 <= certificate.rescored < len(large) / 100


def test_a_few_odd_rows_do_not_make_all_be_rescored() -> None:
    vectors = unit(spread(np.random.default_rng(9), 20_000, 128))
    vectors[::500] = unit(lopsided(np.random.default_rng(9), 40, 128))
    rows = rows_of(vectors)
    asked = Asked(vectors[1], ALL, 0.3, 6)
    answer = scanned(rows, asked)[0]
    assert_exact(rows, asked, answer)
    assert answer.certificate.rescored < 200


@pytest.mark.parametrize("poison", [np.nan, np.inf, -np.inf, 3e38, 2.0])
def test_rows_that_are_no_templates_hide_nobody(poison: float) -> None:
    vectors = unit(spread(np.random.default_rng(10), 300, 32))
    vectors[::7, 3] = poison
    rows = rows_of(vectors)
    asked = Asked(vectors[1], ALL, 0.1, 400)
    with np.errstate(all="ignore"):
        answer = scanned(rows, asked)[0]
        expected = brute_force(rows, asked)
    assert answer.scored == expected
    assert answer.certificate.rescored >= len(vectors[::7])


def test_a_batch_mixes_scopes_thresholds_and_limits(large: Rows) -> None:
    scopes: Sequence[frozenset[Source]] = [ALL, frozenset({Source.MISSING}), frozenset()]
    asked = [
        Asked(large.vectors[row], scopes[row % 3], (EVERYTHING, 0.2)[row % 2], 1 + row) for row in range(TOGETHER + 3)
    ]
    for one, answer in zip(asked, scanned(large, *asked), strict=True):
        assert_exact(large, one, answer)


def test_rows_erased_under_the_scan_hide_nobody(large: Rows) -> None:
    """Rows that the floor was built on vanish while it is used: whoever is left is found all the same."""
    rows = replace(large, vectors=large.vectors.copy())
    quantised = Quantised.of(rows.vectors, len(rows))
    asked = Asked(large.vectors[0], ALL, EVERYTHING, 20)
    doomed = brute_force(large, asked)[:15]
    places = np.flatnonzero(np.isin(rows.references, [entry.reference_id.encode() for entry in doomed]))
    started = threading.Event()

    def erase() -> None:
        started.wait()
        for place in places:
            rows.vectors[place] = 0.0
            quantised.erase(np.array([place]))

    with ThreadPoolExecutor(1) as other:
        erasing = other.submit(erase)
        started.set()
        during = [scan(rows, quantised, [asked])[0] for _ in range(5)]
        erasing.result()
    left = scan(rows, quantised, [asked])[0]
    assert_exact(rows, asked, left)
    assert all(answer.certificate.holds for answer in during)
    gone = {entry.reference_id for entry in doomed}
    for answer in during:
        shown = {entry.subject_id for entry in answer.scored if entry.reference_id not in gone}
        certain = {entry.subject_id for entry in left.scored[: 20 - len(gone)]}
        assert certain <= shown | {entry.subject_id for entry in doomed}


def test_text_forms_show_no_template_and_no_score(large: Rows) -> None:
    asked = Asked(large.vectors[0], ALL, 0.987654, 3)
    answer = scanned(large, asked)[0]
    assert repr(asked) == "Asked(limit=3)"
    assert "0.98" not in repr(answer.certificate)
    assert "array" not in repr(Quantised.of(large.vectors[:2], 2))
