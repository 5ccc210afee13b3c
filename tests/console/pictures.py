"""Draws the console's pictures for the documentation: `python -m tests.console.pictures`."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page

from tests.console.browser import chromium, served
from tests.console.world import PASSWORD, SUPERVISOR, live_a_day, open_world

PICTURES = Path(__file__).parents[2] / "docs" / "pictures"


def sign_in(page: Page, address: str) -> None:
    page.goto(f"{address}/console/sign-in")
    page.get_by_label("Name").fill(SUPERVISOR)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/console/trail")


def draw(folder: Path) -> None:
    """Write console_trail.png, console_search.png and console_reviews.png into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    world = open_world()
    featured = live_a_day(world)
    with served(world.app) as address, chromium() as browser:
        page = browser.new_page(viewport={"width": 1440, "height": 1000}, color_scheme="light")
        sign_in(page, address)
        for name, path in {"trail": "trail/84", "search": f"searches/{featured.id}", "reviews": "reviews"}.items():
            page.goto(f"{address}/console/{path}")
            page.screenshot(path=folder / f"console_{name}.png")


if __name__ == "__main__":
    draw(PICTURES)
