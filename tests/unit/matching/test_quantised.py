"""What a byte a component costs is never more than the bound says."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from server.matching.products import Multiplier
from server.matching.quantised import BLOCK, LEVELS, Quantised, QuantisedProbes
from tests.unit.matching.galleries import HARD, spread, unit


@settings(deadline=None)
@given(st.sampled_from(sorted(HARD)), st.sampled_from([1, 3, 31, 128, 512]), st.integers(0, 2**32 - 1))
def test_the_bound_covers_the_error_of_every_score(make: str, dimension: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows, probes = unit(HARD[make](rng, 200, dimension)), unit(HARD[make](rng, 3, dimension))
    quantised, asked = Quantised.of(rows, 200), QuantisedProbes.of(list(probes), Quantised.of(rows, 200).scale)
    products = quantised.codes.astype(np.int64) @ asked.codes.astype(np.int64).T
    exact = rows.astype(np.float64) @ probes.astype(np.float64).T
    for number in range(3):
        numbers = np.full(200, number)
        bound = asked.errors(numbers, quantised.lengths, quantised.residuals)
        given_by_codes = asked.scores(numbers, products[:, number].astype(np.float64))
        assert (np.abs(given_by_codes - exact[:, number]) <= bound).all()


def residuals_of(quantised: Quantised, vectors: NDArray[np.float32]) -> NDArray[np.float64]:
    kept = quantised.scale.centre + quantised.codes.astype(np.float64) * quantised.scale.step
    return np.asarray(np.linalg.norm(vectors - kept, axis=1))


def test_what_all_rows_have_in_common_costs_nothing() -> None:
    apart = unit(spread(np.random.default_rng(4), 5000, 128))
    alike = unit((unit(np.ones((1, 128))) * 10 + apart).astype(np.float64))
    assert np.median(Quantised.of(alike, 5000).residuals) < np.median(Quantised.of(apart, 5000).residuals) / 8


def test_the_bound_is_close_enough_to_be_of_use() -> None:
    vectors = unit(spread(np.random.default_rng(1), 5000, 128))
    quantised = Quantised.of(vectors, len(vectors))
    true = residuals_of(quantised, vectors)
    assert (quantised.residuals >= true).all()
    assert (quantised.residuals <= true * 1.001 + 1e-5).all()
    assert np.median(quantised.residuals) < 0.02


def test_rows_written_later_keep_the_step_and_are_cut_at_its_ends() -> None:
    vectors = unit(spread(np.random.default_rng(2), 3 * BLOCK, 64))
    quantised = Quantised.of(vectors[: 2 * BLOCK], 3 * BLOCK)
    quantised.write(2 * BLOCK, vectors[2 * BLOCK :])
    far = np.eye(1, 64, dtype=np.float32)
    quantised.write(3 * BLOCK - 1, far)
    vectors[-1] = far
    assert quantised.codes[-1, 0] == LEVELS
    assert quantised.residuals[-1] > 0.3
    assert (quantised.residuals >= residuals_of(quantised, vectors)).all()


def test_an_erased_row_leaves_no_code_behind() -> None:
    quantised = Quantised.of(unit(spread(np.random.default_rng(3), 9, 16)), 9)
    quantised.erase(np.array([4]))
    assert not quantised.codes[4].any()
    assert quantised.residuals[4] == 0
    assert quantised.codes[3].any()


@pytest.mark.parametrize(("dimension", "probes"), [(128, 1), (512, 1), (512, 3)])
def test_behind_a_block_stand_numbers_so_that_a_maximum_is_one(dimension: int, probes: int) -> None:
    codes = np.random.default_rng(5).integers(-LEVELS, LEVELS, (70, dimension), dtype=np.int8)
    for _ in range(20):
        products = Multiplier(640, codes[:probes]).of(codes[:3])
        assert np.isfinite(products).all()
        assert (products[:3] == codes[:3].astype(np.int64) @ codes[:probes].astype(np.int64).T).all()


@settings(deadline=None)
@given(st.sampled_from(sorted(HARD)), st.sampled_from([1, 31, 128]), st.integers(0, 2**32 - 1))
def test_no_product_that_may_stand_for_a_score_is_under_the_least(make: str, dimension: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows, probes = unit(HARD[make](rng, 200, dimension)), unit(HARD[make](rng, 3, dimension))
    quantised = Quantised.of(rows, 200)
    asked = QuantisedProbes.of(list(probes), quantised.scale)
    products = quantised.codes.astype(np.int64) @ asked.codes.astype(np.int64).T
    exact = np.einsum("ij,kj->ik", rows.astype(np.float64), probes.astype(np.float64))
    wanted = exact[0]
    least = asked.least_products(wanted, quantised.lengths, quantised.residuals)
    assert (products >= least)[exact >= wanted].all()
