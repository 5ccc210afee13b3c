"""The thread that keeps a matcher in step when nobody searches, keeps the cache whole, and tells of both."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Self

from server.domain.errors import BackgroundWorkEnded, OifrError, Unavailable

SECONDS = 1.0  # between two looks at the database; a change that is told comes through at once
SECONDS_AFTER_FAULT = 5.0  # before what cannot be read is read again; less than an announcement lasts

log = logging.getLogger("oifr.matching")


class Heartbeat:
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
        self._beat = beat
        self._rest = rest
        self._stop = stop
        self._leave = leave
        self._give_up = give_up
        self._ended = threading.Event()
        self._broken = threading.Event()
        self._thread = threading.Thread(target=self._run, name="gallery-heartbeat", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._stop()
        self._thread.join()

    def check(self) -> None:
        """Raise BackgroundWorkEnded once the thread has ended by a fault of ours."""
        if self._broken.is_set():
            raise BackgroundWorkEnded

    def _run(self) -> None:
        try:
            self._go_on()
        finally:
            if not self._ended.is_set():
                self._broken.set()
                self._give_up()
        with suppress(Unavailable):
            self._leave()

    def _go_on(self) -> None:
        while not self._ended.is_set():
            try:
                self._beat()
                self._rest(SECONDS)
            except Unavailable:
                self._ended.wait(SECONDS)
            except OifrError as error:  # what is stored cannot be read; searches and /readyz refuse meanwhile
                log.error("the gallery cannot be followed", extra={"fault": type(error).__name__})  # noqa: TRY400 - no text of ours
                self._ended.wait(SECONDS_AFTER_FAULT)
