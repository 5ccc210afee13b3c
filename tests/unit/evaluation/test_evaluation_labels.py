"""Labels from folders and CSVs; what is wrong is named with its file and line."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pytest

from server.evaluation.errors import NothingToEvaluate, SheetInvalid
from server.evaluation.labels import labelled
from server.evaluation.samples import AS_TAKEN, Sample, Samples
from server.evaluation.sheet import csv_text, read_sheet


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("gallery/ada/1.jpg", "gallery/berg/1.JPG", "probes/ada/2.png", "probes/berg/notes.txt"):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(name.encode())
    return tmp_path


def _sheet(folder: Path, text: str) -> Path:
    sheet = folder / "sheet.csv"
    sheet.write_bytes(text.encode())
    return sheet


def test_folders_name_the_subject(folder: Path) -> None:
    samples = labelled(None, folder / "gallery", folder / "probes")
    assert [(sample.subject, sample.path.name) for sample in samples.gallery] == [("ada", "1.jpg"), ("berg", "1.JPG")]
    assert samples.probes == (Sample(folder / "probes/ada/2.png", "ada"),)


def test_a_photograph_outside_of_a_subjects_folder_is_not_guessed_at(folder: Path) -> None:
    (folder / "probes/stray.jpg").write_bytes(b"x")
    with pytest.raises(NothingToEvaluate, match=r"stray\.jpg lies outside"):
        labelled(None, folder / "gallery", folder / "probes")


def test_an_empty_folder_says_what_it_lacks(folder: Path) -> None:
    (folder / "probes/ada/2.png").unlink()
    with pytest.raises(NothingToEvaluate, match="holds no folder with"):
        labelled(None, folder / "gallery", folder / "probes")


def test_one_sheet_with_roles_conditions_and_groups(folder: Path) -> None:
    sheet = _sheet(
        folder,
        "\ufeffPath, subject ,ROLE,condition,age band,region\r\n"
        "gallery/ada/1.jpg,ada,gallery,,30-39,\r\n"
        "\r\n"
        f'"{folder}/probes/ada/2.png",ada,Probe,lying,30-39,"north, east"\r\n',
    )
    samples = labelled(sheet, None, None)
    (reference,), (probe,) = samples.gallery, samples.probes
    assert (reference.condition, reference.groups) == (AS_TAKEN, {"age band": "30-39"})
    assert (probe.condition, probe.groups) == ("lying", {"age band": "30-39", "region": "north, east"})
    assert probe.path == folder / "probes/ada/2.png"


def test_a_sheet_for_each_side_may_stand_beside_a_folder(folder: Path) -> None:
    sheet = _sheet(folder, "path;subject\nprobes/ada/2.png;ada\n")
    samples = labelled(None, folder / "gallery", sheet)
    assert [sample.subject for sample in samples.probes] == ["ada"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("subject,role\nada,probe\n", "line 1: the column 'path' is missing"),
        ("", "line 1: the column 'path' is missing"),
        ("path,subject,role\n", "line 1: there is no row"),
        ("path,subject,role,role\n", "line 1: a column has no name, or two have the same"),
        ("path,subject,role\ngallery/ada/1.jpg,ada\n", "line 2: 2 cells where the header names 3"),
        ("path,subject,role\ngallery/ada/1.jpg,,probe\n", "line 2: the subject is empty"),
        (
            "path,subject,role\n\ngallery/ada/1.jpg,ada,both\n",
            "line 3: the role is 'both'; write gallery or probe",
        ),
        ("path,subject,role\ngallery/ada/9.jpg,ada,probe\n", r"line 2: there is no file 'gallery/ada/9\.jpg'"),
        ("path,subject\ngallery/ada/1.jpg,ada\n", "line 1: the column 'role' is missing"),
    ],
)
def test_what_is_wrong_with_a_sheet_is_named_with_its_line(folder: Path, text: str, sentence: str) -> None:
    with pytest.raises(SheetInvalid, match=rf"sheet\.csv, {sentence}"):
        labelled(_sheet(folder, text), None, None)


def test_another_encoding_is_named(folder: Path) -> None:
    sheet = folder / "sheet.csv"
    sheet.write_bytes("path,subject,role\nJosé.jpg,José,probe\n".encode("latin-1"))
    with pytest.raises(SheetInvalid, match="save it as CSV UTF-8"):
        read_sheet(sheet)


def test_a_role_of_the_other_side_is_no_slip_to_pass_over(folder: Path) -> None:
    sheet = _sheet(folder, "path,subject,role\nprobes/ada/2.png,ada,gallery\n")
    with pytest.raises(SheetInvalid, match="line 2: the role is 'gallery'"):
        labelled(None, folder / "gallery", sheet)


def test_a_file_compared_with_itself_proves_nothing(folder: Path) -> None:
    with pytest.raises(NothingToEvaluate, match=r"such as \S+1\.jpg as reference and \S+1\.jpg as probe"):
        labelled(None, folder / "gallery", folder / "gallery")


COPY = "photograph of ada"


@pytest.mark.parametrize(
    ("rows", "two"),
    [
        ("1.jpg,ada,gallery\n2.jpg,berg,gallery\ncopy.jpg,ada,probe\n", "1.jpg as reference and copy.jpg as probe"),
        ("1.jpg,ada,gallery\n1.jpg,ada,probe\n", "1.jpg as reference and 1.jpg as probe"),
        (
            "1.jpg,ada,gallery\ncopy.jpg,berg,gallery\n2.jpg,berg,probe\n",
            "1.jpg as reference and copy.jpg as reference",
        ),
        ("2.jpg,berg,gallery\n1.jpg,ada,probe\n" + "1.jpg,ada,probe\n" * 9, "1.jpg as probe and 1.jpg as probe"),
        ("2.jpg,berg,gallery\n1.jpg,ada,probe\ncopy.jpg,berg,probe\n", "1.jpg as probe and copy.jpg as probe"),
    ],
)
def test_a_photograph_counts_once_whatever_its_name_subject_and_role(tmp_path: Path, rows: str, two: str) -> None:
    for name, content in (("1.jpg", COPY), ("copy.jpg", COPY), ("2.jpg", "photograph of bea")):
        (tmp_path / name).write_text(content)
    sentence = "such as " + " and ".join(f"{tmp_path}/{one}" for one in two.split(" and "))
    with pytest.raises(NothingToEvaluate, match=re.escape(sentence)):
        labelled(_sheet(tmp_path, "path,subject,role\n" + rows), None, None)


def test_files_that_cannot_be_read_are_left_to_be_counted(tmp_path: Path) -> None:
    gone = tmp_path / "gone.jpg"
    samples = Samples((Sample(gone, "ada"),), (Sample(gone, "ada"), Sample(tmp_path, "berg"), Sample(tmp_path, "cid")))
    assert len(samples.probes) == 3


@pytest.mark.parametrize("given", [(True, True, True), (False, True, False), (False, False, False)])
def test_sides_are_named_whole_or_not_at_all(folder: Path, given: tuple[bool, bool, bool]) -> None:
    places = (folder / "sheet.csv", folder / "gallery", folder / "probes")
    sheet, gallery, probes = (place if wanted else None for place, wanted in zip(places, given, strict=True))
    with pytest.raises(NothingToEvaluate, match="Give either one CSV"):
        labelled(sheet, gallery, probes)


def test_what_is_written_for_a_spreadsheet_is_no_formula() -> None:
    cells = ["=1+1", "+44", "-2", "@sum", "\t=1", "plain, with comma"]
    (_, row) = csv.reader(io.StringIO(csv_text(["path"] * 6, [cells])))
    assert row == ["'=1+1", "'+44", "'-2", "'@sum", "'\t=1", "plain, with comma"]


def test_a_sample_names_nobody_when_it_is_shown() -> None:
    assert "ada" not in repr(Sample(Path("ada.jpg"), "ada"))
