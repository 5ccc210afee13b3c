"""The list of what was refused: for its owner, whole or not at all, and no formula to a spreadsheet."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from server.domain.image_errors import FaceNotFound, ImageAbsent, PoorReference
from server.intake.report import reject_report
from server.workflow.intake import Refusal


def test_each_refusal_is_a_line_with_its_reason(tmp_path: Path) -> None:
    file = tmp_path / "rejects.csv"
    with reject_report(file) as refuse:
        refuse([Refusal(2, "C-1", "1.jpg", FaceNotFound())])
        refuse([])
        refuse([Refusal(9, "C-2", "ä, b.jpg", PoorReference(["Go closer.", "Hold still."]))])
    rows = list(csv.reader(file.open(encoding="utf-8")))
    assert rows[0] == ["row", "record_number", "image", "problem", "reason"]
    assert rows[1] == ["2", "C-1", "1.jpg", "no-face", FaceNotFound.message]
    assert rows[2] == ["9", "C-2", "ä, b.jpg", "poor-reference", f"{PoorReference.message} Go closer. Hold still."]
    assert file.stat().st_mode & 0o777 == 0o600
    assert [entry.name for entry in tmp_path.iterdir()] == ["rejects.csv"]


def test_a_run_that_fails_leaves_the_earlier_report(tmp_path: Path) -> None:
    file = tmp_path / "rejects.csv"
    file.write_text("earlier")
    with pytest.raises(ImageAbsent):
        _fail(file)
    assert file.read_text() == "earlier"
    with reject_report(file):
        pass
    assert file.read_text() == '"row","record_number","image","problem","reason"\n'
    assert [entry.name for entry in tmp_path.iterdir()] == ["rejects.csv"]


def _fail(file: Path) -> None:
    with reject_report(file) as refuse:
        refuse([Refusal(2, "C-1", "1.jpg", FaceNotFound())])
        raise ImageAbsent


def test_no_cell_is_a_formula_and_no_name_of_a_file_breaks_it(tmp_path: Path) -> None:
    file = tmp_path / "rejects.csv"
    with reject_report(file) as refuse:
        refuse([Refusal(2, '=HYPERLINK("x")', "b\udcff.jpg", ImageAbsent())])
    (row,) = list(csv.reader(file.open(encoding="utf-8")))[1:]
    assert row[1] == '\'=HYPERLINK("x")'
    assert row[2] == r"b\udcff.jpg"


@pytest.mark.parametrize("separator", ",;\t|")
@pytest.mark.parametrize("between", ["", " ", "\r", "\n", "\r\n", "\t", "\u2028", "\u202e", ";", ",", "|", "; ", "x;"])
@pytest.mark.parametrize("start", "=+-@\uff1d\uff0b")
def test_no_separator_and_no_end_of_line_makes_a_formula(
    start: str, between: str, separator: str, tmp_path: Path
) -> None:
    file = tmp_path / "rejects.csv"
    with reject_report(file) as refuse:
        refuse([Refusal(2, f"A{between}{start}1+1", f"{between}{start}1+1", ImageAbsent())])
    with file.open(encoding="utf-8", newline=None) as text:
        cells = [cell.strip().strip('"').strip() for row in csv.reader(text, delimiter=separator) for cell in row]
    assert cells
    assert not [cell for cell in cells if cell.startswith(start)]
