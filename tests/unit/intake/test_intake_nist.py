"""ANSI/NIST-ITL files: faces with their person, images byte for byte, and every way in which a file can be bad."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.domain.gallery import Source
from server.domain.gallery_errors import RowInvalid
from server.intake.columns import Defaults
from server.intake.nist import FS, GS, RS, US, records
from server.intake.source import opened_source
from server.workflow.intake import Person, Row

DEFAULTS = Defaults(Source.CUSTODY, "Custody record", None)
TODAY = date(2026, 3, 2)
JPEG = b"\xff\xd8 a face" + FS + GS + RS + US + b"10.005:20010101" + GS + b"\xff\xd9"
"""An image that holds every separator and what looks like a field."""

ABOUT = {2: b"00", 9: b"C-1", 18: b"QUETZALOWICZ,ADA WILHELMINA", 22: b"19900501" + RS + b"19900502"}
FACE = {2: b"01", 3: b"FACE", 4: b"AGENCY", 5: b"20240131", 11: b"JPEGB", 999: JPEG}


def tagged(kind: int, fields: dict[int, bytes]) -> bytes:
    """A record with its length, which counts itself."""
    body = GS.join(b"%d.%03d:%s" % (kind, number, value) for number, value in fields.items()) + FS
    length = len(body) + len(b"%d.001:" % kind) + len(GS)
    while True:
        head = b"%d.001:%d" % (kind, length) + GS
        if len(head) + len(body) == length:
            return head + body
        length = len(head) + len(body)


def binary(size: int) -> bytes:
    return (4 + size).to_bytes(4) + bytes(size)


def transaction(*parts: tuple[int, bytes]) -> bytes:
    """Type-1 with its table of contents, and the other records behind it."""
    contents = [b"1" + US + b"%d" % len(parts)]
    contents += [b"%d" % kind + US + b"%02d" % idc for idc, (kind, _) in enumerate(parts)]
    header = tagged(1, {2: b"0502", 3: RS.join(contents), 4: b"MAP", 9: b"TCN-1"})
    return header + b"".join(record for _, record in parts)


def whole(*faces: dict[int, bytes], about: dict[int, bytes] = ABOUT) -> bytes:
    return transaction((2, tagged(2, about)), (4, binary(70)), *((10, tagged(10, face)) for face in faces))


def rows(folder: Path, **files: bytes) -> Sequence[Row | str]:
    """Rows, or what is the matter, of files called as given with `.an2`."""
    for name, content in files.items():
        (folder / f"{name}.an2").write_bytes(content)
    intake = opened_source(folder, DEFAULTS, TODAY)
    found = list(intake.rows())
    assert len(intake) == len(found)
    assert [row.number for row in found] == list(range(1, len(found) + 1))
    return [row if isinstance(row, Row) else str(row.error) for row in found]


def test_a_face_comes_with_its_person_and_byte_for_byte(tmp_path: Path) -> None:
    (row,) = rows(tmp_path, one=whole(FACE))
    assert isinstance(row, Row)
    assert row.person == Person("C-1", "ADA WILHELMINA", "QUETZALOWICZ", date(1990, 5, 1))
    assert (row.provenance.captured_on, row.provenance.source) == (date(2024, 1, 31), Source.CUSTODY)
    assert (row.provenance.station, row.provenance.review_on) == ("AGENCY", None)
    assert (row.read(), row.place) == (JPEG, "one.an2#3")


def test_each_face_of_a_file_is_a_row_and_other_pictures_are_none(tmp_path: Path) -> None:
    scar, profile = FACE | {3: b"SCAR"}, FACE | {5: b"20240201", 999: b"another"}
    found = rows(tmp_path, b=whole(FACE, scar, profile), a=whole(FACE, about=ABOUT | {9: b"C-0"}))
    told = [(row.person.record_number, row.place, row.read()) for row in found if isinstance(row, Row)]
    assert told == [("C-0", "a.an2#3", JPEG), ("C-1", "b.an2#3", JPEG), ("C-1", "b.an2#5", b"another")]


def test_a_single_file_is_a_source_too(tmp_path: Path) -> None:
    (tmp_path / "one.EFT").write_bytes(whole(FACE))
    (row,) = opened_source(tmp_path / "one.EFT", DEFAULTS, TODAY).rows()
    assert isinstance(row, Row)
    assert row.read() == JPEG


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (whole(), "The file holds no face (Type-10 with 10.003 FACE)."),
        (whole(FACE | {3: b"SCAR"}), "The file holds no face (Type-10 with 10.003 FACE)."),
        (whole(FACE, about={2: b"00"}), "record_number is empty."),
        (whole(FACE, about=ABOUT | {22: b"UNKNOWN"}), "born_on is no date of the form YYYY-MM-DD or YYYYMMDD."),
        (whole({**FACE, 5: b""}), "captured_on is empty, and no --captured-on is given."),
        (whole(FACE, about=ABOUT | {18: b"\xff,ADA"}), "Field 2.018 is no UTF-8."),
        (transaction((2, tagged(2, ABOUT)), (2, tagged(2, ABOUT)), (10, tagged(10, FACE))),
         "The file tells of several people (more than one Type-2 record)."),
        (b"", "A record of type 1 does not begin with its length."),
        (b"\xff\xd8 a JPEG", "A record of type 1 does not begin with its length."),
        (b"1.001:99999999" + GS, "A record is longer or shorter than it says."),
        (b"1.001:3" + GS + FS, "A record is longer or shorter than it says."),
        (whole(FACE) + b"more", "The file is longer than its records."),
        (whole(FACE)[:-1], "A record is longer or shorter than it says."),
        (tagged(1, {3: b""}), "The table of contents (1.003) cannot be read."),
        (tagged(1, {3: b"2" + US + b"1"}), "The table of contents (1.003) cannot be right."),
        (tagged(1, {3: b"1" + US + b"1" + RS + b"100" + US + b"0"}), "The table of contents (1.003) cannot be right."),
        (tagged(1, {2: b"0502", 4: b"MAP"}) + tagged(2, ABOUT), "The table of contents (1.003) cannot be read."),
        (transaction((10, tagged(2, ABOUT))), "A record of type 10 does not begin with its length."),
        (transaction((4, b"\0\0")), "A record is longer or shorter than it says."),
        (transaction((4, bytes(8))), "A record is longer or shorter than it says."),
        (transaction((2, tagged(2, ABOUT).replace(b"2.018:", b"3.018:"))), "A record of type 2 holds something that is "
         "no field of it."),
        (transaction((2, tagged(2, ABOUT).replace(b"2.018:", b"2.009:"))), "Field 2.009 stands there twice."),
        (transaction((2, tagged(2, ABOUT)[:-1] + b" ")), "A record of type 2 does not end where it says."),
    ],
)  # fmt: skip
def test_a_bad_file_is_refused_as_a_whole_in_words(tmp_path: Path, content: bytes, sentence: str) -> None:
    good = whole(FACE, about=ABOUT | {9: b"C-9"})
    bad, fine = rows(tmp_path, bad=content, fine=good)
    assert bad == sentence
    assert isinstance(fine, Row)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_whatever_a_file_holds_it_is_read_or_refused(data: st.DataObject) -> None:
    content = bytearray(whole(FACE))
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(content) - 1))
        content[place : place + data.draw(st.integers(0, 9))] = data.draw(st.binary(max_size=9))
    try:
        for record in records(bytes(content)):
            record.text(18)
    except RowInvalid:
        pass
