"""Work in a thread of its own, of which the process must know whether it still goes on."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

from server.domain.errors import BackgroundWorkEnded


def _nothing() -> None:
    """Nothing is to be done."""


class BackgroundWork:
    """Does `work` until `ended`, which it is given, is set. Use as a context manager.

    At the end `stop`, from the caller's thread, cuts short what `work` is at. Should `work` end before, by a fault of
    ours, then `give_up` is the last that is done.
    """

    def __init__(
        self,
        name: str,
        work: Callable[[threading.Event], None],
        stop: Callable[[], None] = _nothing,
        give_up: Callable[[], None] = _nothing,
    ) -> None:
        self._work = work
        self._stop = stop
        self._give_up = give_up
        self._ended = threading.Event()
        self._broken = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

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
            self._work(self._ended)
        finally:
            if not self._ended.is_set():
                self._broken.set()
                self._give_up()
