"""The same photographs give the same templates on every Python and every machine: a gallery outlives both."""

import json

import numpy as np
import pytest

from server.face.engine import Engine
from tests.golden.templates import KEPT, PEOPLE, templates

TOLERANCE = 1e-4
"""Of a component. Processors sum in other orders; another way of cutting or averaging a face changes far more."""


@pytest.fixture(scope="module")
def made(engine: Engine) -> dict[str, list[float]]:
    return templates(engine)


def test_templates_are_those_that_were_kept(engine: Engine, made: dict[str, list[float]]) -> None:
    kept = json.loads(KEPT.read_text("utf-8"))
    assert kept.pop("model") == engine.model, "python -m tests.golden.templates"
    assert sorted(kept) == sorted(made)
    assert len(kept) == PEOPLE
    for name, vector in made.items():
        np.testing.assert_allclose(vector, kept[name], atol=TOLERANCE)


def test_what_is_kept_would_tell_of_a_face_cut_otherwise(made: dict[str, list[float]]) -> None:
    vectors = np.array(list(made.values()))
    apart = np.abs(vectors[:, None] - vectors[None]).max(axis=2) + np.eye(len(vectors))
    assert apart.min() > 100 * TOLERANCE
