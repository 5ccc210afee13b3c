"""Parts that several test folders share. The face engine is made once: loading TensorFlow takes seconds."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from server.face.engine import Engine

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")  # a busy machine is no fault of what is tested

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """The real engine over the installed weights."""
    return Engine.load(manifests=ROOT / "models", home=tmp_path_factory.mktemp("weights"))


@pytest.fixture(autouse=True)
def logging_as_it_was() -> Iterator[None]:
    """A command that a test runs in this process sets up logging for itself; the next test shall not inherit it."""
    root, ours = logging.getLogger(), logging.getLogger("oifr")
    handlers, levels = root.handlers[:], (root.level, ours.level)
    yield
    root.handlers[:] = handlers
    root.setLevel(levels[0])
    ours.setLevel(levels[1])
