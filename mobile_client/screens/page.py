"""What every screen has: the flow it shows, and a way to begin one of its acts."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine

from kivy.properties import BooleanProperty, StringProperty

import mobile_client.widgets.faces
import mobile_client.widgets.inputs
import mobile_client.widgets.panels
import mobile_client.widgets.pictures  # noqa: F401  # the rules of all widgets stand before any screen's
from mobile_client.core.flow import Flow
from mobile_client.widgets.panels import Ground


class Page(Ground):
    """`refresh` is called on entering and after every change of the flow while the page is shown."""

    working = BooleanProperty(False)
    notice = StringProperty("")

    def __init__(self, flow: Flow, **properties: object) -> None:
        self.flow = flow
        self._acts: set[asyncio.Task[None]] = set()
        super().__init__(**properties)

    def refresh(self) -> None:
        self.working, self.notice = self.flow.working, self.flow.notice

    def begin(self, act: Coroutine[None, None, None]) -> None:
        """Run an act of the flow; a fault in it is raised where the loop reports it, never lost."""
        task = asyncio.ensure_future(act)
        self._acts.add(task)
        task.add_done_callback(self._end)

    def sign_out(self) -> None:
        self.begin(self.flow.sign_out())

    def _end(self, task: asyncio.Task[None]) -> None:
        self._acts.discard(task)
        if not task.cancelled():
            task.result()
