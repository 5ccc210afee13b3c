"""A template refuses to exist when it is damaged, and to compare across models."""

from __future__ import annotations

import numpy as np
import pytest

from server.domain.face import Template, Vector
from server.domain.model_errors import TemplateInvalid
from tests.fakes.templates import template

UNIT = np.array([0.6, 0.8], dtype=np.float32)


@pytest.mark.parametrize(
    "vector",
    [
        UNIT * 1.002,
        UNIT * 0.998,
        np.zeros(2, dtype=np.float32),
        np.array([np.nan, 1], dtype=np.float32),
        np.array([np.inf, 0], dtype=np.float32),
        np.array([], dtype=np.float32),
        UNIT.astype(np.float64),
        UNIT.reshape(1, 2),
    ],
    ids=["long", "short", "zero", "nan", "infinite", "empty", "float64", "matrix"],
)
def test_a_damaged_vector_is_refused(vector: Vector) -> None:
    with pytest.raises(TemplateInvalid):
        Template("model", vector)


def test_a_length_within_the_tolerance_is_accepted() -> None:
    assert Template("model", UNIT * np.float32(1.0005)).model == "model"


def test_a_template_scores_one_with_itself_and_less_with_another() -> None:
    one, other = template(1), template(2)
    assert one.score(one) == pytest.approx(1, abs=1e-6)
    assert one.score(other) == pytest.approx(other.score(one))
    assert one.score(other) < 1


@pytest.mark.parametrize("other", [template(1, model="another"), template(1, dimension=8)], ids=["model", "dimension"])
def test_templates_of_different_kinds_never_compare(other: Template) -> None:
    with pytest.raises(TemplateInvalid):
        template(1).score(other)


def test_its_text_form_holds_no_component() -> None:
    assert str(Template("model", UNIT)) == "Template(model='model')"
