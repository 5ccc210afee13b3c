"""`oifr enrol` beside a serving process: killed in the midst, gone on with, and found by officers without a restart."""

from __future__ import annotations

import csv
import signal
import subprocess
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.service.caller import Caller
from tests.integration.service.installation import OIFR, ROOT, Installation, eventually
from tests.integration.service.photographs import field_photograph, portrait, without_face
from tests.integration.service.staff import OFFICER, hire
from tests.integration.service.traces import assert_trail_intact, entries_of, opened_database

Install = Callable[..., Installation]

DRAWN = sorted((ROOT / "server" / "demo" / "gallery").iterdir())[:11]
EVERYBODY = len(DRAWN) + 1
KILLS = 2
LIMIT = 120.0


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    """Drawn people, one photograph of nobody, and last the person whom the officer will photograph."""
    images = [(f"D-{path.stem}", path.read_bytes()) for path in DRAWN]
    images += [("NOBODY", without_face()), ("ASTRONAUT", portrait())]
    with (tmp_path / "people.csv").open("w", newline="", encoding="utf-8") as text:
        rows = csv.writer(text)
        rows.writerow(["record_number", "image", "captured_on"])
        for record, image in images:
            (tmp_path / f"{record}.jpg").write_bytes(image)
            rows.writerow([record, f"{record}.jpg", "20240131"])
    return tmp_path / "people.csv"


def enrolled(installation: Installation) -> Counter[str]:
    """How often each reference was enrolled, says the trail."""
    with opened_database(installation) as database:
        entries = [entry for entry in entries_of(database) if entry.kind == "reference-enrolled"]
    return Counter(str(entry.details["reference"]) for entry in entries)


@pytest.mark.timeout(600)
def test_killed_beside_a_server_it_loses_nobody_and_officers_find_them(install: Install, manifest: Path) -> None:
    installation = install()
    hire(installation)
    words = ("enrol", str(manifest), "--source", "custody", "--lawful-basis", "Section 64A", "--batch", "2")
    with installation.serving():
        for kills in range(1, KILLS + 1):
            kill_after(installation, words, references=3 * kills)
        before = enrolled(installation)
        assert 3 * KILLS <= len(before) < EVERYBODY
        ended = installation.oifr(*words)
        assert ended.returncode == 6, ended.stderr
        assert ended.stdout == (
            f"{EVERYBODY + 1} rows: {EVERYBODY - len(before)} enrolled, {len(before)} were there, 1 refused.\n"
        )
        assert list(enrolled(installation).values()) == [1] * EVERYBODY
        with Caller(installation.url, OFFICER) as officer:
            view = officer.answered(field_photograph())
            assert len(view["candidates"]) >= 1
            officer.settle(view)
    report = list(csv.reader((installation.home / "enrolment-rejects.csv").open(encoding="utf-8")))
    assert [row[:4] for row in report[1:]] == [[str(EVERYBODY + 1), "NOBODY", "NOBODY.jpg", "no-face"]]
    with opened_database(installation) as database:
        assert_trail_intact(installation, database)
        assert database.gallery.census().references == EVERYBODY


def kill_after(installation: Installation, words: tuple[str, ...], references: int) -> None:
    command = [*OIFR, *words]
    with subprocess.Popen(command, cwd=ROOT, env=installation.environment(), stderr=subprocess.DEVNULL) as process:
        eventually(lambda: len(enrolled(installation)) >= references, LIMIT, "some batches are committed")
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
