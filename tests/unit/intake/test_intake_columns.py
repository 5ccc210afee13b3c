"""From cells to a row: what is understood, what is refused, and in which words."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from server.domain.gallery import Source
from server.domain.gallery_errors import SourceInvalid
from server.intake.columns import Defaults, Sheet, check_columns, named
from server.workflow.enrolment import Provenance
from server.workflow.intake import Person, Refusal, Row

TODAY = date(2026, 3, 2)
CELLS = {
    "record_number": "C-1",
    "given_name": "Ada",
    "family_name": "Quetzalowicz",
    "born_on": "1990-05-01",
    "image": "ada.jpg",
    "source": "missing",
    "lawful_basis": "Missing person report",
    "captured_on": "2024-01-31",
    "review_on": "2030-01-31",
    "station": "Quayside",
}


@pytest.fixture
def sheet(tmp_path: Path) -> Sheet:
    return Sheet(tmp_path, Defaults(), TODAY)


def row(sheet: Sheet, **changed: str) -> Row:
    made = sheet.row(7, CELLS | changed)
    assert isinstance(made, Row)
    return made


def reason(sheet: Sheet, **changed: str) -> str:
    made = sheet.row(7, CELLS | changed)
    assert isinstance(made, Refusal)
    assert made.error.slug == "row-invalid"
    assert made.number == 7
    return str(made.error)


def test_a_row_is_read_whole(sheet: Sheet) -> None:
    made = row(sheet)
    assert made.person == Person("C-1", "Ada", "Quetzalowicz", date(1990, 5, 1))
    assert made.provenance == Provenance(
        Source.MISSING, "Missing person report", date(2024, 1, 31), date(2030, 1, 31), "Quayside"
    )
    assert (made.number, made.place) == (7, "ada.jpg")


def test_a_row_shows_nobody_in_a_log(sheet: Sheet) -> None:
    assert "Ada" not in repr(row(sheet))
    assert "C-1" not in repr(row(sheet))
    assert "C-1" not in repr(sheet.row(7, CELLS | {"source": "?"}))


def test_names_and_birth_may_be_unknown(sheet: Sheet) -> None:
    assert row(sheet, given_name="", family_name=" ", born_on="").person == Person("C-1")


@pytest.mark.parametrize("text", ["19900501", "1990-05-01", " 1990-05-01 "])
def test_dates_come_in_both_iso_forms(sheet: Sheet, text: str) -> None:
    assert row(sheet, born_on=text).person.born_on == date(1990, 5, 1)


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"record_number": " "}, "record_number is empty."),
        ({"image": ""}, "image is empty."),
        ({"lawful_basis": ""}, "lawful_basis is empty."),
        ({"source": ""}, "source is empty, and no --source is given."),
        ({"source": "suspects"}, "source is none of custody, missing, wanted."),
        ({"captured_on": ""}, "captured_on is empty, and no --captured-on is given."),
        ({"captured_on": "31.01.2024"}, "captured_on is no date of the form YYYY-MM-DD or YYYYMMDD."),
        ({"captured_on": "2024-02-30"}, "captured_on is no date of the form YYYY-MM-DD or YYYYMMDD."),
        ({"captured_on": "2024-0131"}, "captured_on is no date of the form YYYY-MM-DD or YYYYMMDD."),
        (
            {"captured_on": "\u0662\u0660\u0662\u0664-01-31"},
            "captured_on is no date of the form YYYY-MM-DD or YYYYMMDD.",
        ),
        ({"captured_on": "0000-01-01"}, "captured_on is no date of the form YYYY-MM-DD or YYYYMMDD."),
        ({"captured_on": "2026-03-03"}, "captured_on lies in the future."),
        ({"born_on": "2024-02-01"}, "captured_on lies before born_on."),
        ({"review_on": "2024-01-30"}, "review_on lies before captured_on."),
        ({"review_on": "soon"}, "review_on is no date of the form YYYY-MM-DD or YYYYMMDD."),
        ({"station": "Q" * 201}, "station has more than 200 characters."),
        ({"station": "Quay\0side"}, "station holds a control character, or is no text."),
        ({"given_name": "A" * 201}, "given_name has more than 200 characters."),
        ({"given_name": "A\0da"}, "given_name holds a control character, or is no text."),
        ({"record_number": "C\ud8001"}, "record_number holds a control character, or is no text."),
        ({"image": "a\nb.jpg"}, "image holds a control character, or is no text."),
    ],
)
def test_what_cannot_be_used_is_named_by_its_column(sheet: Sheet, changed: dict[str, str], sentence: str) -> None:
    assert reason(sheet, **changed) == sentence


def test_options_hold_for_rows_that_do_not_say_it(tmp_path: Path) -> None:
    told = (Source.WANTED, "Warrant", date(2020, 1, 1), date(2026, 1, 1), "Harbour")
    sheet = Sheet(tmp_path, Defaults(*told), TODAY)
    silent = row(sheet, source="", lawful_basis="", captured_on="", review_on="", station="")
    assert silent.provenance == Provenance(*told)
    assert (row(sheet).provenance.source, row(sheet).provenance.station) == (Source.MISSING, "Quayside")
    assert reason(sheet, captured_on="2026-01-02", review_on="") == "review_on lies before captured_on."


def test_review_date_and_station_may_be_unknown(sheet: Sheet) -> None:
    provenance = row(sheet, review_on="", station=" ").provenance
    assert (provenance.review_on, provenance.station) == (None, "")


def test_columns_have_names_in_other_systems() -> None:
    assert named(["2.009", "nc:PersonGivenName", "PersonSurName", "DOB", "Image", "10.005", "SRC"]) == [
        "record_number",
        "given_name",
        "family_name",
        "born_on",
        "image",
        "captured_on",
        "station",
    ]


def test_a_column_that_is_not_ours_must_be_passed_over_by_name() -> None:
    with pytest.raises(SourceInvalid, match="'Hair'"):
        named(["record_number", "image", "Hair"])
    assert named(["record_number", "image", "Hair"], ["hair"]) == ["record_number", "image", None]


@pytest.mark.parametrize("columns", [["image", "image"], ["oca", "record_number"], ["dob", "2.022"]])
def test_a_column_stands_once(columns: list[str]) -> None:
    with pytest.raises(SourceInvalid, match="twice"):
        named(columns)


@pytest.mark.parametrize(("columns", "missing"), [(["image"], "record_number"), (["record_number"], "image")])
def test_record_number_and_image_are_needed(columns: list[str], missing: str) -> None:
    with pytest.raises(SourceInvalid, match=missing):
        check_columns(named(columns))
