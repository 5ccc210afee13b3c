"""The application over the world in memory, called through ASGI; every answer and every log line is inspected."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator

import pytest

from server.telemetry import JsonLines
from tests.integration.api.caller import Caller
from tests.world import World


@pytest.fixture
def world() -> World:
    """Two relatives are enrolled, so that a search for one of them puts both forward."""
    world = World()
    world.enrol("berg-1")
    world.enrol("berg-2")
    return world


@pytest.fixture
def api(world: World) -> Iterator[Caller]:
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    with Caller(world) as caller:
        yield caller
    root.removeHandler(handler)
    root.setLevel(level)
    caller.assert_nothing_private(written.getvalue())
