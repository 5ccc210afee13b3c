"""The real application as a station: its web API and workflows through ASGI, over the typed fakes of the world."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import httpx

from tests.fakes.face_engine import photo
from tests.world import PASSWORD, World


class Application:
    """Three relatives are enrolled, so that a photograph of one of them brings up all three."""

    name = "4471"
    password = PASSWORD

    def __init__(self) -> None:
        self._world = World()
        self._world.officer(self.name)
        for relative in ("berg-1", "berg-2", "berg-3"):
            self._world.enrol(relative)
        self.photographs: Mapping[str, bytes] = {
            "enrolled": photo("berg-1", "lying"),
            "dark": photo("berg-1", "dark"),
            "stranger": photo("nobody"),
            "dark-stranger": photo("nobody", "dark"),
            "no-face": photo("berg-1", "no-face"),
            "several-faces": photo("berg-1", "several-faces"),
            "several-other-faces": photo("berg-2", "several-faces"),
            "several-faces-blurred": photo("berg-1", "several-faces", "smeared"),
            "blurred": photo("berg-1", "smeared"),
        }

    @property
    def transport(self) -> httpx.AsyncBaseTransport:
        return httpx.ASGITransport(self._world.app())

    def now(self) -> datetime:
        return self._world.clock.now()

    def pass_time(self, span: timedelta) -> None:
        self._world.clock.move(span)
