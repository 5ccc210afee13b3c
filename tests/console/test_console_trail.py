"""The trail: newest first, filtered by its address, each entry readable and checked."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from html import unescape

import pytest

from server.domain.events import Act
from server.workflow.storage_ports import TrailEntry
from tests.console.visitor import Visitor, text_of
from tests.console.world import MISSING, World, live_a_day

_NUMBERS = re.compile(r'<td class="num"><a href="/console/trail/(\d+)')
_OLDER = re.compile(r'rel="next" href="([^"]+)"')


def numbers(page: str) -> list[int]:
    return [int(number) for number in _NUMBERS.findall(page)]


async def all_numbers(visitor: Visitor, path: str) -> list[int]:
    """Every entry number from `path` on to the oldest, by its own links."""
    found: list[int] = []
    while True:
        page = (await visitor.get(path)).text
        found += numbers(page)
        older = _OLDER.search(page)
        if older is None:
            return found
        path = unescape(older[1]).removeprefix("/console")


async def index_of(world: World, act: Act) -> int:
    with world.database.read() as view:
        return view.trail.page(None, 1, act)[0].index


async def test_the_links_lead_through_the_whole_trail_once_newest_first(supervisor: Visitor, world: World) -> None:
    live_a_day(world)
    with world.database.read() as view:
        size = view.trail.size()
    # Opening the page sweeps an overdue search, which adds entries above the ones that are listed.
    found = await all_numbers(supervisor, "/trail")
    assert size > 50
    assert found[-size:] == list(range(size - 1, -1, -1))


async def test_filters_stand_in_the_address_and_in_the_links(supervisor: Visitor, world: World) -> None:
    live_a_day(world)
    page = await supervisor.get("/trail?act=search-answered&officer=4471")
    shown = numbers(page.text)
    with world.database.read() as view:
        entries = [view.trail.entry(number) for number in shown]
    assert shown
    assert {(entry.act, entry.actor_id) for entry in entries} == {(Act.SEARCH_ANSWERED, world.officers[0].id)}
    assert f"/console/trail/{shown[0]}?act=search-answered&amp;officer=4471#entry" in page.text
    assert '<option value="search-answered" selected>' in page.text
    assert 'value="4471"' in page.text


async def test_a_filter_that_finds_nothing_says_what_to_do(supervisor: Visitor) -> None:
    text = text_of(await supervisor.get("/trail?officer=nobody"))
    assert "Check the spelling of the sign-in name, or show the whole trail" in text


async def test_before_the_first_entry_there_is_a_way_back(supervisor: Visitor) -> None:
    assert "Go to the newest entries" in text_of(await supervisor.get("/trail?before=0"))


async def test_an_entry_shows_leaf_hash_search_and_private_details(supervisor: Visitor, world: World) -> None:
    search = world.search(world.officers[0], MISSING, leads=2)
    with world.database.read() as view:
        (entry,) = view.trail.of_search(search.id)
    page = await supervisor.get(f"/trail/{entry.index}")
    text = text_of(page)
    assert entry.leaf_hash.hex() in text
    assert "missing-or-at-risk" in text
    assert MISSING.necessity in text
    assert "Fits its place in the tree" in text
    assert f'href="/console/searches/{search.id}"' in page.text


async def test_the_entry_that_is_open_is_among_its_neighbours(supervisor: Visitor, world: World) -> None:
    live_a_day(world)
    page = (await supervisor.get("/trail/30")).text
    assert numbers(page)[:8] == [37, 36, 35, 34, 33, 32, 31, 30]
    assert page.count('aria-current="true"') == 1


def _edited(entry: TrailEntry) -> TrailEntry:
    return replace(entry, leaf=entry.leaf.replace(b"missing-or-at-risk", b"false-details"))


def _rewritten_words(entry: TrailEntry) -> TrailEntry:
    return replace(entry, private={**(entry.private or {}), "necessity": "something else"})


def _broken(entry: TrailEntry) -> TrailEntry:
    return replace(entry, leaf=b"no entry at all")


@pytest.mark.parametrize(
    ("tamper", "words"),
    [
        (_edited, "does not fit its place"),
        (_broken, "does not fit its place"),
        (_rewritten_words, "are not those that were recorded"),
    ],
)
async def test_a_tampered_entry_is_named(
    supervisor: Visitor, world: World, tamper: Callable[[TrailEntry], TrailEntry], words: str
) -> None:
    world.search(world.officers[0], MISSING)
    trail = world.database.state.trail
    *before, last = trail.entries
    world.database.state.trail = replace(trail, entries=(*before, tamper(last)))
    text = text_of(await supervisor.get(f"/trail/{last.index}"))
    assert words in text
    assert "Have the trail verified at once." in text


async def test_private_details_that_are_gone_are_told(supervisor: Visitor, world: World) -> None:
    world.search(world.officers[0], MISSING)
    trail = world.database.state.trail
    *before, last = trail.entries
    world.database.state.trail = replace(trail, entries=(*before, replace(last, private=None, salt=None)))
    text = text_of(await supervisor.get(f"/trail/{last.index}"))
    assert "or are gone. Have the trail verified at once." in text
    assert "Private details" not in text


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/trail/999999", 404),
        ("/trail/first", 422),
        ("/trail/-1", 422),
        ("/trail?act=unheard-of", 422),
        ("/trail?before=x", 422),
        ("/nowhere", 404),
    ],
)
async def test_problems_are_pages(supervisor: Visitor, path: str, status: int) -> None:
    response = await supervisor.get(path)
    assert response.status_code == status
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert "Audit trail" in text_of(response)


async def test_a_database_that_is_down_is_a_page_too(supervisor: Visitor, world: World) -> None:
    world.database.available = False
    response = await supervisor.get("/trail")
    assert response.status_code == 503
    assert "The database does not answer." in text_of(response)


async def test_style_sheet_and_icon_are_served(visitor: Visitor) -> None:
    assert (await visitor.client.get("/console/static/console.css")).headers["content-type"].startswith("text/css")
    assert (await visitor.client.get("/console/static/icon.svg")).headers["content-type"] == "image/svg+xml"
