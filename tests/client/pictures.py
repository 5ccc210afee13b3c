"""Renders the pictures of the handheld for the documentation: `python -m tests.client.pictures [FOLDER]`.

The people are the repository's drawn ones where they have been rendered, else plain drawings.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import traceback
from pathlib import Path

from mobile_client.core.flow import Step
from mobile_client.device.camera import FileCamera
from tests.client import offscreen  # noqa: F401  # stands before any import of Kivy
from tests.client.drawn import field_photograph, people_together, reference
from tests.client.fake_server import FakeServer
from tests.client.stage import set_stage

FOLDER = Path(__file__).parents[2] / "docs" / "pictures"


PERSON, OTHERS = 7, (3, 12)
"""Who is photographed, and who else is put forward; numbers of the drawn cast."""

BESIDE = 3
CROWD = ((609, 264, 198, 293), (150, 228, 252, 332))
"""Where the face engine found PERSON and BESIDE on their photograph together."""


async def write_pictures(folder: Path) -> None:
    """Every handheld_*.png of the documentation, into `folder`."""
    faces = [reference(person) for person in (PERSON, *OTHERS)]
    with tempfile.TemporaryDirectory() as place:
        upright, lying = Path(place) / "upright.jpg", Path(place) / "lying.jpg"
        upright.write_bytes(field_photograph(PERSON, "upright"))
        lying.write_bytes(field_photograph(PERSON, "lying"))
        await _whole_check(folder, upright, faces, "dark", "")
        await _whole_check(folder, upright, faces, "day", "_day")
        await _side_ways(folder, lying, faces)
        await _lying_compared(folder, lying, faces)
        together = Path(place) / "together.jpg"
        together.write_bytes(people_together(BESIDE, PERSON))
        for theme, suffix in (("dark", ""), ("day", "_day")):
            await _several_faces(folder, together, faces, theme, suffix)
            await _life_at_risk(folder, upright, faces, theme, suffix)


async def _whole_check(folder: Path, photograph: Path, faces: list[bytes], theme: str, suffix: str) -> None:
    from tests.client.driver import running
    from tests.client.scenes import whole_check

    stage = set_stage(FakeServer(faces))

    async def keep(scene: str) -> None:
        await driver.picture(folder / f"handheld_{scene}{suffix}.png")

    async with running(stage.flow, FileCamera(photograph), theme) as driver:
        await whole_check(driver, stage.station, keep)


async def _side_ways(folder: Path, photograph: Path, faces: list[bytes]) -> None:
    """A lying person, a lost network, and an empty answer."""
    from tests.client.driver import running
    from tests.client.scenes import open_camera, shoot

    server = FakeServer(faces)
    server.usual = "stranger"
    stage = set_stage(server)
    async with running(stage.flow, FileCamera(photograph)) as driver:
        await open_camera(driver, server)
        await driver.press("Lying down")
        await driver.picture(folder / "handheld_capture_lying.png")
        stage.line.cut = True
        await shoot(driver, Step.OFFLINE)
        await driver.picture(folder / "handheld_offline.png")
        stage.line.cut = False
        await driver.press("Try again")
        await driver.reach(Step.CAPTURE)
        await shoot(driver, Step.NO_CANDIDATES)
        await driver.picture(folder / "handheld_no_candidates.png")


async def _lying_compared(folder: Path, photograph: Path, faces: list[bytes]) -> None:
    """A lying person's photograph, turned beside the upright record."""
    from tests.client.driver import running
    from tests.client.scenes import open_camera, shoot

    stage = set_stage(FakeServer(faces))
    async with running(stage.flow, FileCamera(photograph)) as driver:
        await open_camera(driver, stage.station)
        await shoot(driver, Step.COMPARE)
        await driver.press("Turn")
        await driver.picture(folder / "handheld_compare_lying.png")


async def _several_faces(folder: Path, photograph: Path, faces: list[bytes], theme: str, suffix: str) -> None:
    from tests.client.driver import running
    from tests.client.scenes import choose_who_is_meant, open_camera

    server = FakeServer(faces)
    server.usual, server.crowd = "several-faces", CROWD
    stage = set_stage(server)

    async def keep(scene: str) -> None:
        if scene == "choice_made":
            await driver.picture(folder / f"handheld_choice{suffix}.png")

    async with running(stage.flow, FileCamera(photograph), theme) as driver:
        await open_camera(driver, server)
        await choose_who_is_meant(driver, "B", keep)


async def _life_at_risk(folder: Path, photograph: Path, faces: list[bytes], theme: str, suffix: str) -> None:
    from tests.client.driver import running
    from tests.client.scenes import open_camera, state_a_life_at_risk

    server = FakeServer(faces)
    server.usual = "blurred"
    stage = set_stage(server)

    async def keep(scene: str) -> None:
        if scene in {"poor_image", "life_at_risk"}:
            await driver.picture(folder / f"handheld_{scene}{suffix}.png")

    async with running(stage.flow, FileCamera(photograph), theme) as driver:
        await open_camera(driver, server)
        await state_a_life_at_risk(driver, keep)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.client.pictures", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("folder", nargs="?", type=Path, default=FOLDER, help="where to (default: docs/pictures)")
    folder = parser.parse_args().folder
    try:
        asyncio.run(write_pictures(folder))
    except AssertionError:
        # Kivy has taken over the standard error stream.
        traceback.print_exc(file=sys.__stderr__)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
