"""Kivy without a display: these settings must stand before its first import, so this is imported first."""

from __future__ import annotations

import atexit
import ctypes.util
import os
import shutil
import tempfile

import pytest

WIDTH, HEIGHT = 412, 892
"""A multiple of four wide: Kivy shears pictures of other widths."""

_HOME = tempfile.mkdtemp(prefix="oifr-kivy-")
atexit.register(shutil.rmtree, _HOME, ignore_errors=True)

os.environ.update(
    KCFG_GRAPHICS_WIDTH=str(WIDTH),
    KCFG_GRAPHICS_HEIGHT=str(HEIGHT),
    KCFG_GRAPHICS_MAXFPS="0",
    KIVY_CLIPBOARD="dummy",
    KIVY_HOME=_HOME,
    KIVY_NO_ARGS="1",
    KIVY_NO_CONFIG="1",
    KIVY_NO_CONSOLELOG="1",
    KIVY_NO_FILELOG="1",
    LIBGL_ALWAYS_SOFTWARE="1",
    SDL_VIDEODRIVER="offscreen",
)

needs_rendering = pytest.mark.skipif(
    not (ctypes.util.find_library("GL") and ctypes.util.find_library("EGL")),
    reason="needs libgl1 libegl1: make setup-all",
)
