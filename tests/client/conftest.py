"""The handheld's tests need no display: Kivy renders offscreen, and these settings must stand before its import."""

from __future__ import annotations

import os
import tempfile

import pytest

from tests.client.fake_server import FakeServer, Station

os.environ.update(
    KIVY_CLIPBOARD="dummy",
    KIVY_HOME=tempfile.mkdtemp(prefix="oifr-kivy-"),
    KIVY_NO_ARGS="1",
    KIVY_NO_CONFIG="1",
    KIVY_NO_CONSOLELOG="1",
    KIVY_NO_FILELOG="1",
    LIBGL_ALWAYS_SOFTWARE="1",
    SDL_VIDEODRIVER="offscreen",
)


@pytest.fixture
def small_server() -> FakeServer:
    return FakeServer()


@pytest.fixture
def station(small_server: FakeServer) -> Station:
    """The server that the stories run against."""
    return small_server
