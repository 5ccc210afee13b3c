"""Which screen shows which step."""

from __future__ import annotations

from mobile_client.core.flow import Flow, Step
from mobile_client.device.camera import Camera
from mobile_client.screens.capture import CaptureScreen
from mobile_client.screens.choice import ChoiceScreen
from mobile_client.screens.compare import CompareScreen
from mobile_client.screens.decision import DecisionScreen
from mobile_client.screens.no_candidates import NoCandidatesScreen
from mobile_client.screens.page import Page
from mobile_client.screens.purpose import PurposeScreen
from mobile_client.screens.receipt import ReceiptScreen
from mobile_client.screens.sign_in import SignInScreen
from mobile_client.screens.trouble import TroubleScreen
from mobile_client.screens.waiting import WaitingScreen


def make_screens(flow: Flow, camera: Camera) -> list[tuple[Page, tuple[Step, ...]]]:
    return [
        (SignInScreen(flow, name="sign-in"), (Step.SIGN_IN,)),
        (PurposeScreen(flow, name="purpose"), (Step.PURPOSE,)),
        (CaptureScreen(flow, camera, name="capture"), (Step.CAPTURE,)),
        (WaitingScreen(flow, name="waiting"), (Step.WAITING,)),
        (ChoiceScreen(flow, name="choice"), (Step.CHOICE,)),
        (NoCandidatesScreen(flow, name="no-candidates"), (Step.NO_CANDIDATES,)),
        (CompareScreen(flow, name="compare"), (Step.COMPARE,)),
        (DecisionScreen(flow, name="decision"), (Step.DECISION,)),
        (ReceiptScreen(flow, name="receipt"), (Step.RECEIPT,)),
        (TroubleScreen(flow, name="trouble"), (Step.OFFLINE, Step.PROBLEM, Step.LOCKED)),
    ]
