"""The handheld's tests need no display and no network."""

from __future__ import annotations

import pytest

from tests.client import offscreen  # noqa: F401  # stands before any import of Kivy
from tests.client.fake_server import FakeServer, Station


@pytest.fixture
def small_server() -> FakeServer:
    return FakeServer()


@pytest.fixture
def station(small_server: FakeServer) -> Station:
    """The server that screens run against; the stories of the flow run against the real application too."""
    return small_server
