"""Rows that grow and shrink hold the same as a list would, whatever comes and goes in whatever order."""

from __future__ import annotations

import numpy as np
import pytest

from server.domain.model_errors import TemplateInvalid
from server.matching.growing_rows import ROOM, GrowingRows
from server.matching.rows import Rows
from tests.fakes.templates import DIMENSION, references


def numbered(start: int, end: int) -> Rows:
    """Rows whose ids, and the first component of whose vectors, tell their number."""
    rows = Rows.room(end - start, 2)
    rows.vectors[:] = np.arange(start, end, dtype=np.float32)[:, np.newaxis] + 1
    rows.references[:] = [str(number).encode() for number in range(start, end)]
    rows.subjects[:] = rows.references
    rows.sources[:] = 1
    return rows


def held(rows: GrowingRows, size: int = 1000) -> dict[int, float]:
    parts = list(rows.parts(size))
    assert all(0 < len(part) <= size for part in parts)
    assert all((part.references == part.subjects).all() and (part.sources == 1).all() for part in parts)
    found = [
        (int(name), float(vector[0]))
        for part in parts
        for name, vector in zip(part.references, part.vectors, strict=True)
    ]
    assert len(found) == len(dict(found)) == len(rows)
    return dict(found)


def expected(numbers: set[int]) -> dict[int, float]:
    return {number: number + 1.0 for number in numbers}


@pytest.mark.parametrize("beginning", [0, 1, 700])
def test_what_comes_and_goes_at_random_is_what_is_held(beginning: int) -> None:
    random = np.random.default_rng(beginning)
    rows, numbers, following = GrowingRows(numbered(0, beginning)), set(range(beginning)), beginning
    for _ in range(300):
        if numbers and random.random() < 0.6:
            for gone in random.permutation(sorted(numbers))[: random.integers(1, 40)]:
                rows.remove(str(gone))
                numbers.remove(int(gone))
        else:
            added = int(random.integers(1, 60))
            rows.append(numbered(following, following + added))
            numbers |= set(range(following, following + added))
            following += added
        assert held(rows) == expected(numbers)


def test_rows_go_on_in_new_memory_and_give_it_back() -> None:
    rows = GrowingRows(numbered(0, 3))
    rows.append(numbered(3, 2 * ROOM + 5))
    assert held(rows) == expected(set(range(2 * ROOM + 5)))
    assert rows.nbytes == numbered(0, 1).nbytes * (3 + 3 * ROOM)
    for number in (7, 2 * ROOM + 4):
        rows.remove(str(number))
    assert rows.nbytes == numbered(0, 1).nbytes * (3 + 2 * ROOM)
    assert held(rows) == expected(set(range(2 * ROOM + 4)) - {7})


def test_what_is_removed_is_overwritten() -> None:
    given = numbered(0, 5)
    rows = GrowingRows(given)
    rows.remove("1")
    rows.remove("unheard of")
    assert sorted(given.vectors[:, 0]) == [0.0, 1.0, 3.0, 4.0, 5.0]
    rows.overwrite()
    assert not given.vectors.any()


def test_nothing_of_no_dimension_changes_nothing_and_another_dimension_is_refused() -> None:
    rows = GrowingRows(Rows.of(references(3)))
    rows.append(Rows.room(0, 0))
    assert (len(rows), rows.dimension) == (3, DIMENSION)
    with pytest.raises(TemplateInvalid):
        rows.append(numbered(0, 2))
    for number in range(3):
        rows.remove(f"{number:032x}")
    assert (len(rows), rows.dimension, rows.nbytes) == (0, 0, 0)
    assert list(rows.parts(10)) == []
