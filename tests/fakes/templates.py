"""Seeded templates and references for tests of the gallery."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from server.domain.face import Template
from server.domain.gallery import IndexedReference, Source

MODEL = "test-model/1"
DIMENSION = 16
SOURCES = tuple(Source)


def template(seed: int, model: str = MODEL, dimension: int = DIMENSION) -> Template:
    vector = np.random.default_rng(seed).standard_normal(dimension)
    return Template(model, (vector / np.linalg.norm(vector)).astype(np.float32))


def reference(
    seed: int, source: Source = Source.CUSTODY, model: str = MODEL, subject: int | None = None
) -> IndexedReference:
    """The reference of `seed`, whose subject has the same number where no other is given."""
    number = seed if subject is None else subject
    return IndexedReference(f"{seed:032x}", f"{number:032x}", source, template(seed, model))


def references(count: int) -> Sequence[IndexedReference]:
    """References 0 to `count` - 1, their sources in turn."""
    return [reference(seed, SOURCES[seed % len(SOURCES)]) for seed in range(count)]
