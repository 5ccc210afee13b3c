"""The nets as they are installed, and the originals they are compared with; each is made once."""

from pathlib import Path
from typing import Any

import pytest

from server.face.embed import ResidualEmbedder
from server.face.graphs import CascadeGraphs
from server.face.mtcnn_file import read_cascade
from server.face.weights import Manifest, verified_files
from tests.unit.face.originals import deepface_dlib, mtcnn_package

MODELS = Path(__file__).resolve().parents[3] / "models"


@pytest.fixture(scope="session")
def nets() -> CascadeGraphs:
    return CascadeGraphs(read_cascade(verified_files(Manifest.read(MODELS / "mtcnn.toml"))))


@pytest.fixture(scope="session")
def embedder() -> ResidualEmbedder:
    return ResidualEmbedder(Manifest.read(MODELS / "dlib-resnet.toml"))


@pytest.fixture(scope="session")
def deepface(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return deepface_dlib(Manifest.read(MODELS / "dlib-resnet.toml"), tmp_path_factory.mktemp("deepface"))


@pytest.fixture(scope="session")
def package() -> Any:
    return mtcnn_package()
