"""`oifr enrol` beside a serving process: killed twenty times, gone on with, and found by officers without a restart."""

from __future__ import annotations

import csv
import os
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.integration.service.caller import Caller
from tests.integration.service.installation import OIFR, ROOT, Installation, eventually
from tests.integration.service.photographs import field_photograph, portrait, without_face
from tests.integration.service.staff import OFFICER, hire
from tests.integration.service.traces import assert_trail_intact, entries_of, opened_database

Install = Callable[..., Installation]

DRAWN = sorted((ROOT / "server" / "demo" / "gallery").iterdir())
COPIES = 5
"""Of each drawn person, the same photograph in other bytes: further references, and enough rows for twenty kills."""

PEOPLE = len(DRAWN) + 1
EVERYTHING = COPIES * len(DRAWN) + 1
KILLS = int(os.environ.get("OIFR_TEST_KILLS", "3"))
"""`make test-all` kills twenty times."""

SEED = 7
LATEST = 0.2
"""Seconds after a commit within which a run is killed: at any point of reading, seeing or storing the next batches."""

LIMIT = 120.0
MODEL = "dlib-resnet/2"


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    """Drawn people, one photograph of nobody, and last the person whom the officer will photograph."""
    images = [(f"D-{path.stem}", path.read_bytes() + bytes(copy)) for copy in range(COPIES) for path in DRAWN]
    images += [("NOBODY", without_face()), ("ASTRONAUT", portrait())]
    with (tmp_path / "people.csv").open("w", newline="", encoding="utf-8") as text:
        rows = csv.writer(text)
        rows.writerow(["record_number", "image", "captured_on"])
        for number, (record, image) in enumerate(images):
            (tmp_path / f"{number}.jpg").write_bytes(image)
            rows.writerow([record, f"{number}.jpg", "20240131"])
    return tmp_path / "people.csv"


def enrolled(installation: Installation) -> Counter[str]:
    """How often each reference was enrolled, says the trail."""
    with opened_database(installation) as database:
        entries = [entry for entry in entries_of(database) if entry.kind == "reference-enrolled"]
    return Counter(str(entry.details["reference"]) for entry in entries)


@pytest.mark.timeout(1200)
def test_killed_again_and_again_beside_a_server_it_loses_nobody_and_officers_find_them(
    install: Install, manifest: Path
) -> None:
    installation, random = install(), np.random.default_rng(SEED)
    hire(installation)
    words = ("enrol", str(manifest), "--source", "custody", "--lawful-basis", "Section 64A", "--batch", "2")
    with installation.serving():
        for _ in range(KILLS):
            kill_after(installation, words, float(random.uniform(0, LATEST)))
        before = enrolled(installation)
        assert KILLS <= len(before) < EVERYTHING, "each run enrolled somebody, and none came to its end"
        ended = installation.oifr(*words)
        assert ended.returncode == 6, ended.stderr
        assert ended.stdout == (
            f"{EVERYTHING + 1} rows: {EVERYTHING - len(before)} enrolled, {len(before)} were there, 1 refused.\n"
        )
        assert f"Resumed: {len(before)} already done" in ended.stderr
        assert list(enrolled(installation).values()) == [1] * EVERYTHING
        with Caller(installation.url, OFFICER) as officer:
            view = officer.answered(field_photograph())
            assert len(view["candidates"]) >= 1
            officer.settle(view)
    report = list(csv.reader((installation.home / "enrolment-rejects.csv").open(encoding="utf-8")))
    assert [row[1:4:2] for row in report[1:]] == [["NOBODY", "no-face"]]
    check_gallery(installation)


def test_a_rehearsal_counts_the_pair_that_the_run_then_finds(install: Install, tmp_path: Path) -> None:
    installation = install()
    for record in ("D-1", "ALIAS"):
        (tmp_path / "people" / record).mkdir(parents=True)
        (tmp_path / "people" / record / "1.jpg").write_bytes(DRAWN[0].read_bytes() + record.encode())
    source = ("--source", "custody", "--lawful-basis", "Section 64A", "--captured-on", "2024-01-31")
    words = ("enrol", str(tmp_path / "people"), *source)
    rehearsed = installation.oifr(*words, "--dry-run")
    assert rehearsed.stdout == "2 rows: 2 would be enrolled, 0 were there, 0 refused.\n"
    assert "1 pairs of records would be put to a human" in rehearsed.stderr
    with opened_database(installation) as database:
        assert (database.gallery.version(), entries_of(database)) == (0, [])
    assert "1 pairs of records may be of one person" in installation.oifr(*words).stderr


def check_gallery(installation: Installation) -> None:
    """Each record once, with each of its references once, and a trail that says the same."""
    with opened_database(installation) as database:
        assert_trail_intact(installation, database)
        _, references = database.gallery.references(MODEL)
        held = Counter(Counter(entry.subject_id for entry in references).values())
        assert held == {COPIES: len(DRAWN), 1: 1}
        assert {entry.reference_id for entry in references} == set(enrolled(installation))
        added = [entry for entry in entries_of(database) if entry.kind == "subject-added"]
        assert len(added) == PEOPLE


def kill_after(installation: Installation, words: tuple[str, ...], seconds: float) -> None:
    """Kill -9 so long after the run has committed its first batch."""
    before = len(enrolled(installation))
    command = [*OIFR, *words]
    with subprocess.Popen(command, cwd=ROOT, env=installation.environment(), stderr=subprocess.DEVNULL) as process:
        eventually(lambda: len(enrolled(installation)) > before, LIMIT, "a batch is committed")
        time.sleep(seconds)
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
