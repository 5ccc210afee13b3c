"""The thread that keeps a matcher in step when nobody searches, keeps the cache whole, and tells of both."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextlib import suppress

from server.background import BackgroundWork
from server.domain.errors import OifrError, Unavailable

SECONDS = 1.0  # between two looks at the database; a change that is told comes through at once
SECONDS_AFTER_FAULT = 5.0  # before what cannot be read is read again; less than an announcement lasts

log = logging.getLogger("oifr.matching")


class Heartbeat(BackgroundWork):
    """`beat` follows and tells; `rest` returns when there is something new, or after the given seconds.

    At the end `stop`, from the caller's thread, cuts short what `beat` or `rest` is at, and `leave` is the last that
    is done. It goes on after every error of ours; should it end by another, a fault, then `give_up` is the last.
    Use as a context manager.
    """

    def __init__(
        self,
        beat: Callable[[], None],
        rest: Callable[[float], None],
        stop: Callable[[], None],
        leave: Callable[[], None],
        give_up: Callable[[], None],
    ) -> None:
        super().__init__("gallery-heartbeat", self._follow, stop, give_up)
        self._beat = beat
        self._rest = rest
        self._leave = leave

    def _follow(self, ended: threading.Event) -> None:
        while not ended.is_set():
            try:
                self._beat()
                self._rest(SECONDS)
            except Unavailable:
                ended.wait(SECONDS)
            except OifrError as error:  # what is stored cannot be read; searches and /readyz refuse meanwhile
                log.error("the gallery cannot be followed", extra={"fault": type(error).__name__})  # noqa: TRY400 - no text of ours
                ended.wait(SECONDS_AFTER_FAULT)
        with suppress(Unavailable):
            self._leave()
