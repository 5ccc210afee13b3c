"""What is done by the clock, also when nobody calls."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence

from server.background import BackgroundWork
from server.domain.errors import OifrError, Unavailable

log = logging.getLogger("oifr.sweeping")


class Sweeper(BackgroundWork):
    """Does each of `acts` every so many seconds in a thread. Use as a context manager.

    One that cannot be done keeps none of the others from it, and is tried again at the next beat.
    """

    def __init__(self, acts: Sequence[Callable[[], object]], seconds: float) -> None:
        super().__init__("sweeper", self._sweep)
        self._acts = acts
        self._seconds = seconds

    def _sweep(self, ended: threading.Event) -> None:
        while not ended.wait(self._seconds):
            for act in self._acts:
                _attempt(act)


def _attempt(act: Callable[[], object]) -> None:
    try:
        act()
    except Unavailable:
        pass
    except OifrError as error:  # what is stored cannot be read: the trail's verifier will name it
        log.error("a sweep failed", extra={"fault": type(error).__name__})  # noqa: TRY400 - no text of ours
