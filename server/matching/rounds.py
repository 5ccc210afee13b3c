"""Searches of several officers at once: those that come during a scan share the next one.

A scan's time goes into reading the rows, which serves many probes as well as one. A search that finds no
scan under way begins one, after a moment for those that are being asked at the same time: a twentieth of the scan, or
nothing where the gallery is small. Without it they would all wait for two scans.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Protocol

from server.domain.model_errors import TemplateInvalid
from server.matching.scan import Answer, Asked

BOARDING = 2.4e12  # bytes of a matrix for which a second is waited: 0.3 ms for a million rows of 128 components


class Scannable(Protocol):
    """A Matrix, as far as is needed here."""

    @property
    def nbytes(self) -> int:
        """Memory of all rows."""

    def scan(self, asked: Sequence[Asked]) -> list[Answer]:
        """Answer every probe of `asked`; raises TemplateInvalid when one cannot be compared."""


@dataclass(eq=False)
class _Turn:
    """One search: it is told either its answer, or that it is to lead the next round itself."""

    matrix: Scannable
    asked: Asked
    told: threading.Event = field(default_factory=threading.Event)
    answer: Answer | None = None
    leads: bool = False


class Rounds:
    """One scan at a time, for all that wait. Safe to use from several threads."""

    def __init__(self) -> None:
        self._waiting: list[_Turn] = []
        self._under_way = False
        self._lock = threading.Lock()

    @property
    def waiting(self) -> int:
        """How many searches wait for the next round."""
        return len(self._waiting)

    def answer(self, matrix: Scannable, asked: Asked) -> Answer:
        """What a scan of `matrix` answers; raises what that scan raises, and nothing that another search causes."""
        turn = self._joined(_Turn(matrix, asked))
        if turn.leads:
            time.sleep(round(matrix.nbytes / BOARDING, 4))
        else:
            turn.told.wait()
        if turn.leads:
            self._lead()
        return matrix.scan([asked])[0] if turn.answer is None else turn.answer

    def _joined(self, turn: _Turn) -> _Turn:
        with self._lock:
            self._waiting.append(turn)
            turn.leads = not self._under_way
            self._under_way = True
        return turn

    def _lead(self) -> None:
        with self._lock:
            turns, self._waiting = self._waiting, []
        try:
            for matrix in {id(turn.matrix): turn.matrix for turn in turns}.values():
                _answer([turn for turn in turns if turn.matrix is matrix])
        finally:
            self._end(turns)

    def _end(self, turns: Sequence[_Turn]) -> None:
        """Let the round's searches go, and the first of those that came meanwhile lead the next."""
        with self._lock:
            self._under_way = bool(self._waiting)
            if self._waiting:
                self._waiting[0].leads = True
                self._waiting[0].told.set()
        for turn in turns:
            turn.told.set()


def _answer(turns: Sequence[_Turn]) -> None:
    """Answer searches of one matrix; where one is refused, none is answered, and each will be told its own refusal."""
    with suppress(TemplateInvalid):
        answers = turns[0].matrix.scan([turn.asked for turn in turns])
        for turn, answer in zip(turns, answers, strict=True):
            turn.answer = answer
