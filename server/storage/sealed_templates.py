"""Templates sealed in the database, each bound to its reference and its model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from server.domain.face import Template
from server.domain.model_errors import TemplateInvalid
from server.storage.data_keys import DataKeys

PLACE: Final = "refs.template"
"""Where templates stood before the table `templates` was made. What a ciphertext is bound to may not change."""

FIRST_PIPELINE: Final = "/1"


def seal_template(keys: DataKeys, reference_id: str, template: Template) -> bytes:
    return keys.seal(PLACE, _row(reference_id, template.model), template.vector.astype("<f4").tobytes())


def open_template(keys: DataKeys, reference_id: str, model: str, sealed: bytes) -> Template:
    """Raises SealBroken when the ciphertext is another reference's or another model's."""
    vector = keys.open(PLACE, _row(reference_id, model), sealed)
    return Template(model, np.frombuffer(vector, dtype="<f4").astype(np.float32, copy=False))


def open_vectors(
    keys: DataKeys, model: str, reference_ids: Sequence[str], sealed: Sequence[bytes]
) -> NDArray[np.float32]:
    """Many templates of one model as rows of shape (n, dimension); raises SealBroken, or TemplateInvalid for a length
    of its own."""
    pairs = zip(reference_ids, sealed, strict=True)
    vectors = [keys.open(PLACE, _row(reference_id, model), one) for reference_id, one in pairs]
    if len({len(vector) for vector in vectors}) > 1:
        raise TemplateInvalid
    joined = np.frombuffer(bytearray().join(vectors), dtype="<f4")  # which may be overwritten after use
    return joined.reshape(len(vectors), -1).astype(np.float32, copy=False)


def _row(reference_id: str, model: str) -> str:
    """A template is sealed together with its model's id, so that neither can be exchanged for another.

    The first pipeline's templates were sealed when ids carried no version. Every id has one now, so no two ids
    share a row.
    """
    return f"{reference_id}\0{model.removesuffix(FIRST_PIPELINE)}"
