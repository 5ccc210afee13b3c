from __future__ import annotations

from kivy.clock import Clock
from kivy.properties import BooleanProperty, ObjectProperty, StringProperty

from mobile_client.core.flow import Flow
from mobile_client.device.camera import Camera, CameraRefused
from mobile_client.device.light import Light, measure
from mobile_client.screens.page import Page
from mobile_client.widgets.loading import load_rules
from mobile_client.widgets.pictures import texture_of_frame

_FRAME_INTERVAL = 0.25
"""Seconds between frames shown: enough to aim by."""


class CaptureScreen(Page):
    """What the camera sees, and advice in words; the shutter is never barred, the server judges the face."""

    texture = ObjectProperty(None, allownone=True)
    wide = BooleanProperty(False)
    lying = BooleanProperty(False)
    bright = BooleanProperty(True)
    sharp = BooleanProperty(True)
    hint = StringProperty("")
    refusal = StringProperty("")
    has_torch = BooleanProperty(False)

    def __init__(self, flow: Flow, camera: Camera, **properties: object) -> None:
        self._camera = camera
        super().__init__(flow, **properties)
        self.has_torch = camera.has_torch
        self._ticks = Clock.create_trigger(self._show_frame, _FRAME_INTERVAL, interval=True)

    def on_pre_enter(self, *_: object) -> None:
        self.refusal = ""
        try:
            self._camera.open()
        except CameraRefused as refused:
            self.refusal = str(refused)
        self._show_frame()
        self._ticks()

    def on_pre_leave(self, *_: object) -> None:
        self._ticks.cancel()
        self._camera.close()
        self.texture = None

    def turn(self) -> None:
        self._camera.turn()
        self._show_frame()

    def shoot(self) -> None:
        try:
            jpeg = self._camera.capture_jpeg()
        except CameraRefused as refused:
            self.refusal = str(refused)
        else:
            self.begin(self.flow.photograph(jpeg))

    def back(self) -> None:
        self.flow.back()

    def _show_frame(self, *_: object) -> None:
        try:
            frame = next(self._camera.frames(), None)
        except CameraRefused as refused:
            self.refusal = str(refused)
            return
        if frame is not None:
            self.texture, self.wide = texture_of_frame(frame), frame.width > frame.height
            self._advise(measure(frame))

    def _advise(self, light: Light) -> None:
        self.bright, self.sharp = not (light.dark or light.glaring), not light.blurred
        if light.dark:
            self.hint = "Too dark. Use the torch" if self.has_torch else "Too dark. Find more light"
        elif light.glaring:
            self.hint = "Too bright. Turn from the light"
        else:
            self.hint = "Hold still" if self.sharp else "Blurred. Hold still"


load_rules(__file__)
