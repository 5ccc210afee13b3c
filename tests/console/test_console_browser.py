"""The console in a real browser: no script, no complaint, no pointer needed, no sideways scrolling."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page

from server.domain.search import Review, ReviewOutcome, Search
from tests.console.browser import CHROMIUM, NEEDS_CHROMIUM, chromium, served
from tests.console.pictures import sign_in
from tests.console.world import PASSWORD, SUPERVISOR, World, live_a_day

pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason=NEEDS_CHROMIUM)

NARROW = {"width": 320, "height": 640}
NOTE = "Praise the officer for the clear wording."
PRESSES = 60


@dataclass
class Station:
    """A served world with a day behind it; `complaints` is all that the browser had to say."""

    world: World
    address: str
    browser: Browser
    search: Search
    complaints: list[str] = field(default_factory=list)

    def page(self, **options: object) -> Page:
        page = self.browser.new_context(base_url=self.address, **options).new_page()  # type: ignore[arg-type]  # passed on
        page.on("console", self._note)
        page.on("pageerror", lambda error: self.complaints.append(error.message))
        return page

    def signed_in(self, **options: object) -> Page:
        page = self.page(**options)
        sign_in(page, self.address)
        return page

    @property
    def paths(self) -> tuple[str, ...]:
        return ("/trail", "/trail/77", "/trail?officer=nobody", "/reviews", f"/searches/{self.search.id}")

    def review(self) -> Review | None:
        with self.world.database.read() as view:
            return view.searches.review(self.search.id)

    def _note(self, message: ConsoleMessage) -> None:
        self.complaints.append(message.text)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def station(browser: Browser, world: World) -> Iterator[Station]:
    search = live_a_day(world)
    with served(world.app) as address:
        station = Station(world, address, browser, search)
        yield station
        for context in browser.contexts:
            context.close()


def press_until(page: Page, name: str, key: str = "Tab") -> None:
    """Press `key` until the thing in focus carries `name`, as somebody without a pointer does."""
    for _ in range(PRESSES):
        if page.evaluate(_NAME_IN_FOCUS) == name:
            return
        page.keyboard.press(key)
    raise AssertionError(f"{name} cannot be reached with the keyboard")


_NAME_IN_FOCUS = """() => {
    const it = document.activeElement;
    const label = it.labels && it.labels.length ? it.labels[0] : it;
    return label.innerText.replace(/\\s+/g, ' ').trim();
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_supervisor_reviews_a_search_and_the_browser_has_no_complaint(station: Station, scheme: str) -> None:
    page = station.signed_in(color_scheme=scheme)
    page.get_by_role("link", name="84", exact=True).click()
    page.get_by_role("complementary").get_by_role("link", name="Open the search").click()
    page.get_by_role("radio", name="Justified").check()
    page.get_by_label("Note").fill(NOTE)
    page.get_by_role("button", name="Mark as reviewed").click()
    assert "The review is recorded as entry" in page.get_by_role("status").inner_text()
    page.get_by_role("button", name="Sign out").click()
    assert page.get_by_role("status").inner_text() == "You are signed out."
    review = station.review()
    assert review is not None
    assert (review.outcome, review.note) == (ReviewOutcome.JUSTIFIED, NOTE)
    assert station.complaints == []


def test_everything_works_without_javascript(station: Station) -> None:
    page = station.signed_in(java_script_enabled=False)
    page.get_by_label("Act").select_option("search-answered")
    page.get_by_role("button", name="Apply").click()
    assert "act=search-answered" in page.url
    page.get_by_role("link", name="Reviews due").click()
    page.get_by_role("link", name=station.search.id[:8], exact=True).click()
    page.get_by_role("radio", name="Follow-up needed").check()
    page.get_by_role("button", name="Mark as reviewed").click()
    review = station.review()
    assert review is not None
    assert review.outcome is ReviewOutcome.FOLLOW_UP


def test_no_page_carries_a_script_or_breaks_the_policy(station: Station) -> None:
    page = station.signed_in()
    for path in station.paths:
        page.goto(f"/console{path}")
        assert page.locator("script, style, [style]").count() == 0
    assert station.complaints == []


def test_the_review_needs_no_pointer(station: Station) -> None:
    page = station.page()
    page.goto("/console/")
    press_until(page, "Name")
    page.keyboard.type(SUPERVISOR)
    press_until(page, "Password")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/console/trail")
    press_until(page, "Reviews due 11 waiting")
    page.keyboard.press("Enter")
    page.wait_for_url("**/console/reviews")
    press_until(page, station.search.id[:8])
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/console/searches/{station.search.id}")
    press_until(page, "Justified")
    page.keyboard.press("ArrowDown")
    press_until(page, "Note")
    page.keyboard.type(NOTE)
    press_until(page, "Mark as reviewed")
    page.keyboard.press("Enter")
    page.wait_for_url("**/console/reviews?recorded=*")
    review = station.review()
    assert review is not None
    assert (review.outcome, review.note) == (ReviewOutcome.FOLLOW_UP, NOTE)


def test_whatever_is_in_focus_shows_it(station: Station) -> None:
    page = station.signed_in()
    for path in station.paths:
        page.goto(f"/console{path}")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.innerText") == "Skip to content"
        for _ in range(12):
            ring = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            past_the_end = page.evaluate("document.activeElement === document.body")
            assert ring == "solid" or past_the_end, page.evaluate(_NAME_IN_FOCUS)
            page.keyboard.press("Tab")


def test_the_skip_link_leads_past_the_navigation(station: Station) -> None:
    page = station.signed_in()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_a_narrow_page_never_scrolls_sideways(station: Station) -> None:
    page = station.page(viewport=NARROW)
    page.goto("/console/sign-in")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    sign_in(page, station.address)
    for path in (*station.paths, "/nowhere"):
        page.goto(f"/console{path}")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path


def test_what_is_pressed_is_large_enough(station: Station) -> None:
    page = station.signed_in(viewport=NARROW)
    for path in station.paths:
        page.goto(f"/console{path}")
        for control in page.locator("button, .btn, nav a, select, input:not([type=radio], [type=hidden])").all():
            box = control.bounding_box()
            assert box is not None
            assert box["height"] >= 44, control.inner_text()


def test_an_opened_entry_is_in_view_on_a_narrow_page(station: Station) -> None:
    page = station.signed_in(viewport=NARROW)
    page.get_by_role("link", name="80", exact=True).click()
    page.wait_for_url("**/console/trail/80#entry")
    top = page.locator("#entry").evaluate("it => it.getBoundingClientRect().top")
    assert 0 <= top <= NARROW["height"] / 2


def test_the_session_is_out_of_reach_of_scripts(station: Station) -> None:
    page = station.signed_in()
    assert page.evaluate("document.cookie") == ""
    (cookie,) = page.context.cookies()
    assert (cookie["httpOnly"], cookie["sameSite"], cookie["expires"]) == (True, "Strict", -1)
