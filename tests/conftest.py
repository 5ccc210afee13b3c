"""Parts that several test folders share. The face engine is made once: loading TensorFlow takes seconds."""

from pathlib import Path

import pytest

from server.face.engine import Engine

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """The real engine over the installed weights."""
    return Engine.load(manifests=ROOT / "models", home=tmp_path_factory.mktemp("weights"))
