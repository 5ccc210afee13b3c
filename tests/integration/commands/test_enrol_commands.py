"""`oifr enrol` and the pairs it leaves for a human: options, rehearsals, reports; real runs are in ../service."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from server.domain.duplicates import Duplicate, Side
from server.domain.events import Act, Event
from server.domain.gallery import Reference, Source, Subject, fingerprint_of
from tests.fakes.clock import NOON
from tests.fakes.templates import template
from tests.integration.commands.desk import Desk

MODEL = "dlib-resnet/2"
RECORDS = ("D-0", "D-1")
PAIR = "c" * 32
DEFAULTS = ("--source", "custody", "--lawful-basis", "Custody record", "--captured-on", "2024-01-31")


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    """Two rows that can be used, one whose file is gone and one of another century."""
    rows = [
        "record_number,image,born_on",
        "C-1,1.jpg,",
        "C-2,2.jpg,1990-05-01",
        "C-3,gone.jpg,",
        "C-4,1.jpg,2990-05-01",
    ]
    for name in ("1.jpg", "2.jpg"):
        (tmp_path / name).write_bytes(name.encode())
    file = tmp_path / "people.csv"
    file.write_text("\n".join(rows), "utf-8")
    return file


def enrol_pair(desk: Desk) -> None:
    """Two records with a reference each, that were found to look alike."""
    with desk.database() as database, database.write() as unit:
        for number, record in enumerate(RECORDS):
            name = f"{number:032x}"
            unit.subjects.add(Subject(name, record, "Drawn", "Person"))
            reference = Reference(name, name, Source.CUSTODY, "Custody record", date(2024, 1, 1))
            image = f"photograph of {record}".encode()
            unit.subjects.enrol(reference, template(number, MODEL, 128), image, fingerprint_of(record, image))
        sides = [Side(f"{number:032x}", f"{number:032x}") for number in (1, 0)]
        unit.duplicates.add(Duplicate(PAIR, sides[0], sides[1], NOON))
        unit.commit(Event(Act.SUBJECT_ADDED, None))


def test_a_glance_counts_reports_and_stores_nothing(desk: Desk, manifest: Path) -> None:
    run = desk.oifr("enrol", str(manifest), "--dry-run", "--fast", *DEFAULTS)
    assert run.exit_code == 6
    assert "4 rows: 2 could be looked at by the engine, 0 were there, 2 refused." in run.output
    report = (desk.home / "enrolment-rejects.csv").read_text().splitlines()
    assert report == [
        '"row","record_number","image","problem","reason"',
        '"4","C-3","gone.jpg","image-absent","There is no such image file, or it cannot be read."',
        '"5","C-4","1.jpg","row-invalid","captured_on lies before born_on."',
    ]
    assert desk.oifr("gallery", "status").output.startswith("0 active references")


def test_a_review_before_the_capture_is_refused_with_the_row(desk: Desk, manifest: Path) -> None:
    desk.oifr("enrol", str(manifest), "--dry-run", "--fast", "--review-on", "2024-01-30", *DEFAULTS)
    report = (desk.home / "enrolment-rejects.csv").read_text()
    assert report.count('"row-invalid","review_on lies before captured_on."') == 4
    run = desk.oifr("enrol", str(manifest), "--dry-run", "--fast", "--review-on", "2030-01-31", *DEFAULTS)
    assert "2 could be looked at" in run.output


def test_what_is_enrolled_is_known_again_in_a_folder_too(desk: Desk, tmp_path: Path) -> None:
    enrol_pair(desk)
    for record in (*RECORDS, "D-9"):
        folder = tmp_path / "people" / record
        folder.mkdir(parents=True)
        (folder / "1.jpg").write_bytes(f"photograph of {record}".encode())
    run = desk.oifr("enrol", str(tmp_path / "people"), "--dry-run", "--fast", *DEFAULTS)
    assert run.exit_code == 0
    assert "3 rows: 1 could be looked at by the engine, 2 were there, 0 refused." in run.output


def test_the_report_goes_where_it_is_wanted(desk: Desk, manifest: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere.csv"
    desk.oifr("enrol", str(manifest), "--dry-run", "--fast", "--report", str(elsewhere), *DEFAULTS)
    assert len(elsewhere.read_text().splitlines()) == 3
    assert not (desk.home / "enrolment-rejects.csv").exists()


def test_the_report_never_takes_the_place_of_the_source_or_of_a_folder(desk: Desk, manifest: Path) -> None:
    before = manifest.read_text()
    for place in (manifest, manifest.parent, manifest.parent / "." / manifest.name):
        run = desk.oifr("enrol", str(manifest), "--dry-run", "--fast", "--report", str(place), *DEFAULTS)
        assert run.exit_code == 2
        assert "--report: Name a file that is neither" in " ".join(run.output.split())
    assert manifest.read_text() == before


def test_a_source_that_cannot_be_used_is_refused_before_anything_is_opened(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    file.write_text("record_number,image,height\n")
    assert desk.refusal("enrol", str(file)).startswith("SourceInvalid: The column 'height' is unknown.")
    assert desk.oifr("enrol", str(file), "--ignore", "Height", "--dry-run", "--fast").exit_code == 0
    assert desk.refusal("enrol", str(file), "--captured-on", "31.1.2024").startswith("SourceInvalid: --captured-on")
    assert desk.refusal("enrol", str(file), "--review-on", "soon").startswith("SourceInvalid: --review-on")
    assert desk.oifr("enrol", str(tmp_path / "absent")).exit_code == 2
    assert desk.oifr("enrol", str(file), "--fast").exit_code == 2


def test_a_model_without_calibration_enrols_nobody(desk: Desk, manifest: Path) -> None:
    desk.variables["OIFR_MODEL"] = "ArcFace"
    assert desk.refusal("enrol", str(manifest), *DEFAULTS).startswith("ModelUncalibrated")


def test_pairs_are_listed_and_settled(desk: Desk) -> None:
    enrol_pair(desk)
    listed = desk.oifr("gallery", "duplicates").output
    assert f"{PAIR}  2026-03-02  D-1  D-0\n" in listed
    assert "1 pairs are open." in listed
    assert desk.oifr("gallery", "settle", PAIR, "different").output == "The pair is different.\n"
    assert PAIR not in desk.oifr("gallery", "duplicates").output
    assert PAIR in desk.oifr("gallery", "duplicates", "--verdict", "different").output
    assert desk.refusal("gallery", "settle", "f" * 32, "same").startswith("DuplicateUnknown")
    assert desk.oifr("gallery", "settle", PAIR, "merged").exit_code == 2
