"""The population drawn for load has the scores that were measured on faces, at every dimension, from its seed alone."""

from __future__ import annotations

import numpy as np
import pytest

from bench.population import FACES, Moments, moments
from bench.vector_set import GOOD, POOR

MEASURED = Moments(impostor_mean=0.8795, impostor_sd=0.0291, genuine_mean=0.9547, genuine_sd=0.0162)
"""dlib-resnet on research photographs: `python -m bench.population`; the figures stand in docs/search.md."""


@pytest.mark.parametrize("dimension", [128, 512])
def test_scores_are_spread_as_measured(dimension: int) -> None:
    drawn = FACES.templates(300, 7, dimension, seed=11)
    assert moments(drawn, np.repeat(np.arange(300), 7)) == pytest.approx(MEASURED, abs=0.004)


def test_every_template_has_unit_length() -> None:
    lengths = np.linalg.norm(FACES.templates(50, 4, 128, seed=3), axis=1)
    assert lengths == pytest.approx(1.0, abs=1e-6)


def test_a_seed_draws_the_same_again_and_another_draws_others() -> None:
    first, again, other = (FACES.templates(20, 2, 64, seed) for seed in (1, 1, 2))
    assert (first == again).all()
    assert not (first == other).any(axis=1).any()


@pytest.mark.parametrize(("within", "mean"), [(GOOD, 0.9595), (POOR, 0.9478)])
def test_probes_of_a_quality_score_as_measured_with_their_mates(within: float, mean: float) -> None:
    pairs = FACES.views(2000, (FACES.within, within), 128, seed=5).reshape(2000, 2, 128)
    scores = np.einsum("ij,ij->i", pairs[:, 0], pairs[:, 1])
    assert scores.mean() == pytest.approx(mean, abs=0.001)
    assert 0.0127 < scores.std() < 0.019, "more scattered than measured, never less"
