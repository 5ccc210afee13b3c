"""What is overdue is closed and shredded, by the clock or at the next act, and once."""

from __future__ import annotations

import pytest

from server.domain.errors import DatabaseUnavailable
from server.domain.events import Act
from server.domain.search import SearchState
from server.domain.search_errors import ProbeGone
from tests.fakes.face_engine import photo
from tests.world import POLICY, World


def test_nothing_is_expired_before_its_time(world: World) -> None:
    world.search(world.officer(), photo("ada"))
    world.clock.move(POLICY.time_to_decide / 2)
    assert world.workflows.retention.sweep() == 0


def test_the_sweep_expires_and_shreds_each_overdue_search(world: World) -> None:
    searches = [world.search(world.officer(name), photo("ada")) for name in ("4471", "3982")]
    keys = dict(world.database.state.probe_keys)
    world.run_out()
    assert world.workflows.retention.sweep() == 2
    assert world.database.state.probe_keys == {}
    for search in searches:
        assert world.database.state.searches[search.id].state is SearchState.EXPIRED
        with pytest.raises(ProbeGone):
            world.vault.open(search.id, keys[search.id])


def test_an_expiry_is_recorded_for_its_officer_and_by_nobody(world: World) -> None:
    officer = world.officer()
    search = world.search(officer, photo("ada"))
    world.run_out()
    world.workflows.retention.sweep()
    assert world.acts()[-2:] == [Act.SEARCH_EXPIRED, Act.PROBE_SHREDDED]
    entry = world.last(Act.SEARCH_EXPIRED)
    assert (entry.actor_id, entry.search_id) == (None, search.id)
    assert officer.id.encode() in entry.leaf


def test_a_second_sweep_finds_nothing(world: World) -> None:
    world.search(world.officer(), photo("ada"))
    world.run_out()
    world.workflows.retention.sweep()
    before = world.acts()
    assert world.workflows.retention.sweep() == 0
    assert world.acts() == before


def test_a_decided_search_never_expires(world: World) -> None:
    world.decided(world.officer(), photo("ada"))
    world.run_out()
    assert world.workflows.retention.sweep() == 0


def test_a_vault_that_is_down_does_not_stop_the_expiry(world: World) -> None:
    search = world.search(world.officer(), photo("ada"))
    world.run_out()
    world.vault.down = True
    world.workflows.retention.sweep()
    assert world.database.state.searches[search.id].state is SearchState.EXPIRED
    assert world.database.state.probe_keys == {}


def test_a_database_that_is_down_is_told_to_the_sweeper(world: World) -> None:
    world.database.available = False
    with pytest.raises(DatabaseUnavailable):
        world.workflows.retention.sweep()
