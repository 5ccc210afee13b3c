"""Enrolling many: photographs a second with the real engine, stage by stage and beside a peer, and memory over time.

python -m bench.enrolment            # the rate: drawn people at two sizes, then all of it into a database
python -m bench.enrolment memory N   # N rows through everything but the real engine
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import astuple, fields
from datetime import UTC, date, datetime
from functools import partial
from io import BytesIO
from pathlib import Path
from statistics import median

import numpy as np
from PIL import Image

from bench.galleries import seconds
from bench.pipelines import MODELS, DeepFaceAsShipped
from server.audit.checkpoint import Signer
from server.domain.capture import Likeness
from server.domain.face import Template
from server.domain.gallery import Source
from server.domain.image_errors import ImageRefused
from server.face.decode import decode
from server.face.engine import Engine, Stages
from server.face.portrait import portrait
from server.identity.tokens import SystemRandomness
from server.matching.lookalikes import GalleryLookalikes
from server.storage.crypto import MasterKey
from server.storage.unit_of_work import SqlDatabase, open_database
from server.workflow.bulk_enrolment import BulkEnrolment
from server.workflow.enrolment import Provenance
from server.workflow.intake import Person, Refusal, Row
from server.workflow.ports import FaceEngine
from tests.fakes.face_engine import FakeFaceEngine, graded
from tests.fakes.memory_gallery import MemoryGallery

SIZES = ((480, 600), (1080, 1350))
DRAWN = Path(__file__).resolve().parents[1] / "server" / "demo" / "gallery"
BATCH, ROUNDS, WARM_UP = 32, 3, 12
PEER_PHOTOGRAPHS = 6
THRESHOLD = 0.9461
PROVENANCE = Provenance(Source.CUSTODY, "Custody record", date(2024, 1, 31))
MEASURES = 10
"""How often the memory of a long run is read."""

Read = Callable[[int], bytes]


def main(words: Sequence[str]) -> None:
    if words[:1] == ["memory"]:
        print_memory(int(words[1]))
        return
    with tempfile.TemporaryDirectory() as home:
        engine = Engine.load(MODELS, Path(home))
        peer = DeepFaceAsShipped(Path(home))
        for size in SIZES:
            print_rate(size, engine, peer)


# --- the rate -------------------------------------------------------------------------------------------------


def print_rate(size: tuple[int, int], engine: Engine, peer: DeepFaceAsShipped) -> None:
    """One photograph after another for the stages; batches for the rate; the peer on the same ones."""
    images = photographs(size)
    for image in images[:WARM_UP]:
        engine.embedded(image)
    engine.likenesses_of(images[:BATCH])
    stages = [engine.embedded(image)[1] for image in images]
    print(f"\n{size[0]} x {size[1]}, {sum(map(len, images)) // len(images) // 1000} kB: one at a time, median ms")
    for number, stage in enumerate(fields(Stages)):
        print(f"  {stage.name:12}{median(astuple(one)[number] for one in stages) * 1e3:8.1f}")
    pictures = [decode(image) for image in images]
    print(f"  {'portrait':12}{seconds(lambda: [portrait(picture) for picture in pictures]) / len(images) * 1e3:8.1f}")
    rates = [BATCH / seconds(lambda: engine.likenesses_of(images[:BATCH])) for _ in range(ROUNDS)]
    print(f"  engine, {BATCH} at a time: {median(rates):.1f} a second")
    enrolled, took = enrolled_in_a_database(engine, images)
    print(f"  all of it, with compare, seal, trail and commit: {enrolled / took:.1f} a second ({enrolled} enrolled)")
    peer.vector(images[0])
    theirs = PEER_PHOTOGRAPHS / seconds(lambda: [peer.vector(image) for image in images[:PEER_PHOTOGRAPHS]])
    print(f"  {peer.name}.represent: {theirs:.1f} a second; ours {enrolled / took / theirs:.1f} times", flush=True)


def photographs(size: tuple[int, int]) -> list[bytes]:
    """The forty drawn people, scaled."""
    scaled = []
    for path in sorted(DRAWN.iterdir()):
        encoded = BytesIO()
        Image.open(path).resize(size, Image.Resampling.LANCZOS).save(encoded, "JPEG", quality=90)
        scaled.append(encoded.getvalue())
    return scaled


def enrolled_in_a_database(engine: Engine, images: Sequence[bytes]) -> tuple[int, float]:
    """Every photograph, ROUNDS times with other last bytes, which decoders pass over: each has a record of its own."""
    intake = CountedRows(len(images) * ROUNDS, lambda number: images[number % len(images)] + number.to_bytes(4))
    with opened() as database:
        work, began = bulk(database, engine), time.perf_counter()
        enrolled = sum(batch.enrolled for batch in work.run(intake))
        return enrolled, time.perf_counter() - began


# --- memory ---------------------------------------------------------------------------------------------------


class CheapEngine(FakeFaceEngine):
    """Templates of 128 dimensions drawn by the photograph's number, and a portrait of 20 kB: no time of its own."""

    def likenesses_of(self, images: Sequence[bytes]) -> list[Likeness | ImageRefused]:
        return [Likeness(self._drawn(image), graded({}), bytes(20_000)) for image in images]

    def _drawn(self, image: bytes) -> Template:
        vector = np.random.default_rng(int.from_bytes(image[:8])).standard_normal(128)
        return Template(self.model, (vector / np.linalg.norm(vector)).astype(np.float32))


def print_memory(count: int) -> None:
    """`count` photographs of 100 kB, each of a record of its own, through everything but the real engine."""
    intake = CountedRows(count, lambda number: number.to_bytes(8) + bytes(100_000))
    engine, done, began, step = CheapEngine(), 0, time.perf_counter(), count // MEASURES
    with opened() as database:
        print(f"{'enrolled':>10}{'seconds':>10}{'a second':>10}{'MB resident':>14}{'MB without the matrix':>24}")
        for batch in bulk(database, engine).run(intake):
            before, done = done, done + batch.enrolled
            if done // step > before // step:
                took, resident = time.perf_counter() - began, _resident()
                rest = resident - done * (128 * 4 + 2 * 32 + 1) / 1e6
                print(f"{done:10,}{took:10.0f}{done / took:10.0f}{resident:14.0f}{rest:24.0f}", flush=True)


# --- what both need -------------------------------------------------------------------------------------------


class CountedRows:
    """`workflow.intake.Intake` of so many rows, each made when it is come to."""

    digest = "0" * 64

    def __init__(self, count: int, read: Read) -> None:
        self._count = count
        self._read = read

    def __len__(self) -> int:
        return self._count

    def rows(self) -> Iterator[Row | Refusal]:
        for number in range(self._count):
            person = Person(f"R-{number}", "Drawn", "Person")
            yield Row(number, person, PROVENANCE, f"{number}.jpg", partial(self._read, number))


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


def bulk(database: SqlDatabase, engine: FaceEngine) -> BulkEnrolment:
    told = MemoryGallery(engine.model, database.gallery)
    lookalikes = GalleryLookalikes(engine.model, database.gallery)
    return BulkEnrolment(database, engine, told, lookalikes, SystemClock(), SystemRandomness(), THRESHOLD, BATCH)


@contextmanager
def opened() -> Iterator[SqlDatabase]:
    """A database file of its own, sealed and signed as a server's."""
    with tempfile.TemporaryDirectory() as folder:
        database = open_database(
            f"sqlite:///{folder}/oifr.sqlite",
            MasterKey(os.urandom(32)),
            Signer.from_seed("bench.example", os.urandom(32)),
            clock=SystemClock(),
            fresh_salt=partial(os.urandom, 16),
        )
        with closing(database):
            yield database


def _resident() -> float:
    """Megabytes."""
    fields_of = Path("/proc/self/statm").read_text().split()
    return int(fields_of[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


if __name__ == "__main__":
    main(sys.argv[1:])
