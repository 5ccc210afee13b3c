"""The demo's story, played once on a real server with the first eight of the drawn cast."""

from collections.abc import Iterator

import pytest

from server.cli import demonstrated
from server.demo.drawn import CAST, drawn_script
from server.demo.outcome import Performance
from server.demo.run import House, play
from server.demo.script import Script

FEW = 8


@pytest.fixture(scope="session")
def shown() -> list[str]:
    """What the demo says while it plays."""
    return []


@pytest.fixture(scope="session")
def script() -> Script:
    if not (CAST / "cast.json").exists():
        pytest.skip("The drawn cast is not here: make golden")
    return drawn_script(most=FEW)


@pytest.fixture(scope="session")
def house(script: Script, shown: list[str]) -> Iterator[House]:
    with demonstrated(script, shown.extend, port=0) as house:
        yield house


@pytest.fixture(scope="session")
def performance(script: Script, house: House) -> Performance:
    return play(script, house)
