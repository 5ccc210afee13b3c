"""What is done by the clock, also when nobody calls."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

from server.domain.errors import BackgroundWorkEnded, OifrError, Unavailable

log = logging.getLogger("oifr.sweeping")


class Sweeper:
    """Does each of `acts` every so many seconds in a thread. Use as a context manager.

    One that cannot be done keeps none of the others from it, and is tried again at the next beat.
    """

    def __init__(self, acts: Sequence[Callable[[], object]], seconds: float) -> None:
        self._acts = acts
        self._seconds = seconds
        self._ended = threading.Event()
        self._broken = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sweeper", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()

    def check(self) -> None:
        """Raise BackgroundWorkEnded once the thread has ended by a fault of ours."""
        if self._broken.is_set():
            raise BackgroundWorkEnded

    def _run(self) -> None:
        try:
            while not self._ended.wait(self._seconds):
                for act in self._acts:
                    _attempt(act)
        finally:
            if not self._ended.is_set():
                self._broken.set()


def _attempt(act: Callable[[], object]) -> None:
    try:
        act()
    except Unavailable:
        pass
    except OifrError as error:  # what is stored cannot be read: the trail's verifier will name it
        log.error("a sweep failed", extra={"fault": type(error).__name__})  # noqa: TRY400 - no text of ours
