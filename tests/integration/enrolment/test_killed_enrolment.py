"""Killed twenty times anywhere, enrolling many ends with exactly the right gallery, and a trail that says so."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from server.audit.encoding import canonical
from server.domain.duplicates import Verdict
from server.domain.events import Act
from server.storage.trail_check import verify_database
from server.storage.unit_of_work import SqlDatabase
from tests.fakes.face_engine import MODEL, photo
from tests.real_databases import SIGNER, OpenDatabase

ROOT = Path(__file__).parents[3]
PEOPLE, KILLS = 90, 20
TWICE, POOR = 30, 10
COLUMNS = ("record_number", "given_name", "image", "source", "lawful_basis", "captured_on")
LATEST_DEATH = 80
"""A run makes about as many statements for two or three batches of eight rows."""


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    """Ninety people, thirty of them with a second photograph, one of them under two records, and ten poor ones."""
    given = [(f"R-{n}", f"person{n}", photo(f"person{n}")) for n in range(PEOPLE)]
    given += [(f"R-{n}", f"person{n}", photo(f"person{n}", "older")) for n in range(TWICE)]
    given += [(f"R-{n}", f"person{n}", photo(f"person{n}", "smeared")) for n in range(POOR)]
    given += [("R-other", "another", photo("person7", "bearded"))]
    given = [given[place] for place in np.random.default_rng(5).permutation(len(given))]
    with (tmp_path / "people.csv").open("w", newline="", encoding="utf-8") as text:
        rows = csv.writer(text)
        rows.writerow(COLUMNS)
        for number, (record, name, image) in enumerate(given):
            (tmp_path / f"{number}.jpg").write_bytes(image)
            rows.writerow([record, name, f"{number}.jpg", "custody", "Custody record", "2024-01-31"])
    return tmp_path / "people.csv"


def killed(url: str, manifest: Path, deaths: list[int]) -> int:
    """Statements of the run that was let live, the last one."""
    command = [
        sys.executable,
        "-m",
        "tests.integration.enrolment.dying",
        url,
        str(manifest),
        ",".join(map(str, deaths)),
    ]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)
    assert ended.returncode == 0, ended.stderr[-2000:]
    return int(ended.stdout)


def test_twenty_kills_leave_exactly_the_right_gallery(sql_url: str, manifest: Path, open_sql: OpenDatabase) -> None:
    deaths = np.random.default_rng(20).integers(1, LATEST_DEATH, KILLS).tolist()
    assert killed(sql_url, manifest, deaths) > LATEST_DEATH, "nothing was left for the run that was not killed"
    database = open_sql(sql_url)
    references = references_by_record(database)
    assert references == {f"R-{n}": 2 if n < TWICE else 1 for n in range(PEOPLE)} | {"R-other": 1}
    check_trail(database, sum(references.values()))
    version, indexed = database.gallery.references(MODEL)
    assert len(indexed) == sum(references.values())
    with database.read() as view:
        pairs = view.duplicates.listed(Verdict.OPEN, 100)
        records = [{view.subjects.subject(name).record_number for name in pair.pair} for pair in pairs]
    assert records == [{"R-7", "R-other"}]
    killed(sql_url, manifest, [40])  # in the midst of a run that finds nothing left to do
    assert database.gallery.version() == version
    assert references_by_record(database) == references


def references_by_record(database: SqlDatabase) -> dict[str, int]:
    _, indexed = database.gallery.references(MODEL)
    counted = Counter(entry.subject_id for entry in indexed)
    with database.read() as view:
        return {view.subjects.subject(name).record_number: number for name, number in counted.items()}


def check_trail(database: SqlDatabase, references: int) -> None:
    """Each subject and each reference has one entry, and the batches add up to all of them."""
    with database.read() as view:
        entries = list(view.trail.stream())
    details = {act: [json.loads(entry.leaf)["details"] for entry in entries if entry.act == act] for act in Act}
    enrolled = [entry["reference"] for entry in details[Act.REFERENCE_ENROLLED]]
    assert len(enrolled) == len(set(enrolled)) == references
    assert {entry.reference_id for entry in database.gallery.references(MODEL)[1]} == set(enrolled)
    added = [entry["subject"] for entry in details[Act.SUBJECT_ADDED]]
    assert len(added) == len(set(added)) == PEOPLE + 1
    assert sum(batch["enrolled"] for batch in details[Act.BATCH_ENROLLED]) == references
    assert len(details[Act.DUPLICATE_FOUND]) == 1
    assert verify_database(database, SIGNER.verifier).problem is None
    assert all(entry.leaf == canonical(json.loads(entry.leaf)) for entry in entries)
