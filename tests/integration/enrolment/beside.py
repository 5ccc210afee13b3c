"""Enrols a manifest once, beside whoever else enrols into the same database at the same time.

    python -m tests.integration.enrolment.beside DATABASE-URL MANIFEST

It begins when its standard input is closed, so that two begin together. The face engine is the fake; database,
workflow and manifest are the real ones. Prints how often the whole gallery was read.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date
from functools import partial
from pathlib import Path

from server.identity.tokens import SystemRandomness
from server.intake.columns import Defaults
from server.intake.source import opened_source
from server.matching.lookalikes import GalleryLookalikes
from server.storage.gallery import SqlGallery
from server.storage.unit_of_work import open_database
from server.workflow.bulk_enrolment import BulkEnrolment
from server.workflow.ports import GalleryReading
from tests.fakes.clock import StoppedClock
from tests.fakes.face_engine import FakeFaceEngine
from tests.fakes.memory_gallery import MemoryGallery
from tests.real_databases import MASTER, SIGNER

BATCH = 2
THRESHOLD = 0.6


class CountedGallery(SqlGallery):
    readings = 0

    @contextmanager
    def reading(self, model: str) -> Iterator[GalleryReading]:
        self.readings += 1
        with super().reading(model) as reading:
            yield reading


def main(url: str, manifest: Path) -> None:
    clock, engine = StoppedClock(), FakeFaceEngine()
    opened = open_database(url, MASTER, SIGNER, clock=clock, fresh_salt=partial(os.urandom, 16))
    with closing(opened) as database:
        gallery = CountedGallery(database.snapshot, database.keys)
        told = MemoryGallery(engine.model, gallery)
        lookalikes = GalleryLookalikes(engine.model, gallery)
        work = BulkEnrolment(database, engine, told, lookalikes, clock, SystemRandomness(), THRESHOLD, BATCH)
        sys.stdin.read()
        for _ in work.run(opened_source(manifest, Defaults(), date(2026, 3, 2))):
            pass
    print(gallery.readings)  # noqa: T201 - a program of its own


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
