"""The rows in memory and their changes: what a search finds however the rows came to be there, and what is erased."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.domain.candidates import Scored
from server.domain.face import Vector
from server.domain.gallery import IndexedReference, Source
from server.domain.model_errors import TemplateInvalid
from server.matching.matrix import Matrix, with_spare
from server.matching.rows import Rows
from server.matching.scan import Asked
from tests.fakes.templates import reference, references, template

ALL = frozenset(Source)
EVERYBODY = 1000


def answer(matrix: Matrix, vector: Vector) -> Sequence[Scored]:
    return matrix.scan([Asked(vector, ALL, -1.1, EVERYBODY)])[0].scored


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
    assert answer(matrix, vector) == answer(fresh, vector)
    assert (matrix.version, len(matrix)) == (fresh.version, len(fresh))


def test_a_search_under_way_keeps_its_rows_while_others_are_added() -> None:
    before = Matrix.of(references(100), 0)
    after = before
    for seed in range(100, 300):
        after = after.appended(Rows.of([reference(seed)]), seed)
    vector = template(1).vector
    assert answer(before, vector) == answer(Matrix.of(references(100), 0), vector)
    assert len(answer(after, vector)) == 300


def test_a_removed_template_is_overwritten_and_its_memory_given_back() -> None:
    matrix = Matrix.of(references(3000), 0)
    removed = matrix.without(reference(7).reference_id, 1)
    for rows in (matrix.rows.vectors, matrix.quantised.codes, removed.quantised.codes):
        assert rows[6].any()
        assert not rows[7].any()
    for seed in range(8, 2000):
        removed = removed.without(reference(seed).reference_id, seed)
    assert len(removed.rows) < 2000
    assert len(removed) == 3000 - 1993


def test_what_is_loaded_has_room_so_that_the_first_to_come_are_written_without_a_copy() -> None:
    held = Rows.of(references(800))
    rows = Rows.room(with_spare(800), 16)
    rows.write(0, held)
    loaded = Matrix.holding(rows, 0, 800)
    assert len(loaded) == 800
    assert answer(loaded, template(3).vector) == answer(Matrix.holding(held, 0), template(3).vector)
    more = loaded.appended(Rows.of([reference(seed) for seed in range(800, 900)]), 1)
    assert np.shares_memory(more.rows.vectors, rows.vectors)
    assert np.shares_memory(more.quantised.codes, loaded.quantised.codes)
    assert answer(more, template(850).vector)[0].reference_id == reference(850).reference_id


def test_growing_measures_the_scale_anew_only_for_twice_as_many() -> None:
    matrix = Matrix.of(references(100), 0)
    for seed in range(100, 250):
        matrix = matrix.appended(Rows.of([reference(seed)]), seed)
        assert matrix.quantised.fitted_to == (100 if seed < 200 else 201)
    assert answer(matrix, template(7).vector) == answer(Matrix.of(references(250), 0), template(7).vector)


def test_emptying_overwrites_every_template() -> None:
    matrix = Matrix.of(references(100), 0)
    assert len(matrix.emptied(1)) == 0
    assert not matrix.rows.vectors.any()
    assert not matrix.quantised.codes.any()


def test_searches_go_on_while_rows_come_and_go() -> None:
    """What is in the gallery all the time is found by every search, and what never was by none."""
    newest = [Matrix.of(references(50), 0)]

    def change() -> None:
        for seed in range(50, 450):
            newest[0] = newest[0].appended(Rows.of([reference(seed)]), seed)
            newest[0] = newest[0].without(reference(seed - 25).reference_id, seed)

    stays = {reference(seed).reference_id for seed in range(25)}
    ever = {reference(seed).reference_id for seed in range(450)}
    with ThreadPoolExecutor(1) as pool:
        changing = pool.submit(change)
        while not changing.done():
            found = {entry.reference_id for entry in answer(newest[0], template(3).vector)}
            assert stays <= found <= ever
        changing.result()
    assert len(newest[0]) == 50


def test_memory_is_counted_with_its_spare_room() -> None:
    matrix = Matrix.of(references(100), 0)
    a_row = 16 * 4 + 32 + 32 + 1 + 16 + 4 + 4
    assert matrix.nbytes == 100 * a_row
    assert matrix.appended(Rows.of([reference(100)]), 1).nbytes == 200 * a_row


def test_blocks_hold_every_row_once_and_survive_packing() -> None:
    matrix = Matrix.of(references(10), 0).without(reference(2).reference_id, 1)
    blocks = [Rows.unpack(block.pack(), block.dimension) for block in matrix.blocks(4)]
    assert [len(block) for block in blocks] == [4, 4, 1]
    again = Rows.room(9, 16)
    for start, block in zip((0, 4, 8), blocks, strict=True):
        again.write(start, block)
    vector = template(0).vector
    assert answer(Matrix.holding(again, 1), vector) == answer(matrix, vector)


def test_templates_of_two_dimensions_never_share_a_matrix() -> None:
    other = IndexedReference("a", "b", Source.CUSTODY, template(1, dimension=8))
    with pytest.raises(TemplateInvalid):
        Rows.of([reference(0), other])
    with pytest.raises(TemplateInvalid):
        Matrix.of([reference(0)], 0).appended(Rows.of([other]), 1)


def test_an_id_is_never_cut() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Rows.of([IndexedReference("x" * 33, "s", Source.CUSTODY, template(0))])


def test_text_forms_show_no_template() -> None:
    assert repr(Rows.of(references(2))) == "Rows(count=2)"
    assert "array" not in repr(Matrix.of(references(2), 0))


def test_a_matrix_that_is_replaced_keeps_no_template_that_its_successor_lacks() -> None:
    matrix = Matrix.of(references(100), 0)
    matrix.overwrite_all_but(Matrix.of(references(90), 5).without(reference(7).reference_id, 6))
    for rows in (matrix.rows.vectors, matrix.quantised.codes):
        assert {row for row in range(100) if not rows[row].any()} == {7, *range(90, 100)}
