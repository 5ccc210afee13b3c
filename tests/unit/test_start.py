"""What the command brings along before it knows which act is asked for."""

from __future__ import annotations

import gc
import subprocess
import sys
from pathlib import Path

import pytest

from server.app import engine_of
from server.config import Settings
from server.domain.model_errors import ModelUnknown

OF_SINGLE_ACTS = ("tensorflow", "deepface", "pandas", "scipy", "httpx", "server.demo.run", "server.face.pull")


def test_a_start_imports_nothing_that_only_another_command_needs() -> None:
    script = f"import sys, server.cli; print([name for name in {OF_SINGLE_ACTS!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"


def test_an_engine_that_cannot_be_loaded_leaves_garbage_collection_on(tmp_path: Path) -> None:
    with pytest.raises(ModelUnknown):
        engine_of(Settings(home=tmp_path), "nobody")
    assert gc.isenabled()


def test_the_engine_does_without_keras_and_pandas(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from server.face.engine import Engine\n"
        f"Engine.load(Path('models'), Path({str(tmp_path)!r}))\n"
        "print([name for name in ('keras', 'tf_keras', 'pandas') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"
