"""Which kind of source a path is."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Final

from server.domain.gallery_errors import SourceInvalid
from server.intake.columns import Defaults, Sheet
from server.intake.folder import SubjectFolders
from server.intake.manifest import CsvManifest, JsonLinesManifest
from server.intake.nist_files import SUFFIXES, NistFiles
from server.workflow.intake import Intake

CSV: Final = (".csv",)
JSON_LINES: Final = (".jsonl", ".ndjson")


def opened_source(source: Path, defaults: Defaults, today: date, ignored: Iterable[str] = ()) -> Intake:
    """The rows of a folder, a CSV, JSON Lines or ANSI/NIST-ITL files. Raises SourceInvalid, which says what is wrong.

    ignored: columns of a manifest that are not ours and are passed over.
    """
    if source.is_dir():
        return _folder(Sheet(source, defaults, today))
    sheet, suffix = Sheet(source.parent, defaults, today), source.suffix.lower()
    if suffix in CSV:
        return CsvManifest(source, sheet, ignored)
    if suffix in JSON_LINES:
        return JsonLinesManifest(source, sheet, ignored)
    if suffix in SUFFIXES:
        return NistFiles(sheet, [source])
    known = ", ".join(CSV + JSON_LINES + SUFFIXES)
    raise SourceInvalid(f"The source is neither a folder nor a file that ends in {known}.")


def _folder(sheet: Sheet) -> Intake:
    """One of ANSI/NIST-ITL files, or one of folders named after record numbers; never some of both."""
    entries = [entry for entry in sheet.folder.iterdir() if not entry.name.startswith(".")]
    files = [entry for entry in entries if entry.suffix.lower() in SUFFIXES and not entry.is_dir()]
    if not files:
        return SubjectFolders(sheet)
    if any(entry.is_dir() for entry in entries):
        raise SourceInvalid(f"The source holds folders beside {files[0].name}. Enrol such files by themselves.")
    return NistFiles(sheet, files)
