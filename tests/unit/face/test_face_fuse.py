"""Several frames to one template: better frames count for more, and nothing broken becomes a template."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from server.domain.face import Template
from server.domain.model_errors import TemplateInvalid
from server.face.fuse import agreement, fused, unit

MODEL = "some-model/1"

units = arrays.arrays(np.float64, 8, elements=st.floats(-1, 1)).filter(lambda v: np.linalg.norm(v) > 0.1).map(unit)
weights = st.floats(0.05, 1.0)


def test_one_frame_is_itself_at_length_1() -> None:
    np.testing.assert_allclose(fused([unit(np.array([3.0, 4.0]))], [0.3]), [0.6, 0.8], atol=1e-7)


@given(st.lists(units, min_size=1, max_size=5), st.data())
def test_a_fused_vector_has_length_1_in_float32(vectors: list[np.ndarray], data: st.DataObject) -> None:
    parts = [data.draw(weights) for _ in vectors]
    assume(np.linalg.norm(np.average(vectors, axis=0, weights=parts)) > 0.01)  # opposites leave nothing
    template = fused(vectors, parts)
    assert template.dtype == np.float32
    assert np.linalg.norm(template) == pytest.approx(1.0, abs=1e-6)


@given(units, units, weights, weights)
def test_the_template_lies_nearer_to_the_frame_of_more_weight(
    one: np.ndarray, other: np.ndarray, weight: float, extra: float
) -> None:
    assume(-0.9 < one @ other < 0.999)
    template = fused([one, other], [weight + extra, weight])
    assert template @ one > template @ other


@given(units, units, weights, weights)
def test_more_weight_pulls_further(one: np.ndarray, other: np.ndarray, weight: float, extra: float) -> None:
    assume(-0.9 < one @ other < 0.999)
    assert fused([one, other], [weight + extra, weight]) @ one > fused([one, other], [weight, weight]) @ one


@given(st.lists(units, min_size=2, max_size=5))
def test_equal_weights_are_the_plain_mean_whatever_their_size(vectors: list[np.ndarray]) -> None:
    mean = np.mean(vectors, axis=0)
    assume(np.linalg.norm(mean) > 0.01)
    np.testing.assert_allclose(fused(vectors, [0.2] * len(vectors)), unit(mean), atol=1e-6)


@given(st.lists(units, min_size=1, max_size=5))
def test_agreement_is_the_least_score_of_any_two(vectors: list[np.ndarray]) -> None:
    scores = np.array(vectors) @ np.array(vectors).T
    pairs = scores[np.triu_indices(len(vectors), k=1)]
    assert agreement(vectors) == pytest.approx(pairs.min() if pairs.size else 1.0)
    assert agreement(vectors[::-1]) == pytest.approx(agreement(vectors))


@pytest.mark.parametrize("broken", [np.nan, np.inf, -np.inf])
def test_a_vector_that_is_not_finite_never_becomes_a_template(broken: float) -> None:
    vector = unit(np.array([0.6, broken, 0.8]))
    with pytest.raises(TemplateInvalid):
        Template(MODEL, fused([vector], [1.0]))
    with pytest.raises(TemplateInvalid):
        Template(MODEL, fused([unit(np.array([1.0, 0, 0])), vector], [1.0, 1.0]))


def test_a_vector_of_length_0_never_becomes_a_template() -> None:
    with pytest.raises(TemplateInvalid):
        Template(MODEL, fused([unit(np.zeros(4))], [1.0]))


def test_opposite_frames_leave_no_template() -> None:
    one = unit(np.array([0.6, 0.8]))
    with pytest.raises(TemplateInvalid):
        Template(MODEL, fused([one, -one], [1.0, 1.0]))
