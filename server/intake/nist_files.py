"""Faces of ANSI/NIST-ITL files: Type-10 images, with what their Type-2 record tells of the person."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final

from server.domain.gallery_errors import RowInvalid
from server.domain.image_errors import ImageRefused
from server.intake import nist
from server.intake.columns import IMAGE, RECORD, Sheet
from server.intake.files import reader, watcher
from server.intake.nist import Record
from server.workflow.intake import Refusal, Row

SUFFIXES: Final = (".an2", ".eft", ".ebts", ".nist", ".nst")
DESCRIPTION, PICTURE = 2, 10
CASE_NUMBER, NAME, BIRTH = 9, 18, 22
"""Fields of Type-2 as the FBI's EBTS numbers them: OCA, NAM, DOB."""

KIND, SOURCE_AGENCY, CAPTURED = 3, 4, 5
FACE: Final = "FACE"
"""Fields of Type-10, IMT, SRC and PHD, and the image type of a face."""


class NistFiles:
    """`workflow.intake.Intake` over files in the folder of a Sheet; a file is read once to count, and once a face."""

    def __init__(self, sheet: Sheet, files: Sequence[Path]) -> None:
        self._sheet = sheet
        self._names = sorted(file.name for file in files)
        digest = hashlib.sha256()
        for name in self._names:
            digest.update(f"{name}\0{(sheet.folder / name).stat().st_size}\n".encode(errors="surrogateescape"))
        self.digest = digest.hexdigest()
        self._length = sum(1 for _ in self.rows())

    def __len__(self) -> int:
        return self._length

    def rows(self) -> Iterator[Row | Refusal]:
        number = 0
        for name in self._names:
            for row in self._of_file(name):
                number += 1
                yield replace(row, number=number)

    def _of_file(self, name: str) -> Iterator[Row | Refusal]:
        read, state = reader(self._sheet.folder, name), watcher(self._sheet.folder, name)
        try:
            found = nist.records(read())
            told = _told(found)
            for place in _faces(found):
                row = self._row(f"{name}#{place + 1}", told, found[place])
                yield replace(row, read=partial(_image, read, place), state=state) if isinstance(row, Row) else row
        except (RowInvalid, ImageRefused) as invalid:
            yield Refusal(0, "", name, invalid)

    def _row(self, place: str, told: dict[str, str], face: Record) -> Row | Refusal:
        captured_on, station = face.text(CAPTURED), face.text(SOURCE_AGENCY)
        return self._sheet.row(0, {**told, IMAGE: place, "captured_on": captured_on, "station": station})


def _told(found: Sequence[Record]) -> dict[str, str]:
    """What the Type-2 record tells, by our columns: NAM is FAMILY,GIVEN. Raises RowInvalid where there are several,
    for nobody could say whose the face is."""
    described = [record for record in found if record.kind == DESCRIPTION]
    if len(described) > 1:
        raise RowInvalid("The file tells of several people (more than one Type-2 record).")
    about = described[0] if described else Record(DESCRIPTION, {})
    family_name, _, given_name = about.text(NAME).partition(",")
    return {
        RECORD: about.text(CASE_NUMBER),
        "given_name": given_name,
        "family_name": family_name,
        "born_on": about.text(BIRTH),
    }


def _faces(found: Sequence[Record]) -> Sequence[int]:
    """Places of the records that are faces; raises RowInvalid where there is none."""
    places = [place for place, record in enumerate(found) if _is_face(record)]
    if not places:
        raise RowInvalid("The file holds no face (Type-10 with 10.003 FACE).")
    return places


def _is_face(record: Record) -> bool:
    return record.kind == PICTURE and record.text(KIND) == FACE and nist.IMAGE in record.fields


def _image(read: Callable[[], bytes], place: int) -> bytes:
    return nist.records(read())[place].fields[nist.IMAGE]
