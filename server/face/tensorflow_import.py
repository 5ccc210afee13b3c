"""TensorFlow brought in: late, silently, and without what the graphs have no use for."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any, Final

KERAS: Final = "tf_keras"


@cache
def tensorflow() -> Any:
    """TensorFlow, imported at the first call, which takes seconds."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    # Which Keras it brings is settled on import; DeepFace's nets, which may be built later, need the one before 3.
    os.environ.setdefault("TF_USE_LEGACY_KERAS", "1")
    with _native_stderr_muted(), _keras_left_out():
        return import_module("tensorflow")


@contextmanager
def _native_stderr_muted() -> Iterator[None]:
    """TensorFlow's C++ side greets on file descriptor 2 before any of its log settings apply."""
    sys.stderr.flush()
    kept = os.dup(2)
    silence = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(silence, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(silence)
        os.close(kept)


@contextmanager
def _keras_left_out() -> Iterator[None]:
    """On import TensorFlow brings in all of Keras, and pandas with it, lest a saved model needs it; it does without.

    That is a third of its time. DeepFace's nets import Keras when they are built.
    """
    finder = _KerasBarred()
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


class _KerasBarred(MetaPathFinder, Loader):
    """Tells where Keras lies, which TensorFlow asks as well, but does not load it."""

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        spec = PathFinder.find_spec(name, path, target) if name == KERAS else None
        if spec is not None:
            spec.loader = self
        return spec

    def exec_module(self, module: ModuleType) -> None:
        raise ImportError(module.__name__)
