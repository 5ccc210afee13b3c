"""Aligned chips to the output of an embedding net."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from server.face.dlib_file import read_residual_net
from server.face.graphs import embedding_graph
from server.face.weights import Manifest, verified_files


class Embedder(Protocol):
    """One embedding net; safe to call from several threads."""

    def embed(self, chips: Sequence[NDArray[np.uint8]]) -> NDArray[np.float64]:
        """The output, (n, dimension), for n aligned RGB chips of the model's side; not of unit length."""


class ResidualEmbedder:
    """dlib's residual net as a TensorFlow graph: the values of dlib's own to 1e-5, at a fraction of its time."""

    def __init__(self, manifest: Manifest) -> None:
        """Raises WeightsUnverified."""
        (file,) = verified_files(manifest)
        self._graph = embedding_graph(read_residual_net(file))

    def embed(self, chips: Sequence[NDArray[np.uint8]]) -> NDArray[np.float64]:
        return np.asarray(self._graph(np.stack(chips)), np.float64)
