"""What is done by the clock: it goes on after every error of ours, and tells when it has ended by another."""

from __future__ import annotations

import threading
import time

import pytest

from server.domain.errors import BackgroundWorkEnded, CacheUnavailable, OifrError, SealBroken
from server.sweeping import Sweeper

SOON = 20.0


class Act:
    """Fails in turn with each of `errors`; `done` is set when it succeeds."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.done = threading.Event()

    def __call__(self) -> None:
        if self.errors:
            raise self.errors.pop(0)
        self.done.set()


@pytest.mark.parametrize("error", [CacheUnavailable, SealBroken, OifrError])
def test_it_outlives_every_error_of_ours(error: type[OifrError]) -> None:
    failing, beside = Act(error()), Act()
    with Sweeper((failing, beside), 0.001) as sweeper:
        assert beside.done.wait(SOON)
        assert failing.done.wait(SOON)
        sweeper.check()
    sweeper.check()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_fault_of_ours_ends_it_and_is_told() -> None:
    before, failing = Act(), Act(LookupError())
    with Sweeper((before, failing), 0.001) as sweeper:
        assert before.done.wait(SOON)
        with pytest.raises(BackgroundWorkEnded):
            check_for_a_while(sweeper)


def check_for_a_while(sweeper: Sweeper) -> None:
    until = time.monotonic() + SOON
    while time.monotonic() < until:
        sweeper.check()
