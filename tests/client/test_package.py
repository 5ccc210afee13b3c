"""What the Android package may do, ask for and carry."""

from __future__ import annotations

from configparser import ConfigParser
from pathlib import Path

import pytest

SPEC = Path(__file__).parents[2] / "mobile_client" / "buildozer.spec"


@pytest.fixture
def app() -> dict[str, str]:
    spec = ConfigParser()
    spec.read_string(SPEC.read_text(encoding="utf-8"))
    return dict(spec["app"])


def words(text: str) -> set[str]:
    return {word.strip() for word in text.split(",")}


def test_it_asks_for_three_permissions(app: dict[str, str]) -> None:
    assert words(app["android.permissions"]) == {
        "android.permission.CAMERA",
        "android.permission.INTERNET",
        "android.permission.USE_BIOMETRIC",
    }


def test_nothing_reaches_a_backup_or_travels_in_the_clear(app: dict[str, str]) -> None:
    assert app["android.allow_backup"] == "False"
    assert 'usesCleartextTraffic="false"' in app["android.manifest.application_attributes"]


def test_nothing_compiled_beyond_the_screen_and_the_pictures(app: dict[str, str]) -> None:
    carried = {word.partition("==")[0] for word in words(app["requirements"])}
    assert not carried & {"pydantic", "cryptography", "numpy", "opencv", "kivymd"}
    assert {"kivy", "pillow", "httpx"} <= carried
