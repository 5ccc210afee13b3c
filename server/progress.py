"""How a long command tells of its pace."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import typer
from rich.console import Console

TELL_EVERY_SECONDS = 10.0


@dataclass(frozen=True)
class Pace:
    """How far a run is: `done` of `total` references, in `seconds`; `passed` of them took no work worth the name."""

    done: int
    total: int
    seconds: float
    passed: int = 0

    def sentence(self) -> str:
        rate = (self.done - self.passed) / self.seconds if self.seconds else 0.0
        left = (self.total - self.done) / rate if rate else 0.0
        return f"{self.done:,} of {self.total:,} references, {rate:.1f} a second, {_duration(left)} left"


class Teller:
    """Shows the pace: over and over in one line of a terminal, or now and then in a line of its own."""

    def __init__(self, console: Console, opening: str) -> None:
        self._console = console
        self._status = console.status(opening)
        self._last = time.monotonic()

    def __enter__(self) -> Teller:
        if self._console.is_terminal:
            self._status.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._status.stop()

    def pace(self, pace: Pace) -> None:
        if self._console.is_terminal:
            self._status.update(pace.sentence())
        elif time.monotonic() - self._last >= TELL_EVERY_SECONDS or pace.done >= pace.total:
            self._last = time.monotonic()
            typer.echo(pace.sentence(), err=True)


@contextmanager
def told(opening: str) -> Iterator[Teller]:
    """opening: what a terminal shows until there is a pace."""
    with Teller(Console(stderr=True), opening) as teller:
        yield teller


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s" if minutes else f"{rest} s"
