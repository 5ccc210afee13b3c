"""Drives the real app as a thumb would: find a widget, tap it, type, wait, take a picture.

Kivy's own async test fixtures do not work with current pytest; this needs `App.async_run` alone. Import it only
after `tests.client.offscreen`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from kivy.base import EventLoop
from kivy.clock import Clock
from kivy.config import Config
from kivy.tests.common import UnitTestTouch

from mobile_client.app import HandheldApp
from mobile_client.core.flow import Flow, Step
from mobile_client.device.camera import Camera
from mobile_client.theme import Theme

PATIENCE = 20.0


class Driver:
    def __init__(self, app: HandheldApp, faults: list[BaseException]) -> None:
        self.app = app
        self._faults = faults

    @property
    def step(self) -> Step:
        return self.app.flow.step

    async def frames(self, number: int = 4) -> None:
        """Let the app draw `number` frames."""
        end = Clock.frames + number
        while Clock.frames < end and not self._faults:
            await asyncio.sleep(0.001)
        assert not self._faults, self._faults[0]

    async def until(self, happened: Callable[[], bool], what: str = "something") -> None:
        end = time.monotonic() + PATIENCE
        while not happened():
            assert time.monotonic() < end, f"waited in vain for {what}"
            await self.frames(1)

    async def reach(self, step: Step) -> None:
        await self.until(lambda: self.step is step and not self.app.flow.working, f"{step}, stood at {self.step}")
        await self.frames()

    def find(self, **properties: object) -> Any:
        """The one widget of the screen shown that has these properties."""
        found = [widget for widget in self.app.root.current_screen.walk() if _has(widget, properties)]
        assert len(found) == 1, f"{len(found)} widgets with {properties}"
        return found[0]

    def texts(self) -> str:
        """Every word on the screen shown."""
        widgets = self.app.root.current_screen.walk()
        return "\n".join(widget.text for widget in widgets if isinstance(getattr(widget, "text", None), str))

    async def tap(self, widget: Any) -> None:
        """A thumb on the middle of the widget, scrolled to where it can be reached."""
        await self._bring_into_view(widget)
        await self.touch(*widget.to_window(*widget.center))

    async def touch(self, x: float, y: float) -> None:
        """A thumb on a place of the window, in pixels from its left bottom corner."""
        touch = UnitTestTouch(x, y)
        touch.touch_down()
        await self.frames(2)
        touch.touch_up()
        await self.frames()

    async def press(self, text: str) -> None:
        """Tap the button, tile or chip that says `text`."""
        buttons = [widget for widget in self.app.root.current_screen.walk() if _is_button(widget, text)]
        assert len(buttons) == 1, f"{len(buttons)} buttons say {text!r}"
        assert not buttons[0].disabled, f"{text!r} cannot be tapped"
        await self.tap(buttons[0])

    async def type(self, field: Any, text: str) -> None:
        entry = field.ids.entry
        await self.tap(entry)
        assert entry.focus
        for character in text:
            EventLoop.window.dispatch("on_textinput", character)
        entry.focus = False
        await self.frames()

    async def picture(self, path: Path) -> None:
        """Save what the window shows; Kivy numbers the file, so it is renamed."""
        await self.frames(12)
        path.parent.mkdir(parents=True, exist_ok=True)
        Path(EventLoop.window.screenshot(name=str(path))).replace(path)

    async def _bring_into_view(self, widget: Any) -> None:
        parent = widget.parent
        while parent is not None and parent is not EventLoop.window:
            if type(parent).__name__ == "Scroll" and parent.viewport_size[1] > parent.height:
                parent.scroll_to(widget, padding=20, animate=False)
                await self.frames()
                return
            parent = parent.parent


@asynccontextmanager
async def running(flow: Flow, camera: Camera, theme: str = "dark", font_scale: float = 1.0) -> AsyncIterator[Driver]:
    """The app in an offscreen window for the length of the block; a fault in any of its tasks fails the test."""
    faults: list[BaseException] = []
    _prepare_window()
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: faults.append(context.get("exception") or RuntimeError(str(context))))
    app = HandheldApp(flow, camera, Theme(theme, font_scale))
    task = asyncio.ensure_future(app.async_run("asyncio"))
    driver = Driver(app, faults)
    try:
        await driver.until(lambda: task.done() or (app.root is not None and EventLoop.status == "started"), "the app")
        await driver.frames(6)
        yield driver
    finally:
        app.stop()
        await asyncio.wait_for(task, PATIENCE)
        for child in list(EventLoop.window.children):
            EventLoop.window.remove_widget(child)
    assert not faults, faults[0]


def _prepare_window() -> None:
    for option, _ in Config.items("input"):
        Config.remove_option("input", option)
    from kivy.core.window import Window

    Window.create_window()
    Window.register()
    Window.initialized = True


def _has(widget: Any, properties: dict[str, object]) -> bool:
    return all(getattr(widget, name, None) == value for name, value in properties.items())


def _is_button(widget: Any, text: str) -> bool:
    return hasattr(widget, "on_release") and getattr(widget, "text", None) == text
