"""Two runs at once into one database: both end, each photograph is enrolled once, and they see each other's people."""

from __future__ import annotations

import csv
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from server.domain.duplicates import Verdict
from server.storage.trail_check import verify_database
from tests.fakes.face_engine import MODEL, photo
from tests.integration.enrolment.test_killed_enrolment import COLUMNS, ROOT
from tests.real_databases import SIGNER, OpenDatabase

EACH = 60
SHARED = 20
"""People of whom either run has a photograph, under another record number in each."""


def manifest(folder: Path, run: str) -> Path:
    folder.mkdir()
    people = [*(f"person{n}" for n in range(SHARED)), *(f"{run}{n}" for n in range(EACH - SHARED))]
    with (folder / "people.csv").open("w", newline="", encoding="utf-8") as text:
        rows = csv.writer(text)
        rows.writerow(COLUMNS)
        for number, person in enumerate(people):
            (folder / f"{number}.jpg").write_bytes(photo(person, run))
            rows.writerow([f"{run}-{number}", person, f"{number}.jpg", "custody", "Custody record", "2024-01-31"])
    return folder / "people.csv"


@pytest.mark.timeout(300)
def test_two_runs_at_once_both_end_and_pair_their_people(sql_url: str, tmp_path: Path, open_sql: OpenDatabase) -> None:
    database = open_sql(sql_url)
    runs = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.integration.enrolment.beside", sql_url, str(manifest(tmp_path / run, run))],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for run in ("one", "other")
    ]
    for run in runs:
        assert run.stdin is not None
        run.stdin.close()
        run.stdin = None
    for run in runs:
        told, complaint = run.communicate(timeout=240)
        assert run.returncode == 0, complaint[-2000:]
        assert told == "1\n", "the gallery is read whole at the beginning alone"
    _, indexed = database.gallery.references(MODEL)
    assert sorted(Counter(entry.subject_id for entry in indexed).values()) == [1] * (2 * EACH)
    with database.read() as view:
        pairs = view.duplicates.listed(Verdict.OPEN, 100)
        records = {frozenset(view.subjects.subject(name).record_number for name in pair.pair) for pair in pairs}
    assert records == {frozenset({f"one-{n}", f"other-{n}"}) for n in range(SHARED)}
    assert verify_database(database, SIGNER.verifier).problem is None
