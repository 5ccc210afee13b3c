"""`oifr gallery list` and `export-subject`: what they print and write, and what they refuse."""

from __future__ import annotations

import csv
import io
import json
import stat
from dataclasses import replace
from datetime import date
from pathlib import Path
from zipfile import ZipFile

import pytest

from server import record_commands
from server.domain.events import Act, Event
from server.domain.gallery import Reference, Source, Status, Subject
from tests.fakes.templates import template
from tests.integration.commands.desk import Desk

MODEL = "dlib-resnet/2"
HANDOVER = ("--recipient", "The person, by post", "--reason", "Request 2026/7")


def name_of(number: int) -> str:
    return f"{number:032x}"


@pytest.fixture
def desk(desk: Desk) -> Desk:
    """Six people, the last quarantined, and one who has no reference and writes to terminals and spreadsheets."""
    with desk.database() as database, database.write() as unit:
        for number in range(6):
            name = name_of(number)
            unit.subjects.add(Subject(name, f"D-{number}", "Drawn", "Person", date(1990, 1, 1 + number)))
            reference = Reference(name, name, Source.CUSTODY, "Custody record", date(2024, 1, 1), station="Quayside")
            review_on = None if number == 0 else date(2030, 1, number)
            unit.subjects.enrol(replace(reference, review_on=review_on), template(number, MODEL, 128), b"portrait")
        unit.subjects.put_status(name_of(5), Status.QUARANTINED)
        unit.subjects.add(Subject(name_of(6), "=D-6", "\x1b[2JDrawn", "Person"))
        unit.commit(Event(Act.SUBJECT_ADDED, None))
    return desk


def acts(desk: Desk) -> list[str]:
    with desk.database() as database, database.read() as view:
        return [entry.act for entry in view.trail.stream()]


def test_the_table_has_a_line_for_each_reference(desk: Desk) -> None:
    run = desk.oifr("gallery", "list")
    head, *lines = run.stdout.splitlines()
    assert head.split() == [
        "record_number",
        "source",
        "status",
        "captured_on",
        "review_on",
        "station",
        "reference",
        "name",
    ]
    assert lines[0].split() == [
        "D-0",
        "custody",
        "active",
        "2024-01-01",
        "-",
        "Quayside",
        name_of(0),
        "Person",
        "Drawn",
    ]
    assert lines[5].split()[2] == "quarantined"
    assert lines[6].split() == ["=D-6", "-", "-", "-", "-", "-", "-", "Person", "?[2JDrawn"]
    assert acts(desk).count(Act.RECORDS_CONSULTED) == 1


def test_csv_and_json_tell_everything(desk: Desk) -> None:
    rows = list(csv.DictReader(io.StringIO(desk.oifr("gallery", "list", "--csv").stdout)))
    assert [row["record_number"] for row in rows] == [*(f"D-{number}" for number in range(6)), "'=D-6"]
    assert (rows[1]["review_on"], rows[1]["lawful_basis"], rows[1]["born_on"]) == (
        "2030-01-01",
        "Custody record",
        "1990-01-02",
    )
    documents = [json.loads(line) for line in desk.oifr("gallery", "list", "--json").stdout.splitlines()]
    assert [one["subject"] for one in documents] == [name_of(number) for number in range(7)]
    assert documents[5]["references"][0]["status"] == "quarantined"
    assert documents[6]["references"] == []


@pytest.mark.parametrize(
    ("options", "numbers"),
    [
        (("--status", "quarantined"), [5]),
        (("--review-before", "2030-01-02"), [0, 1]),
        (("--station", "quayside", "--source", "custody", "--record-prefix", "d-3"), [3]),
        (("--lawful-basis", "custody record", "--status", "active"), [0, 1, 2, 3, 4]),
        (("--source", "wanted"), []),
    ],
)
def test_options_choose(desk: Desk, options: tuple[str, ...], numbers: list[int]) -> None:
    lines = desk.oifr("gallery", "list", "--json", *options).stdout.splitlines()
    assert [json.loads(line)["record_number"] for line in lines] == [f"D-{number}" for number in numbers]


def test_a_long_list_goes_page_by_page_and_says_where_to_go_on(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record_commands, "PAGE", 2)
    run = desk.oifr("gallery", "list", "--json", "--most", "5")
    assert len(run.stdout.splitlines()) == 5
    assert f"go on with --after {name_of(4)}" in run.stderr
    assert acts(desk).count(Act.RECORDS_CONSULTED) == 3
    rest = desk.oifr("gallery", "list", "--json", "--after", name_of(4))
    assert [json.loads(line)["subject"] for line in rest.stdout.splitlines()] == [name_of(5), name_of(6)]
    assert rest.stderr == ""


def test_a_list_that_cannot_be_is_refused(desk: Desk) -> None:
    assert desk.oifr("gallery", "list", "--json", "--csv").exit_code == 2
    assert desk.oifr("gallery", "list", "--status", "hidden").exit_code == 2
    assert desk.refusal("gallery", "list", "--review-before", "soon").startswith("RequestInvalid: --review-before")


def test_a_person_s_file_is_written_once_for_its_owner(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "person.zip"
    run = desk.oifr("gallery", "export-subject", "D-5", "--to", str(file), *HANDOVER)
    assert run.exit_code == 0, run.output
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    content = ZipFile(file)
    assert json.loads(content.read("data.json"))["references"][0]["status"] == "quarantined"
    assert content.read(f"images/{name_of(5)}.jpg") == b"portrait"
    before = file.read_bytes()
    assert desk.refusal("gallery", "export-subject", "D-4", "--to", str(file), *HANDOVER).startswith("FileExistsError")
    assert file.read_bytes() == before
    assert acts(desk).count(Act.SUBJECT_EXPORTED) == 1


def test_a_file_that_cannot_be_made_leaves_nothing_behind(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "person.zip"
    refusals = [
        desk.refusal("gallery", "export-subject", "D-9", "--to", str(file), *HANDOVER),
        desk.refusal("gallery", "export-subject", "D-1", "--to", str(file), "--recipient", " ", "--reason", "x"),
        desk.refusal("gallery", "export-subject", "D-1", "--to", str(file), "--recipient", "x", "--reason", ""),
        desk.refusal("gallery", "export-subject", "D-1", "--to", str(tmp_path / "absent" / "p.zip"), *HANDOVER),
    ]
    kinds = [refusal.partition(":")[0] for refusal in refusals]
    assert kinds == ["SubjectUnknown", "RecipientMissing", "ReasonMissing", "FileNotFoundError"]
    assert not file.exists()
    assert Act.SUBJECT_EXPORTED not in acts(desk)
    assert desk.oifr("gallery", "export-subject", "D-1", "--to", str(file)).exit_code == 2
