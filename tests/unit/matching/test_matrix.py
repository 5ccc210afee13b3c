"""The scan equals a brute-force search in float64, whatever the rows and however they came to be there."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from server.domain.candidates import Scored, shortlist
from server.domain.errors import TemplateInvalid
from server.domain.face import Template, Vector
from server.domain.gallery import IndexedReference, Source
from server.matching.matrix import Matrix, rounding_error
from server.matching.rows import Rows
from tests.fakes.templates import MODEL, reference, references, template

ALL = frozenset(Source)
EVERYBODY = 1000
Made = NDArray[np.float64]


def unit(rows: Made) -> NDArray[np.float32]:
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)


def spread(rng: np.random.Generator, count: int, dimension: int) -> Made:
    return rng.standard_normal((count, dimension))


def duplicated(rng: np.random.Generator, count: int, dimension: int) -> Made:
    return rng.standard_normal((3, dimension))[rng.integers(0, 3, count)]


def constant(rng: np.random.Generator, count: int, dimension: int) -> Made:
    return np.full((count, dimension), rng.choice([-1.0, 1.0]))


def nearly_tied(rng: np.random.Generator, count: int, dimension: int) -> Made:
    return rng.standard_normal(dimension) + 1e-7 * rng.standard_normal((count, dimension))


def cancelling(rng: np.random.Generator, count: int, dimension: int) -> Made:
    rows = rng.standard_normal((count, dimension))
    rows[:, 1::2] = -rows[:, : dimension - dimension % 2 : 2]
    return rows


@st.composite
def galleries(draw: st.DrawFn) -> tuple[list[IndexedReference], Vector]:
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    make = draw(st.sampled_from([spread, duplicated, constant, nearly_tied, cancelling]))
    count, dimension = draw(st.integers(1, 150)), draw(st.sampled_from([1, 3, 16, 128, 512]))
    vectors = unit(make(rng, count + 1, dimension))
    entries = [
        IndexedReference(f"{row:032x}", f"{row // 2:032x}", draw(st.sampled_from(Source)), Template(MODEL, vector))
        for row, vector in enumerate(vectors[1:])
    ]
    return entries, vectors[0]


def brute_force(entries: list[IndexedReference], vector: Vector) -> Mapping[str, float]:
    probe = vector.astype(np.float64)
    return {
        entry.reference_id: float(np.einsum("ij,j->i", entry.template.vector.astype(np.float64)[None], probe)[0])
        for entry in entries
    }


@settings(deadline=None)
@given(galleries(), st.data())
def test_the_scan_is_exactly_the_brute_force_answer(
    gallery: tuple[list[IndexedReference], Vector], data: st.DataObject
) -> None:
    entries, vector = gallery
    sources = data.draw(st.frozensets(st.sampled_from(Source)))
    scores = brute_force([entry for entry in entries if entry.source in sources], vector)
    # A threshold that is the score of some reference is the hardest to get right.
    threshold = data.draw(st.one_of(st.floats(-1.1, 1.1), st.sampled_from([*scores.values(), 0.5])))
    limit = data.draw(st.sampled_from([1, 2, 50, EVERYBODY]))
    found = Matrix.of(entries, 0).scan(vector, sources, threshold, limit)
    everything = [Scored(entry.reference_id, entry.subject_id, scores.get(entry.reference_id, -2)) for entry in entries]
    assert found == shortlist(everything, threshold, limit)


@settings(deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.integers(0, 12)), max_size=80))
def test_changes_leave_what_a_fresh_matrix_would_hold(changes: list[tuple[bool, int]]) -> None:
    matrix, held = Matrix.of([], 0), dict[int, IndexedReference]()
    for version, (adding, seed) in enumerate(changes, start=1):
        if adding and seed not in held:
            held[seed] = reference(seed)
            matrix = matrix.appended(Rows.of([held[seed]]), version)
        else:
            held.pop(seed, None)
            matrix = matrix.without(reference(seed).reference_id, version)
    fresh = Matrix.of(list(held.values()), len(changes))
    vector = template(3).vector
    assert matrix.scan(vector, ALL, -1.1, EVERYBODY) == fresh.scan(vector, ALL, -1.1, EVERYBODY)
    assert (matrix.version, len(matrix)) == (fresh.version, len(fresh))


def test_a_search_under_way_keeps_its_rows_while_others_are_added() -> None:
    before = Matrix.of(references(100), 0)
    after = before
    for seed in range(100, 300):
        after = after.appended(Rows.of([reference(seed)]), seed)
    vector = template(1).vector
    assert before.scan(vector, ALL, -1.1, EVERYBODY) == Matrix.of(references(100), 0).scan(vector, ALL, -1.1, EVERYBODY)
    assert len(after.scan(vector, ALL, -1.1, EVERYBODY)) == 300


def test_a_removed_template_is_overwritten_and_its_memory_given_back() -> None:
    matrix = Matrix.of(references(3000), 0)
    removed = matrix.without(reference(7).reference_id, 1)
    assert not matrix.rows.vectors[7].any()
    for seed in range(8, 2000):
        removed = removed.without(reference(seed).reference_id, seed)
    assert len(removed.rows) < 2000
    assert len(removed) == 3000 - 1993


def test_blocks_hold_every_row_once_and_survive_packing() -> None:
    matrix = Matrix.of(references(10), 0).without(reference(2).reference_id, 1)
    blocks = [Rows.unpack(block.pack(), block.dimension) for block in matrix.blocks(4)]
    assert [len(block) for block in blocks] == [4, 4, 1]
    again = Matrix(1, 9, Rows.room(9, 16))
    for start, block in zip((0, 4, 8), blocks, strict=True):
        again.rows.write(start, block)
    vector = template(0).vector
    assert again.scan(vector, ALL, -1.1, EVERYBODY) == matrix.scan(vector, ALL, -1.1, EVERYBODY)


def test_templates_of_two_dimensions_never_share_a_matrix() -> None:
    other = IndexedReference("a", "b", Source.CUSTODY, template(1, dimension=8))
    with pytest.raises(TemplateInvalid):
        Rows.of([reference(0), other])
    with pytest.raises(TemplateInvalid):
        Matrix.of([reference(0)], 0).appended(Rows.of([other]), 1)


def test_an_id_is_never_cut() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Rows.of([IndexedReference("x" * 33, "s", Source.CUSTODY, template(0))])


@pytest.mark.parametrize("dimension", [16, 128, 512])
def test_the_rounding_bound_covers_float32_products(dimension: int) -> None:
    rng = np.random.default_rng(5)
    rows, vector = unit(spread(rng, 2000, dimension)), unit(spread(rng, 1, dimension))[0]
    error = np.abs((rows @ vector).astype(np.float64) - rows.astype(np.float64) @ vector.astype(np.float64))
    assert error.max() < rounding_error(dimension)


def test_text_forms_show_no_template() -> None:
    assert repr(Rows.of(references(2))) == "Rows(count=2)"
    assert "array" not in repr(Matrix.of(references(2), 0))
