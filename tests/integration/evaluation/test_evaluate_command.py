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
from PIL import Image, ImageFilter
from typer.testing import CliRunner, Result

from server.cli import commands
from server.demo.drawn import CAST
from server.evaluation.errors import NothingToEvaluate

PEOPLE = (0, 1, 7)
STRANGER = 40
REFUSED = 5
PATIENCE = 380
BLUR = 14
"""Pixels: a face is still found, and too blurred to be searched with or enrolled."""


def _run(home: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "server", "evaluate", *options]
    environment = {**os.environ, "OIFR_HOME": str(home / "home"), "COLUMNS": "200"}
    return subprocess.run(
        command, env=environment, cwd=home, capture_output=True, text=True, timeout=PATIENCE, check=False
    )


def _answered(*options: str) -> Result:
    """The same command in this process, where it ends before the engine is loaded."""
    return CliRunner().invoke(commands, ["evaluate", *options], env={"COLUMNS": "200"}, terminal_width=200)


@pytest.fixture(scope="module")
def sheet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three drawn people and a stranger; one probe is no photograph, another one and a reference are blurred."""
    if not (CAST / "cast.json").exists():
        pytest.skip("The drawn cast is not here: make golden")
    folder = tmp_path_factory.mktemp("evaluation")
    broken = folder / "=broken.jpg"
    broken.write_bytes(b"no photograph")
    blurred, enrolled = folder / "blurred.png", folder / "enrolled.png"
    for place, name in ((blurred, "field/{:03}_upright.jpg"), (enrolled, "field/{:03}_lying.jpg")):
        with Image.open(CAST / name.format(PEOPLE[0])) as picture:
            picture.filter(ImageFilter.GaussianBlur(BLUR)).save(place)
    rows = [
        *((CAST / f"gallery/{n:03}.jpg", n, "gallery", "", "") for n in PEOPLE),
        *((CAST / f"field/{n:03}_upright.jpg", n, "probe", "upright", "odd" if n % 2 else "even") for n in PEOPLE),
        (CAST / f"field/{STRANGER:03}_upright.jpg", STRANGER, "probe", "upright", "even"),
        (broken.name, PEOPLE[0], "probe", "upright", ""),
        (blurred.name, PEOPLE[0], "probe", "upright", ""),
        (enrolled.name, PEOPLE[0], "gallery", "", ""),
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


def test_the_drawn_people_are_found_and_the_broken_and_the_blurred_file_are_misses(document: dict[str, Any]) -> None:
    overall = document["overall"]
    assert (overall["probes"], overall["people"]) == (6, 4)
    assert (overall["fta"]["events"], document["refusals"]["probes"]) == (2, {"image-unreadable": 1, "poor-image": 1})
    assert (overall["rank_1"]["events"], overall["rank_1"]["trials"]) == (3, 5)
    assert (overall["fpir"]["events"], overall["fpir"]["trials"]) == (0, 6)
    assert document["counts"]["gallery_size"] == 2


def test_a_blurred_reference_is_refused_as_an_enrolment_refuses_it(document: dict[str, Any]) -> None:
    refusals = document["refusals"]
    assert refusals["references"] == {"poor-reference": 1}
    assert (refusals["fte"]["events"], refusals["fte"]["trials"], refusals["subjects_not_enrolled"]) == (1, 4, 0)


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


def test_what_is_written_agrees_with_what_is_printed(document: dict[str, Any], sheet: Path) -> None:
    report = sheet.parent / "report"
    assert json.loads((report / "evaluation.json").read_text()) == document
    with (report / "refused.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    broken = [row for row in rows if row["path"].endswith("=broken.jpg")]
    assert [row["condition"] for row in broken] == ["upright", "upright, lower face covered"]
    assert {row["reason"] for row in broken} == {"not a whole JPEG, PNG or WebP file"}


def test_a_report_is_not_written_over(done: subprocess.CompletedProcess[str], sheet: Path) -> None:
    again = _answered(str(sheet), "--out", str(sheet.parent / "report"))
    assert again.exit_code == 2
    assert "holds a report already" in again.stderr


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--calibrate", "0.003"], "Write fpir=SHARE"),
        (["--calibrate", "fpir=nan"], "Write fpir=SHARE"),
        (["--calibrate", "fpir=1"], "Write fpir=SHARE"),
        (["--gallery-size", "10"], "goes with --calibrate"),
        *((["--turn", turn], "Write whole degrees") for turn in ("ninety", "-90", "360", "3600", "45,,90", "9" * 5000)),
        (["--occlude", "sideways"], "sideways"),
        (["--held-out", "1"], "--held-out"),
    ],
)
def test_wrong_options_are_told_before_the_engine_is_loaded(options: list[str], sentence: str) -> None:
    answered = _answered("photographs.csv", *options)
    assert answered.exit_code == 2
    assert sentence in answered.stderr


def test_wrong_labels_are_told_before_the_engine_is_loaded(tmp_path: Path) -> None:
    assert isinstance(_answered("--gallery", str(tmp_path)).exception, NothingToEvaluate)
    assert isinstance(_answered(str(tmp_path / "none.csv")).exception, FileNotFoundError)


def test_the_help_teaches_by_examples() -> None:
    shown = _answered("--help")
    assert shown.exit_code == 0
    for words in ("path,subject,role,condition,age band", "--calibrate fpir=0.003", "Exit status", "--turn 90,180"):
        assert words in shown.stdout
