"""Enrols a manifest again and again, and kills each run but the last with SIGKILL at a given SQL statement.

    python -m tests.integration.enrolment.dying DATABASE-URL MANIFEST 17,240,3

The face engine is the fake; database, workflow and manifest are the real ones. Prints the statements that the last
run made, so that a test can see that it had work left.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import date
from functools import partial
from itertools import count
from pathlib import Path

from sqlalchemy import Engine, event

from server.identity.tokens import SystemRandomness
from server.intake.columns import Defaults
from server.intake.source import opened_source
from server.matching.lookalikes import GalleryLookalikes
from server.storage.unit_of_work import open_database
from server.workflow.bulk_enrolment import BulkEnrolment
from tests.fakes.clock import StoppedClock
from tests.fakes.face_engine import FakeFaceEngine
from tests.fakes.memory_gallery import MemoryGallery
from tests.real_databases import MASTER, SIGNER

BATCH = 8
THRESHOLD = 0.6


def main(url: str, manifest: Path, deaths: list[int]) -> None:
    for death in deaths:
        child = os.fork()
        if not child:
            enrol(url, manifest, partial(_die_at, death))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        assert os.WIFSIGNALED(status), "a run came to its end before it could be killed"
    statements = count()
    enrol(url, manifest, lambda: event.listen(Engine, "before_cursor_execute", lambda *_: next(statements)))
    print(next(statements))  # noqa: T201 - a program of its own


def enrol(url: str, manifest: Path, prepare: Callable[[], None]) -> None:
    clock, engine = StoppedClock(), FakeFaceEngine()
    opened = open_database(url, MASTER, SIGNER, clock=clock, fresh_salt=partial(os.urandom, 16))
    with closing(opened) as database:
        prepare()
        told = MemoryGallery(engine.model, database.gallery)
        lookalikes = GalleryLookalikes(engine.model, database.gallery)
        work = BulkEnrolment(database, engine, told, lookalikes, clock, SystemRandomness(), THRESHOLD, BATCH)
        for _ in work.run(opened_source(manifest, Defaults(), date(2026, 3, 2))):
            pass


def _die_at(statement: int) -> None:
    """Before the statement of that number from now on, in whichever thread it comes."""
    numbers = count(1)

    def counted(*_: object) -> None:
        if next(numbers) == statement:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(Engine, "before_cursor_execute", counted)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), [int(number) for number in sys.argv[3].split(",")])
