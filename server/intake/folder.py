"""A folder of folders: each is named after a record number and holds that person's photographs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from server.domain.gallery_errors import RowInvalid, SourceInvalid
from server.domain.image_errors import ImageRefused
from server.intake.columns import COLUMNS, IMAGE, RECORD, Sheet
from server.intake.files import reader
from server.workflow.intake import Refusal, Row

ABOUT: Final = "subject.json"
"""What is known of the person, by the names of the columns; not a photograph."""

LOOSE: Final = "The file lies in no folder named after a record number."
LINKED: Final = "This is a link to a folder. Give the folder itself."

TOLD: Final = frozenset(COLUMNS) - {RECORD, IMAGE}


class SubjectFolders:
    """`workflow.intake.Intake` over the folder of a Sheet. Files whose names begin with a dot are passed over.

    Raises SourceInvalid when it is made and the folder cannot be listed.
    """

    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet
        digest, self._length = hashlib.sha256(), 0
        for _, file in self._files():
            digest.update(f"{file.relative_to(sheet.folder)}\0{_size(file)}\n".encode(errors="surrogateescape"))
            self._length += 1
        self.digest = digest.hexdigest()

    def __len__(self) -> int:
        return self._length

    def rows(self) -> Iterator[Row | Refusal]:
        about: Mapping[str, str] | RowInvalid = {}
        of = self._sheet.folder
        for number, (folder, file) in enumerate(self._files(), 1):
            if folder != of:
                of, about = folder, _about(self._sheet.folder, folder)
            yield self._row(number, folder, file, about)

    def _row(self, number: int, folder: Path, file: Path, about: Mapping[str, str] | RowInvalid) -> Row | Refusal:
        place = str(file.relative_to(self._sheet.folder))
        if folder == self._sheet.folder:
            return Refusal(number, "", place, RowInvalid(LINKED if file.is_dir() else LOOSE))
        if isinstance(about, RowInvalid):
            return Refusal(number, folder.name, place, about)
        return self._sheet.row(number, {**about, RECORD: folder.name, IMAGE: place})

    def _files(self) -> Iterator[tuple[Path, Path]]:
        """Each file with the folder it lies in, by name: what lies beside the folders last."""
        entries = _listed(self._sheet.folder)
        for entry in filter(_own_folder, entries):
            yield from ((entry, file) for file in _listed(entry) if file.name != ABOUT)
        yield from ((self._sheet.folder, entry) for entry in entries if not _own_folder(entry))


def _own_folder(entry: Path) -> bool:
    """A link may lead anywhere: not even names are read there."""
    return entry.is_dir() and not entry.is_symlink()


def _listed(folder: Path) -> list[Path]:
    try:
        return sorted(entry for entry in folder.iterdir() if not entry.name.startswith("."))
    except OSError as error:
        raise SourceInvalid(f"A folder of the source cannot be listed: {error.strerror}.") from None


def _size(file: Path) -> int:
    try:
        return file.lstat().st_size
    except OSError:  # reading it will tell
        return 0


def _about(root: Path, folder: Path) -> Mapping[str, str] | RowInvalid:
    if not (folder / ABOUT).is_file():
        return {}
    try:
        told = json.loads(reader(root, f"{folder.name}/{ABOUT}")())
    except (ImageRefused, ValueError, RecursionError):
        return RowInvalid(f"{ABOUT} cannot be read as JSON.")
    if not isinstance(told, dict) or not all(isinstance(cell, str) for cell in told.values()):
        return RowInvalid(f"{ABOUT} is no JSON object of texts.")
    if not told.keys() <= TOLD:
        return RowInvalid(f"{ABOUT} has a name that is none of {', '.join(sorted(TOLD))}.")
    return told
