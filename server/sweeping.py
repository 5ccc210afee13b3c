"""What is done by the clock, also when nobody calls."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from server.domain.errors import OifrError, Unavailable

log = logging.getLogger("oifr.sweeping")


@contextmanager
def sweeping(acts: Sequence[Callable[[], object]], seconds: float) -> Iterator[None]:
    """Do each of `acts` every so many seconds in a thread, until the block ends.

    One that cannot be done keeps none of the others from it, and is tried again at the next beat.
    """
    ended = threading.Event()

    def sweep() -> None:
        while not ended.wait(seconds):
            for act in acts:
                _attempt(act)

    sweeper = threading.Thread(target=sweep, name="sweeper", daemon=True)
    sweeper.start()
    try:
        yield
    finally:
        ended.set()
        sweeper.join()


def _attempt(act: Callable[[], object]) -> None:
    try:
        act()
    except Unavailable:
        pass
    except OifrError as error:  # what is stored cannot be read: the trail's verifier will name it
        log.error("a sweep failed", extra={"fault": type(error).__name__})  # noqa: TRY400 - no text of ours
