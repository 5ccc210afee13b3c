"""One served installation for the whole session and the people signed in to it; tests that kill start their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.integration.service.caller import Caller, Person
from tests.integration.service.installation import Installation, RunningServer
from tests.integration.service.staff import (
    LOW_THRESHOLD,
    OFFICER,
    OTHER_OFFICER,
    SUPERVISOR,
    enrol_pair,
    hire,
)
from tests.real_redis import need_redis_server, own_redis

__all__ = ["own_redis"]

MEASURED = pytest.StashKey[list[str]]()

Install = Callable[..., Installation]


@pytest.fixture
def install(tmp_path: Path) -> Install:
    """Makes an installation of the test's own; takes a folder's name and further settings."""
    need_redis_server()

    def install_one(name: str = "own", **settings: str) -> Installation:
        return Installation.at(tmp_path / name, threshold=LOW_THRESHOLD, **settings)

    return install_one


@pytest.fixture(scope="session")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """The shared installation, with its staff."""
    need_redis_server()
    folder = tmp_path_factory.mktemp("service")
    shared = Installation.at(folder / "own", threshold=LOW_THRESHOLD, search_places="2", patience_seconds="0.2")
    hire(shared)
    return shared


@pytest.fixture(scope="session")
def server(installation: Installation, request: pytest.FixtureRequest) -> Iterator[RunningServer]:
    with installation.serving() as running:
        yield running
        told = f"ready after {running.seconds_to_ready:.1f} s, {running.megabytes()} MB resident at the end"
        request.config.stash.setdefault(MEASURED, []).append(told)


@pytest.fixture(scope="session")
def gallery(installation: Installation, server: RunningServer) -> dict[str, Person]:
    """Who is enrolled, by reference."""
    return enrol_pair(installation)


@pytest.fixture(scope="session")
def callers(installation: Installation, server: RunningServer) -> Iterator[dict[str, Caller]]:
    with ExitStack() as leaving:
        names = (OFFICER, OTHER_OFFICER, SUPERVISOR)
        yield {name: leaving.enter_context(Caller(installation.url, name)) for name in names}


@pytest.fixture
def officer(callers: dict[str, Caller]) -> Iterator[Caller]:
    """Has no undecided search, before and after."""
    yield from _settled(callers[OFFICER])


@pytest.fixture
def other_officer(callers: dict[str, Caller]) -> Iterator[Caller]:
    yield from _settled(callers[OTHER_OFFICER])


@pytest.fixture
def supervisor(callers: dict[str, Caller]) -> Caller:
    return callers[SUPERVISOR]


def _settled(caller: Caller) -> Iterator[Caller]:
    yield caller
    left = caller.current()
    if left.status_code == 200:
        caller.settle(left.json())


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for told in config.stash.get(MEASURED, []):
        terminalreporter.write_line(f"oifr serve: {told}")
