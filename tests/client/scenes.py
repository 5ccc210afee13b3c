"""One whole check by taps, told as scenes: used by the tests of the screens and by the documentation's pictures."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from mobile_client.core.flow import Step
from tests.client.driver import Driver
from tests.client.fake_server import Station

Scene = Callable[[str], Awaitable[None]]


async def sign_in(driver: Driver, station: Station) -> None:
    await driver.type(driver.find(label="Service number"), station.name)
    await driver.type(driver.find(label="Password"), station.password)
    await driver.press("Sign in")
    await driver.reach(Step.PURPOSE)


async def fill_in_purpose(driver: Driver) -> None:
    await driver.press("Looked for papers")
    await driver.press("Asked others")
    words = "Unresponsive after a fall; hospital needs a name for treatment."
    await driver.type(driver.find(label="Why is it necessary now?"), words)
    await driver.type(driver.find(label="Legal power you rely on"), "Care of a person in danger")
    await driver.press("No force is used")
    await driver.press("Injured or unconscious")
    driver.app.root.current_screen.ids.scroll.scroll_y = 1
    await driver.frames()


async def open_camera(driver: Driver, station: Station) -> None:
    await sign_in(driver, station)
    await fill_in_purpose(driver)
    await driver.press("Continue to photo")
    await driver.reach(Step.CAPTURE)


async def shoot(driver: Driver, step: Step) -> None:
    await driver.tap(driver.app.root.current_screen.ids.shutter)
    await driver.reach(step)


async def judge(driver: Driver, words: str) -> None:
    await driver.press(words)
    await driver.reach(Step.COMPARE)


async def whole_check(driver: Driver, station: Station, scene: Scene) -> None:
    """From sign-in to the receipt; `scene` is called wherever there is something new to see."""
    await scene("sign_in")
    await sign_in(driver, station)
    await fill_in_purpose(driver)
    await scene("purpose")
    await driver.press("Continue to photo")
    await driver.reach(Step.CAPTURE)
    await scene("capture")
    await shoot(driver, Step.COMPARE)
    await scene("compare")
    await judge(driver, "Same person")
    await scene("compare_judged")
    while not driver.app.flow.may_decide:
        await judge(driver, "Next face")
        await judge(driver, "Different person")
    await scene("compare_record")
    await driver.press("Decide")
    await driver.reach(Step.DECISION)
    await driver.press("Record A")
    await driver.press("Scar or tattoo")
    await scene("decision")
    await driver.press("Record decision")
    await driver.reach(Step.RECEIPT)
    await scene("receipt")


async def choose_who_is_meant(driver: Driver, letter: str, scene: Scene) -> None:
    """From the shutter over several faces to the comparison with the one who is meant."""
    await shoot(driver, Step.CHOICE)
    await scene("choice")
    await driver.tap(driver.find(letter=letter))
    await scene("choice_made")
    await driver.press(f"Compare face {letter}")
    await driver.reach(Step.COMPARE)
    await scene("choice_compared")


async def state_a_life_at_risk(driver: Driver, scene: Scene) -> None:
    """From the shutter over a photograph too poor back to the camera, with a life stated to be at risk."""
    await shoot(driver, Step.PROBLEM)
    await scene("poor_image")
    await driver.press("Life at risk")
    await driver.reach(Step.PURPOSE)
    await scene("risk_asked")
    await driver.press("The person's life is at risk")
    await driver.type(driver.find(label="Risk of significant harm"), "May bleed within; allergies are not known.")
    await scene("life_at_risk")
    await driver.press("Continue to photo")
    await driver.reach(Step.CAPTURE)
