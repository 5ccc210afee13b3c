"""The app: one screen manager that always stands where the flow stands."""

from __future__ import annotations

from kivy.app import App
from kivy.clock import Clock
from kivy.core.window import Window
from kivy.uix.screenmanager import NoTransition, ScreenManager

from mobile_client.core.flow import Flow, Step
from mobile_client.device.camera import Camera
from mobile_client.theme import Theme

_TIME_CHECK = 15.0
"""Seconds between two looks at whether the time to decide is over."""


class HandheldApp(App):
    """`flow` and `camera` come from outside, so that tests drive the real screens against any server."""

    title = "Open Identification"

    def __init__(self, flow: Flow, camera: Camera, theme: Theme, **properties: object) -> None:
        super().__init__(**properties)
        self.flow = flow
        self.camera = camera
        self.theme = theme
        self._pages: dict[Step, str] = {}

    def build(self) -> ScreenManager:
        # Screens draw with the running app's theme, so they are made once it runs.
        from mobile_client.screens.catalogue import make_screens  # noqa: PLC0415

        Window.clearcolor = self.theme.bg
        Window.softinput_mode = "below_target"
        manager = ScreenManager(transition=NoTransition())
        for screen, steps in make_screens(self.flow, self.camera):
            manager.add_widget(screen)
            self._pages.update(dict.fromkeys(steps, str(screen.name)))
        self.flow.watch(self._follow)
        Clock.schedule_interval(self._keep_time, _TIME_CHECK)
        self._show(manager)
        return manager

    def _follow(self) -> None:
        if self.root is not None:
            self._show(self.root)

    def _show(self, manager: ScreenManager) -> None:
        manager.current = self._pages[self.flow.step]
        manager.current_screen.refresh()

    def _keep_time(self, *_: object) -> None:
        if self.root is not None:
            self.root.current_screen.begin(self.flow.keep_time())
