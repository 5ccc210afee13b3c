"""Times of the exact scan beside reading its memory once and beside plain numpy (and faiss, where installed).

python -m bench.search [--rows 10000 1000000] [--dimension 128]
"""

from __future__ import annotations

import argparse
import importlib.util
import statistics
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
from numpy.typing import NDArray

from bench.galleries import PROBES, Line, drawn, median_ms, numpy_scores, print_table, seconds
from bench.population import Vectors
from server.domain.gallery import Source
from server.matching.crew import share, workers
from server.matching.matrix import Matrix
from server.matching.rounds import Rounds
from server.matching.scan import TOGETHER, Asked

TOP = 50
LIST = 6  # subjects on an officer's list
CHECKED = 3  # probes whose answers are held against numpy's
ALL = frozenset(Source)
EVERYTHING = -1.1


def main() -> None:
    options = parsed_options()
    print(f"search: drawn templates of dimension {options.dimension}, four of a subject, medians of {PROBES} probes")
    for count in options.rows:
        rows, probes = drawn(count, options.dimension)
        print_table(f"{count:,} references", measured(Matrix.holding(rows, 0), probes))


def parsed_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--dimension", type=int, default=128)
    return parser.parse_args()


def measured(matrix: Matrix, probes: Vectors) -> list[Line]:
    sixth = matrix.scan([asked(probes[0], EVERYTHING, LIST)])[0].scored[-1].score
    everything, listing = (EVERYTHING, TOP), (sixth, LIST)
    crowds = [batch(probes, sixth, LIST, number) for number in range(PROBES)]
    with ThreadPoolExecutor(TOGETHER) as street:
        reading, top, listed, tops, lists, alone, at_once = medians_ms(
            reader(matrix),
            *(partial(one, matrix, probes, *want) for want in (everything, listing)),
            *(partial(several, matrix, probes, *want) for want in (everything, listing)),
            partial(officers, street, matrix, [crowd[:1] for crowd in crowds]),
            partial(officers, street, matrix, crowds),
        )
    rescored = [matrix.scan([asked(probe, EVERYTHING, TOP)])[0].certificate.rescored for probe in probes]
    return [
        Line(f"answers like numpy's in float64, of {CHECKED} held against it", checked(matrix, probes), "answers"),
        Line("reading the int8 rows once, with the scan's threads", reading, "ms"),
        Line(f"exact top {TOP}, one probe", top, "ms"),
        Line("    in times of reading", top / reading, "times"),
        Line("    rows rescored in float64", statistics.median(rescored), "rows"),
        Line(f"threshold that about {LIST} subjects reach, one probe", listed, "ms"),
        Line("    in times of reading", listed / reading, "times"),
        Line(f"exact top {TOP}, {TOGETHER} probes in one scan", tops, "ms"),
        Line("    in times of one probe", tops / top, "times"),
        Line(f"the threshold, {TOGETHER} probes in one scan", lists, "ms"),
        Line("    in times of one probe", lists / listed, "times"),
        Line("the threshold, one officer", alone, "ms"),
        Line(f"the threshold, {TOGETHER} officers at once, until all are answered", at_once, "ms"),
        Line("    in times of one officer", at_once / alone, "times"),
        *numpy_lines(matrix.rows.vectors, probes),
        *faiss_lines(matrix.rows.vectors, probes),
        Line("memory a reference, all columns", matrix.nbytes / matrix.count, "bytes"),
        Line("quantising all rows, as at a start", quantising_ms(matrix), "ms"),
    ]


def medians_ms(*acts: Callable[[int], object]) -> list[float]:
    """Each act once a round, so that a moment in which others keep the machine busy falls on all of them."""
    for act in acts:
        act(0)
    rounds = [[seconds(partial(act, number)) for act in acts] for number in range(PROBES)]
    return [1000 * statistics.median(times) for times in zip(*rounds, strict=True)]


def asked(vector: Vectors, threshold: float, limit: int) -> Asked:
    return Asked(vector, ALL, threshold, limit)


def one(matrix: Matrix, probes: Vectors, threshold: float, limit: int, number: int) -> None:
    matrix.scan([asked(probes[number], threshold, limit)])


def several(matrix: Matrix, probes: Vectors, threshold: float, limit: int, number: int) -> None:
    matrix.scan(batch(probes, threshold, limit, number))


def batch(probes: Vectors, threshold: float, limit: int, number: int) -> list[Asked]:
    return [asked(probe, threshold, limit) for probe in np.roll(probes, number, axis=0)[:TOGETHER]]


def officers(street: ThreadPoolExecutor, matrix: Matrix, crowds: Sequence[list[Asked]], number: int) -> None:
    """Each in a thread of their own, as requests come to the server."""
    rounds = Rounds()
    for _ in street.map(partial(rounds.answer, matrix), crowds[number]):
        pass


def quantising_ms(matrix: Matrix) -> float:
    return 1000 * seconds(lambda: Matrix.holding(matrix.rows, 0))


def reader(matrix: Matrix) -> Callable[[int], None]:
    """The memory's own speed: the least that a scan of every row can take."""
    codes = matrix.quantised.codes.reshape(-1)
    words = codes[: len(codes) // 8 * 8].view(np.int64)
    parts = np.array_split(words, workers(codes.nbytes))
    return lambda _: share([partial(_read, part) for part in parts])


def _read(part: NDArray[np.int64]) -> None:
    part.sum()


def checked(matrix: Matrix, probes: Vectors) -> int:
    return sum(_equal(matrix, probe) for probe in probes[:CHECKED])


def _equal(matrix: Matrix, probe: Vectors) -> bool:
    """Whether the scores of the listed are the best of their subjects by numpy."""
    scores = numpy_scores(matrix.rows.vectors, probe)
    best = np.full(len(scores) // 4 + 1, -2.0)
    np.maximum.at(best, np.arange(len(scores)) // 4, scores)
    answer = matrix.scan([asked(probe, EVERYTHING, TOP)])[0]
    expected = np.sort(best)[::-1][:TOP]
    assert answer.certificate.holds
    return bool(np.allclose([entry.score for entry in answer.scored], expected, rtol=0, atol=1e-12))


def numpy_lines(vectors: Vectors, probes: Vectors) -> list[Line]:
    return [
        Line(f"numpy float32 product and argpartition, top {TOP} rows", median_ms(partial(_top, vectors), probes), "ms")
    ]


def _top(vectors: Vectors, probe: Vectors) -> NDArray[np.intp]:
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


if __name__ == "__main__":
    main()
