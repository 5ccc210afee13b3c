"""A world and a visitor for every test of the console."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.console.visitor import Visitor
from tests.console.world import World, open_world


@pytest.fixture
def world() -> World:
    return open_world()


@pytest.fixture
async def visitor(world: World) -> AsyncIterator[Visitor]:
    """Somebody at the console who has not signed in."""
    visitor = Visitor(world.app)
    async with visitor.client:
        yield visitor


@pytest.fixture
async def supervisor(visitor: Visitor) -> Visitor:
    await visitor.sign_in()
    return visitor
