"""Folders, CSV and JSON Lines: the same people come out, in the same order, each time; bad ones are named."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest

from server.domain.gallery import Source
from server.domain.gallery_errors import SourceInvalid
from server.intake.columns import Defaults
from server.intake.source import opened_source
from server.workflow.intake import Intake, Refusal, Row

TODAY = date(2026, 3, 2)
DEFAULTS = Defaults(Source.CUSTODY, "Custody record", date(2024, 1, 31))
HEADER = "record_number,given_name,family_name,born_on,image,source,lawful_basis,captured_on"


def opened(path: Path, *ignored: str, defaults: Defaults = DEFAULTS) -> Intake:
    return opened_source(path, defaults, TODAY, ignored)


def written(folder: Path, name: str, *lines: str) -> Path:
    file = folder / name
    file.write_text("\n".join(lines) + "\n", "utf-8")
    return file


def told(intake: Intake) -> list[tuple[int, str, str]]:
    """Number, record number, and the image's place or what is the matter."""
    return [
        (row.number, row.person.record_number, row.place)
        if isinstance(row, Row)
        else (row.number, row.record_number, str(row.error))
        for row in intake.rows()
    ]


def people(intake: Intake) -> Sequence[Row]:
    rows = list(intake.rows())
    assert all(isinstance(row, Row) for row in rows), rows
    return [row for row in rows if isinstance(row, Row)]


# --- CSV --------------------------------------------------------------------------------------------------------


def test_a_csv_is_read_row_by_row_again_and_again(tmp_path: Path) -> None:
    file = written(
        tmp_path,
        "people.csv",
        HEADER,
        "C-1,Ada,Quetzalowicz,1990-05-01,a/1.jpg,missing,Report,2024-01-01",
        "",
        'C-2,"Bo, the elder",,,a/2.jpg,,,',
    )
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "2.jpg").write_bytes(b"bo")
    intake = opened(file)
    assert len(intake) == 2
    assert told(intake) == told(intake) == [(2, "C-1", "a/1.jpg"), (4, "C-2", "a/2.jpg")]
    ada, bo = people(intake)
    assert (ada.provenance.source, bo.provenance.source) == (Source.MISSING, Source.CUSTODY)
    assert (bo.person.given_name, bo.read()) == ("Bo, the elder", b"bo")


def test_spreadsheets_write_a_mark_and_semicolons(tmp_path: Path) -> None:
    file = tmp_path / "people.CSV"
    file.write_bytes("\ufeffrecord_number;image\r\nC-1;ä.jpg\r\n".encode())
    assert told(opened(file)) == [(2, "C-1", "ä.jpg")]


def test_bad_rows_are_refused_and_the_others_stay(tmp_path: Path) -> None:
    file = written(tmp_path, "p.csv", "record_number,image,born_on", "C-1,1.jpg,never", "C-2,2.jpg", "C-3,3.jpg,")
    assert told(opened(file)) == [
        (2, "C-1", "born_on is no date of the form YYYY-MM-DD or YYYYMMDD."),
        (3, "", "The row has 2 cells, the header 3."),
        (4, "C-3", "3.jpg"),
    ]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"record_number,image\nC-1,\xff.jpg\n", "not UTF-8"),
        (b"", "record_number is missing"),
        (b"record_number,image,height\n", "'height' is unknown"),
        (b"record_number,image,\n", "'' is unknown"),
        (b'record_number,image\nC-1,"1.jpg\n', "no CSV"),
        (b"record_number,image\nC-1," + b"x" * 200_000 + b"\n", "is longer than 100000"),
    ],
)
def test_a_csv_that_cannot_be_read_to_its_end_is_refused_before_anything_is_done(
    tmp_path: Path, content: bytes, sentence: str
) -> None:
    file = tmp_path / "p.csv"
    file.write_bytes(content)
    with pytest.raises(SourceInvalid, match=sentence):
        opened(file)


@pytest.mark.parametrize("ending", ["," * 200_000, '"' + "a\n" * 100_000, ",".join(['"a\n"'] * 50_000)])
def test_a_row_without_end_is_refused_before_it_fills_the_memory(ending: str, tmp_path: Path) -> None:
    with pytest.raises(SourceInvalid, match="is longer than 100000 characters"):
        opened(written(tmp_path, "people.csv", HEADER, ending))
    with pytest.raises(SourceInvalid, match="is longer than 100000 characters"):
        opened(written(tmp_path, "people.csv", f"{HEADER},{ending}"))


def test_columns_that_are_not_ours_are_passed_over_when_named(tmp_path: Path) -> None:
    file = written(tmp_path, "p.csv", "record_number,Hair,image,Eyes", "C-1,brown,1.jpg,blue")
    assert told(opened(file, "hair", "Eyes")) == [(2, "C-1", "1.jpg")]


def test_the_digest_is_of_the_content(tmp_path: Path) -> None:
    one = written(tmp_path, "1.csv", "record_number,image", "C-1,1.jpg")
    same = written(tmp_path, "2.csv", "record_number,image", "C-1,1.jpg")
    other = written(tmp_path, "3.csv", "record_number,image", "C-1,2.jpg")
    assert opened(one).digest == opened(same).digest != opened(other).digest
    assert len(opened(one).digest) == 64


# --- JSON Lines -------------------------------------------------------------------------------------------------


def test_json_lines_say_the_same(tmp_path: Path) -> None:
    lines = [
        json.dumps({"record_number": "C-1", "image": "1.jpg", "PersonGivenName": "Ada", "born_on": None}),
        "",
        json.dumps({"record_number": "C-2", "image": "2.jpg", "source": "wanted"}),
    ]
    intake = opened(written(tmp_path, "people.jsonl", *lines))
    assert len(intake) == 2
    assert told(intake) == told(intake) == [(1, "C-1", "1.jpg"), (3, "C-2", "2.jpg")]
    assert people(intake)[0].person.given_name == "Ada"
    assert people(intake)[1].provenance.source is Source.WANTED


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("{", "The line is no JSON."),
        ("[" * 90_000, "The line is no JSON."),
        ("[]", "The line is no JSON object of texts."),
        ('{"record_number": 7, "image": "1.jpg"}', "The line is no JSON object of texts."),
        ('{"record_number": "C-1", "image": {"a": "b"}}', "The line is no JSON object of texts."),
        ('{"image": "1.jpg"}', "record_number is empty."),
        ('{"record_number": "\\ud800", "image": "1.jpg"}', "record_number holds a control character, or is no text."),
    ],
)
def test_bad_lines_are_refused_and_the_others_stay(tmp_path: Path, line: str, sentence: str) -> None:
    file = written(tmp_path, "p.jsonl", line, '{"record_number": "C-9", "image": "9.jpg"}')
    first, second = opened(file).rows()
    assert isinstance(first, Refusal)
    assert str(first.error) == sentence
    assert isinstance(second, Row)


def test_an_unknown_name_refuses_its_line(tmp_path: Path) -> None:
    file = written(tmp_path, "p.ndjson", '{"record_number": "C-1", "image": "1.jpg", "hair": "brown"}')
    assert "'hair' is unknown" in told(opened(file))[0][2]
    assert told(opened(file, "hair")) == [(1, "C-1", "1.jpg")]


def test_a_line_without_end_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceInvalid, match="Line 1 is longer"):
        opened(written(tmp_path, "p.jsonl", "{" + " " * 200_000))


# --- folders ----------------------------------------------------------------------------------------------------


@pytest.fixture
def folders(tmp_path: Path) -> Path:
    for name in ("C-2/b.jpg", "C-1/2.jpg", "C-1/1.jpg", "C-1/.DS_Store", ".hidden/1.jpg"):
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(name.encode())
    about = {"given_name": "Ada", "born_on": "1990-05-01", "source": "missing"}
    (tmp_path / "C-1" / "subject.json").write_text(json.dumps(about))
    return tmp_path


def test_a_folder_is_a_person_and_its_name_the_record_number(folders: Path) -> None:
    intake = opened(folders)
    assert len(intake) == 3
    assert told(intake) == told(intake) == [(1, "C-1", "C-1/1.jpg"), (2, "C-1", "C-1/2.jpg"), (3, "C-2", "C-2/b.jpg")]
    first, second, third = people(intake)
    assert first.person == second.person
    assert (first.person.given_name, first.person.born_on) == ("Ada", date(1990, 5, 1))
    assert (first.provenance.source, third.provenance.source) == (Source.MISSING, Source.CUSTODY)
    assert (third.person.given_name, third.read()) == ("", b"C-2/b.jpg")


def test_files_beside_the_folders_are_refused_not_forgotten(folders: Path) -> None:
    (folders / "0.jpg").write_bytes(b"whose?")
    assert told(opened(folders))[-1] == (4, "", "The file lies in no folder named after a record number.")


@pytest.mark.parametrize("content", ["{", "[]", '{"given_name": 7}', '{"record_number": "C-9"}', '{"hair": "brown"}'])
def test_a_description_that_cannot_be_used_refuses_that_persons_photographs(folders: Path, content: str) -> None:
    (folders / "C-1" / "subject.json").write_text(content)
    first, second, third = told(opened(folders))
    assert first[2].startswith("subject.json ")
    assert second[2].startswith("subject.json ")
    assert third[2] == "C-2/b.jpg"


def test_a_description_outside_of_the_folder_is_not_read(
    folders: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    outside = tmp_path_factory.mktemp("outside") / "about.json"
    outside.write_text('{"given_name": "Secret"}')
    (folders / "C-1" / "subject.json").unlink()
    (folders / "C-1" / "subject.json").symlink_to(outside)
    assert told(opened(folders))[0][2] == "subject.json cannot be read as JSON."


def test_a_link_to_a_folder_is_refused_and_nothing_of_it_is_told(
    folders: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "private.jpg").write_bytes(b"private")
    (folders / "C-9").symlink_to(elsewhere)
    rows = told(opened(folders))
    assert rows[-1] == (len(rows), "", "This is a link to a folder. Give the folder itself.")
    assert not [row for row in opened(folders).rows() if "private" in row.place]


def test_folders_beside_nist_files_are_not_passed_over(folders: Path) -> None:
    (folders / "P2.nist").mkdir()
    assert len(opened(folders)) == len(told(opened(folders)))
    (folders / "stray.nist").write_bytes(b"")
    with pytest.raises(SourceInvalid, match=r"folders beside stray\.nist"):
        opened(folders)


def test_folders_in_folders_are_refused(folders: Path) -> None:
    (folders / "C-2" / "more").mkdir()
    row = people(opened(folders))[-1]
    with pytest.raises(Exception, match="no ordinary file"):
        row.read()


def test_the_digest_of_a_folder_changes_with_its_files(folders: Path) -> None:
    before = opened(folders).digest
    assert opened(folders).digest == before
    (folders / "C-2" / "b.jpg").write_bytes(b"longer than before")
    assert opened(folders).digest != before


def test_what_is_neither_folder_nor_manifest_is_refused(tmp_path: Path) -> None:
    for path in (written(tmp_path, "people.xlsx", "PK"), tmp_path / "absent.txt"):
        with pytest.raises(SourceInvalid, match=r"\.csv"):
            opened(path)
    with pytest.raises(SourceInvalid, match="cannot be read"):
        opened(tmp_path / "absent.csv")
