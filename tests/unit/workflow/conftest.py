"""Each test of a workflow gets a world of its own."""

import pytest

from tests.world import World


@pytest.fixture
def world() -> World:
    return World()
