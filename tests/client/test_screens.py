"""The real screens, offscreen: the whole flow by taps, what must never be shown, and how large a target is."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from mobile_client.core.flow import Step
from mobile_client.device.camera import FileCamera
from tests.client.drawn import portrait
from tests.client.fake_server import BLURRED, DARK, RECORDS, FakeServer, Station
from tests.client.offscreen import HEIGHT, WIDTH, needs_rendering
from tests.client.stage import Stage, set_stage

if TYPE_CHECKING:
    from tests.client.driver import Driver

pytestmark = needs_rendering

LEAST_TARGET = 48
MEANT = (609, 264, 198, 293)
FORBIDDEN = ("match", "identified", "score", "%", "rank", "resemblance")


@pytest.fixture
def stage(station: Station) -> Stage:
    return set_stage(station)


@pytest.fixture
def camera(tmp_path: Path) -> FileCamera:
    for name in ("enrolled", "stranger"):
        (tmp_path / f"{name}.jpg").write_bytes(portrait(name))
    return FileCamera(tmp_path)


@pytest.fixture
def crowd(tmp_path: Path, small_server: FakeServer) -> FileCamera:
    """Two people, of whom the one on the right is enrolled; there blue gives way to red along an upright line."""
    picture = Image.new("RGB", (960, 960), (0, 0, 255))
    picture.paste((255, 0, 0), (640, 0, 960, 960))
    picture.save(tmp_path / "crowd.jpg", quality=95)
    small_server.usual, small_server.crowd = "several-faces", (MEANT, (150, 228, 252, 332))
    return FileCamera(tmp_path / "crowd.jpg")


def excess(path: Path, channel: int, other: int) -> NDArray[np.bool_]:
    """Where a picture has much more of one colour than of another."""
    with Image.open(path) as image:
        rows = np.asarray(image.convert("RGB")).astype(int)
    more: NDArray[np.bool_] = rows[:, :, channel] - rows[:, :, other] > 150
    return more


def widest_red(path: Path) -> int:
    """The most red pixels in one row."""
    return int(excess(path, 0, 2).sum(axis=1).max())


def seams(path: Path) -> set[int]:
    """Where blue gives way to red, in each row of a picture that shows both."""
    red, blue = excess(path, 0, 2), excess(path, 2, 0)
    return {
        int(np.argmax(line)) for line, before in zip(red, blue, strict=True) if line.sum() > 40 and before.sum() > 5
    }


def small_targets(driver: Driver) -> list[str]:
    widgets = driver.app.root.current_screen.walk()
    tappable = [widget for widget in widgets if hasattr(widget, "on_release")]
    assert tappable or driver.step is Step.WAITING
    return [f"{type(w).__name__} {w.size}" for w in tappable if min(w.size) < LEAST_TARGET]


def assert_painted(path: Path) -> None:
    with Image.open(path) as image:
        assert image.size == (WIDTH, HEIGHT)
        colours = image.convert("RGB").getcolors(WIDTH * HEIGHT)
        assert colours is not None
        assert len(colours) > 200


@pytest.mark.parametrize(("theme", "font_scale"), [("dark", 1.0), ("day", 1.3)])
async def test_a_whole_check_by_taps(
    stage: Stage, camera: FileCamera, tmp_path: Path, theme: str, font_scale: float
) -> None:
    from tests.client.driver import running
    from tests.client.scenes import whole_check

    seen: list[str] = []

    async def look(name: str) -> None:
        seen.append(name)
        assert small_targets(driver) == []
        words = driver.texts().lower()
        assert [word for word in FORBIDDEN if word in words] == []
        named = {str(record["family_name"]) for record in RECORDS if str(record["family_name"]).lower() in words}
        assert named == ({RECORDS[0]["family_name"]} if name in {"compare_record", "decision"} else set())
        path = tmp_path / "pictures" / f"{name}.png"
        await driver.picture(path)
        assert_painted(path)

    async with running(stage.flow, camera, theme, font_scale) as driver:
        await whole_check(driver, stage.station, look)
        assert "Record proved in the trail" in driver.texts()
        assert "is not checked on this handheld yet" in driver.texts()
        await driver.press("Sign out")
        await driver.reach(Step.SIGN_IN)
    assert seen[-1] == "receipt"


async def test_records_open_together_after_the_last_judgement(stage: Stage, camera: FileCamera, tmp_path: Path) -> None:
    from tests.client.driver import running
    from tests.client.scenes import judge, open_camera, shoot

    async with running(stage.flow, camera) as driver:
        await open_camera(driver, stage.station)
        await shoot(driver, Step.COMPARE)
        await judge(driver, "Same person")
        assert "1 of 3. Records open when all are judged." in driver.texts()
        for words in ("Same person", "Different person"):
            assert not driver.app.root.current_screen.record_known
            await judge(driver, "Next face")
            await judge(driver, words)
        assert "TESTSSON, Adam" in driver.texts()
        assert "Judged: Same person.  3 of 3" in driver.texts()
        await judge(driver, "Next face")
        assert "PROVSSON, Bertil" in driver.texts()
        await judge(driver, "Next face")
        assert not driver.app.root.current_screen.record_known


async def test_an_empty_list_is_said_and_decided(small_server: FakeServer, camera: FileCamera, tmp_path: Path) -> None:
    from tests.client.driver import running
    from tests.client.scenes import open_camera, shoot

    small_server.usual = "stranger"
    stage = set_stage(small_server)
    async with running(stage.flow, camera) as driver:
        await open_camera(driver, small_server)
        await shoot(driver, Step.NO_CANDIDATES)
        await driver.picture(tmp_path / "none.png")
        assert_painted(tmp_path / "none.png")
        await driver.press("Go to the decision")
        await driver.reach(Step.DECISION)
        assert "Record A" not in driver.texts()
        assert "What else supports it?" not in driver.texts()
        await driver.press("Nobody in the records")
        await driver.press("Record decision")
        await driver.reach(Step.RECEIPT)
        await driver.press("New check")
        await driver.reach(Step.PURPOSE)
        assert driver.find(label="Why is it necessary now?").text == ""


async def test_trouble_names_the_way_on(small_server: FakeServer, camera: FileCamera, tmp_path: Path) -> None:
    """Offline, no face, busy and expired, one after the other on the same handheld."""
    from tests.client.driver import running
    from tests.client.scenes import open_camera, shoot

    stage = set_stage(small_server)
    async with running(stage.flow, camera) as driver:
        await open_camera(driver, small_server)
        stage.line.cut = True
        await shoot(driver, Step.OFFLINE)
        assert "The photograph is erased from this handheld." in driver.texts()
        await driver.picture(tmp_path / "offline.png")
        assert_painted(tmp_path / "offline.png")
        stage.line.cut = False
        await driver.press("Try again")
        await driver.reach(Step.CAPTURE)

        small_server.usual = "no-face"
        await shoot(driver, Step.PROBLEM)
        assert "No face was found" in driver.texts()
        await driver.press("Take another photograph")
        await driver.reach(Step.CAPTURE)

        small_server.usual = "enrolled"
        small_server.busy = 1
        await shoot(driver, Step.PROBLEM)
        assert "The server is busy" in driver.texts()
        assert small_targets(driver) == []
        await driver.press("Try again")
        await driver.reach(Step.COMPARE)

        small_server.pass_time(timedelta(hours=1))
        await driver.press("Same person")
        await driver.reach(Step.LOCKED)
        assert "flagged for your supervisor" in driver.texts()
        await driver.press("Continue")
        await driver.reach(Step.PURPOSE)


async def test_advice_about_the_photograph_is_shown(small_server: FakeServer, camera: FileCamera) -> None:
    """Too poor to search with, then only dark; and nothing is said about a good photograph."""
    from tests.client.driver import running
    from tests.client.scenes import open_camera, shoot

    stage = set_stage(small_server)
    async with running(stage.flow, camera) as driver:
        await open_camera(driver, small_server)
        small_server.usual = "blurred"
        await shoot(driver, Step.PROBLEM)
        assert BLURRED in driver.texts()
        await driver.press("Take another photograph")
        await driver.reach(Step.CAPTURE)
        small_server.usual = "dark"
        await shoot(driver, Step.COMPARE)
        assert f"About the photograph[/b]\n{DARK}" in driver.texts()


@pytest.mark.parametrize(("usual", "told"), [("stranger", False), ("dark-stranger", True)])
async def test_advice_stands_beside_an_empty_list(
    small_server: FakeServer, camera: FileCamera, usual: str, told: bool
) -> None:
    from tests.client.driver import running
    from tests.client.scenes import open_camera, shoot

    small_server.usual = usual
    stage = set_stage(small_server)
    async with running(stage.flow, camera) as driver:
        await open_camera(driver, small_server)
        await shoot(driver, Step.NO_CANDIDATES)
        assert ("About the photograph" in driver.texts()) is told
        assert (DARK in driver.texts()) is told


@pytest.mark.parametrize(("theme", "font_scale"), [("dark", 1.0), ("day", 1.3)])
async def test_the_one_who_is_meant_is_tapped_on_the_photograph(
    small_server: FakeServer, crowd: FileCamera, tmp_path: Path, theme: str, font_scale: float
) -> None:
    from tests.client.driver import running
    from tests.client.scenes import choose_who_is_meant, open_camera

    async def look(name: str) -> None:
        assert small_targets(driver) == []
        assert [word for word in FORBIDDEN if word in driver.texts().lower()] == []
        await driver.picture(tmp_path / f"{name}.png")

    stage = set_stage(small_server)
    async with running(stage.flow, crowd, theme, font_scale) as driver:
        await open_camera(driver, small_server)
        await choose_who_is_meant(driver, "B", look)
        assert [search.named for search in small_server.searches.values()] == [MEANT]
        left = next(screen for screen in driver.app.root.screens if screen.name == "choice")
        assert (left.texture, left.boxes, left.chosen) == (None, {}, "")
        edges = seams(tmp_path / "choice_compared.png")
        assert edges
        assert max(edges) - min(edges) <= 1  # a line that was upright is upright still


async def test_both_faces_are_enlarged(small_server: FakeServer, tmp_path: Path) -> None:
    from tests.client.driver import running
    from tests.client.scenes import open_camera, shoot

    banded = Image.new("RGB", (720, 960), (0, 0, 255))
    banded.paste((255, 0, 0), (260, 0, 460, 960))
    banded.save(tmp_path / "banded.jpg", quality=95)
    small_server.faces = [(tmp_path / "banded.jpg").read_bytes()]
    stage = set_stage(small_server)
    async with running(stage.flow, FileCamera(tmp_path / "banded.jpg")) as driver:
        await open_camera(driver, small_server)
        await shoot(driver, Step.COMPARE)
        await driver.picture(tmp_path / "plain.png")
        await driver.press("Enlarge")
        await driver.picture(tmp_path / "enlarged.png")
    plain, enlarged = widest_red(tmp_path / "plain.png"), widest_red(tmp_path / "enlarged.png")
    assert 1.85 < enlarged / plain < 1.95  # of both together


async def test_a_tap_is_for_the_nearest_of_two_small_faces(small_server: FakeServer, crowd: FileCamera) -> None:
    from tests.client.driver import running
    from tests.client.scenes import open_camera, shoot

    small_server.crowd = ((480, 300, 12, 16), (500, 310, 12, 16), (-20, -30, 80, 70))
    stage = set_stage(small_server)
    async with running(stage.flow, crowd) as driver:
        await open_camera(driver, small_server)
        await shoot(driver, Step.CHOICE)
        assert small_targets(driver) == []
        for letter in "BCAB":
            left, bottom, width, height = driver.find(letter=letter).frame
            await driver.touch(left + width / 2, bottom + height / 2)
            assert driver.app.root.current_screen.chosen == letter
        photo = driver.app.root.current_screen.ids.faces
        corner = driver.find(letter="A").frame
        assert corner[0] == photo.center_x - photo.width / 2


async def test_a_face_where_nobody_stands_is_said_and_another_photograph_can_be_taken(
    small_server: FakeServer, crowd: FileCamera
) -> None:
    from tests.client.driver import running
    from tests.client.scenes import open_camera, shoot

    stage = set_stage(small_server)
    async with running(stage.flow, crowd) as driver:
        await open_camera(driver, small_server)
        await shoot(driver, Step.CHOICE)
        assert driver.find(text="Tap a face first", icon="").disabled
        await driver.tap(driver.find(letter="A"))
        await driver.press("Compare face A")
        await driver.reach(Step.CHOICE)
        assert "No face stands where you pointed." in driver.texts()
        assert driver.find(text="Tap a face first", icon="").disabled
        await driver.press("Take another photograph")
        await driver.reach(Step.CAPTURE)
        await shoot(driver, Step.CHOICE)
        assert "No face stands" not in driver.texts()


@pytest.mark.parametrize(("theme", "font_scale"), [("dark", 1.0), ("day", 1.3)])
async def test_a_life_at_risk_is_stated_after_a_poor_photograph(
    small_server: FakeServer, camera: FileCamera, tmp_path: Path, theme: str, font_scale: float
) -> None:
    from tests.client.driver import running
    from tests.client.scenes import open_camera, shoot, state_a_life_at_risk

    async def look(name: str) -> None:
        assert small_targets(driver) == []
        if name == "poor_image":
            assert "If the person's life is at risk, state it" in driver.texts()
        if name == "risk_asked":
            assert "switch that on and say what may happen." in driver.texts()
            assert "Risk of significant harm" not in driver.texts()

    small_server.usual = "blurred"
    stage = set_stage(small_server)
    async with running(stage.flow, camera, theme, font_scale) as driver:
        await open_camera(driver, small_server)
        await state_a_life_at_risk(driver, look)
        await shoot(driver, Step.COMPARE)
        assert f"About the photograph[/b]\n{BLURRED}" in driver.texts()


async def test_a_life_at_risk_is_offered_where_the_server_takes_it(stage: Stage, camera: FileCamera) -> None:
    from tests.client.driver import running
    from tests.client.scenes import fill_in_purpose, sign_in

    offered = "The person's life is at risk"
    async with running(stage.flow, camera) as driver:
        await sign_in(driver, stage.station)
        assert offered not in driver.texts()
        await fill_in_purpose(driver)
        page = driver.app.root.current_screen
        await driver.press(offered)
        assert page.missing == "State the risk of significant harm."
        for ground in ("Refuses to give details", "Suspected false details"):
            await driver.press(ground)
            assert offered not in driver.texts()
            assert (page.draft().life_at_risk, page.missing) == (False, "")
            assert "Risk of significant harm" not in driver.texts()
        await driver.press("Missing or at risk")
        assert offered in driver.texts()
        assert not page.draft().life_at_risk
        await driver.press("In a private place")
        assert "Risk of significant harm" in driver.texts()
        await driver.press(offered)
        await driver.press("In a private place")
        assert "Risk of significant harm" in driver.texts()
        assert "Which private place?" not in driver.texts()


async def test_a_poor_photograph_tells_who_cannot_be_searched_by_it(
    small_server: FakeServer, camera: FileCamera
) -> None:
    from tests.client.driver import running
    from tests.client.scenes import fill_in_purpose, shoot, sign_in

    small_server.usual = "blurred"
    stage = set_stage(small_server)
    async with running(stage.flow, camera) as driver:
        await sign_in(driver, small_server)
        await fill_in_purpose(driver)
        await driver.press("Refuses to give details")
        await driver.press("Continue to photo")
        await driver.reach(Step.CAPTURE)
        await shoot(driver, Step.PROBLEM)
        assert "Life at risk is for a person who is missing or cannot say who they are." in driver.texts()
        assert "Life at risk" not in driver.texts().split("\n")


async def test_a_resumed_search_has_no_photograph_and_no_way_out(
    stage: Stage, camera: FileCamera, tmp_path: Path
) -> None:
    from tests.client.acts import photograph, sign_in, state_purpose
    from tests.client.driver import running

    for act in (sign_in, state_purpose, photograph("enrolled")):
        await act(stage)
    another = set_stage(stage.station)
    async with running(another.flow, camera) as driver:
        await driver.type(driver.find(label="Service number"), stage.station.name)
        await driver.type(driver.find(label="Password"), stage.station.password)
        await driver.press("Sign in")
        await driver.reach(Step.COMPARE)
        assert "The photograph is erased. Look at the person." in driver.texts()
        labels = {getattr(widget, "label", "") for widget in driver.app.root.current_screen.walk()}
        assert not labels & {"Sign out", "Back"}
        await driver.press("Enlarge")
        await driver.press("Swap")
        assert driver.find(caption="Person now").texture is None


async def test_a_camera_without_a_picture_is_said(stage: Stage, tmp_path: Path) -> None:
    from tests.client.driver import running
    from tests.client.scenes import open_camera

    async with running(stage.flow, FileCamera(tmp_path / "absent.jpg")) as driver:
        await open_camera(driver, stage.station)
        assert "There is no picture" in driver.texts()
        assert driver.app.root.current_screen.ids.shutter.disabled


async def test_no_texture_outlives_its_screen(stage: Stage, camera: FileCamera) -> None:
    from tests.client.driver import running
    from tests.client.scenes import open_camera, shoot

    async with running(stage.flow, camera) as driver:
        await open_camera(driver, stage.station)
        await shoot(driver, Step.COMPARE)
        assert driver.app.root.current_screen.person is not None
        stage.station.pass_time(timedelta(hours=9))
        await driver.press("Cannot tell")
        await driver.reach(Step.SIGN_IN)
        widgets = [(screen, widget) for screen in driver.app.root.screens for widget in screen.walk()]
        textures = [
            (screen.name, type(widget).__name__, getattr(widget, "texture", None)) for screen, widget in widgets
        ]
        assert [place for *place, texture in textures if texture is not None and min(texture.size) > 200] == []


async def test_a_wrong_password_is_said_and_forgotten(stage: Stage, camera: FileCamera) -> None:
    from tests.client.driver import running

    async with running(stage.flow, camera) as driver:
        await driver.type(driver.find(label="Service number"), stage.station.name)
        await driver.type(driver.find(label="Password"), "wrong")
        await driver.press("Sign in")
        await driver.until(lambda: "The name or the password is wrong." in driver.texts(), "the refusal")
        assert driver.find(label="Password").text == ""
        assert driver.find(text="Sign in", icon="").disabled
