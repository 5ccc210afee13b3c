"""`oifr evaluate` as it is typed, with the real engine on a handful of drawn people."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from server.demo.drawn import CAST

PEOPLE = (0, 1, 2, 7)
STRANGER = 40
REFUSED = 5


def _run(home: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "server", "evaluate", *options]
    environment = {**os.environ, "OIFR_HOME": str(home / "home"), "COLUMNS": "200"}
    return subprocess.run(command, env=environment, cwd=home, capture_output=True, text=True, timeout=300, check=False)


@pytest.fixture(scope="module")
def sheet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four drawn people and a stranger; one probe is no photograph."""
    if not (CAST / "cast.json").exists():
        pytest.skip("The drawn cast is not here: make golden")
    folder = tmp_path_factory.mktemp("evaluation")
    broken = folder / "=broken.jpg"
    broken.write_bytes(b"no photograph")
    rows = [
        *((CAST / f"gallery/{n:03}.jpg", n, "gallery", "", "") for n in PEOPLE),
        *((CAST / f"field/{n:03}_upright.jpg", n, "probe", "upright", "even odd"[5 * (n % 2) :][:4]) for n in PEOPLE),
        (CAST / f"field/{STRANGER:03}_upright.jpg", STRANGER, "probe", "upright", "even"),
        (broken.name, PEOPLE[0], "probe", "upright", ""),
    ]
    sheet = folder / "photographs.csv"
    with sheet.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("path", "subject", "role", "condition", "number"), *rows])
    return sheet


@pytest.fixture(scope="module")
def done(sheet: Path) -> subprocess.CompletedProcess[str]:
    return _run(
        sheet.parent, str(sheet), "--out", "report", "--json", "--threshold", "0.97", "--protocol", "leave-out",
        "--occlude", "lower", "--data", "drawn people", "--calibrate", "fpir=0.01",
    )  # fmt: skip


@pytest.fixture(scope="module")
def document(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def test_the_drawn_people_are_found_and_the_broken_file_is_a_miss(document: dict[str, Any]) -> None:
    overall = document["overall"]
    assert (overall["probes"], overall["people"]) == (6, 5)
    assert (overall["fta"]["events"], document["refusals"]["probes"]) == (1, {"image-unreadable": 1})
    assert (overall["rank_1"]["events"], overall["rank_1"]["trials"]) == (4, 5)
    assert (overall["fpir"]["events"], overall["fpir"]["trials"]) == (0, 6)
    assert document["counts"]["gallery_size"] == 3


def test_a_covered_lower_face_is_a_row_of_its_own_and_costs(document: dict[str, Any]) -> None:
    rows = {row["label"]: row for row in document["conditions"]}
    assert list(rows) == ["upright", "upright, lower face covered"]
    covered, open_faced = rows["upright, lower face covered"], rows["upright"]
    assert covered["probes"] == open_faced["probes"]
    assert covered["tpir"]["events"] < open_faced["tpir"]["events"]


def test_a_calibration_the_data_cannot_support_is_refused_and_the_report_written(
    done: subprocess.CompletedProcess[str], document: dict[str, Any], sheet: Path
) -> None:
    assert done.returncode == REFUSED
    assert "Calibration   REFUSED. An FPIR of 0.01 needs at least 300 different probes" in done.stderr
    assert document["calibration"] is None
    assert {file.name for file in (sheet.parent / "report").iterdir()} == {
        "report.html",
        "evaluation.json",
        "refused.csv",
    }


def test_what_is_written_agrees_with_what_is_printed_and_is_no_formula(document: dict[str, Any], sheet: Path) -> None:
    report = sheet.parent / "report"
    assert json.loads((report / "evaluation.json").read_text()) == document
    with (report / "refused.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["condition"] for row in rows] == ["upright", "upright, lower face covered"]
    assert rows[0]["path"].endswith("=broken.jpg")


def test_a_report_is_not_written_over(done: subprocess.CompletedProcess[str], sheet: Path) -> None:
    again = _run(sheet.parent, str(sheet), "--out", "report")
    assert again.returncode == 2
    assert "holds a report already" in again.stderr


@pytest.mark.parametrize(
    ("options", "code", "sentence"),
    [
        (["photographs.csv", "--calibrate", "0.003"], 2, "Write fpir=SHARE"),
        (["photographs.csv", "--calibrate", "fpir=nan"], 2, "Write fpir=SHARE"),
        (["photographs.csv", "--gallery-size", "10"], 2, "goes with --calibrate"),
        (["photographs.csv", "--turn", "ninety"], 2, "Write whole degrees"),
        (["nowhere.csv"], 2, "nowhere.csv does not exist"),
        (["--gallery", "."], 1, "Give either one CSV"),
    ],
)
def test_wrong_options_are_told_before_the_engine_is_loaded(
    sheet: Path, options: list[str], code: int, sentence: str
) -> None:
    done = _run(sheet.parent, *options)
    assert done.returncode == code
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_the_help_teaches_by_examples() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "server", "evaluate", "--help"],
        capture_output=True, text=True, timeout=100, check=False, env={**os.environ, "COLUMNS": "100"},
    )  # fmt: skip
    assert done.returncode == 0
    for words in ("path,subject,role,condition,age band", "--calibrate fpir=0.003", "Exit status", "--turn 90,180"):
        assert words in done.stdout
