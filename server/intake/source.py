"""Which kind of source a path is."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Final

from server.domain.errors import SourceInvalid
from server.intake.columns import Defaults, Sheet
from server.intake.folder import SubjectFolders
from server.intake.manifest import CsvManifest, JsonLinesManifest
from server.workflow.intake import Intake

CSV: Final = (".csv",)
JSON_LINES: Final = (".jsonl", ".ndjson")


def opened_source(source: Path, defaults: Defaults, today: date, ignored: Iterable[str] = ()) -> Intake:
    """The rows of a folder, a CSV or JSON Lines. Raises SourceInvalid, which says what is wrong.

    ignored: columns of a manifest that are not ours and are passed over.
    """
    if source.is_dir():
        return SubjectFolders(Sheet(source, defaults, today))
    sheet, suffix = Sheet(source.parent, defaults, today), source.suffix.lower()
    if suffix in CSV:
        return CsvManifest(source, sheet, ignored)
    if suffix in JSON_LINES:
        return JsonLinesManifest(source, sheet, ignored)
    raise SourceInvalid(f"The source is neither a folder nor a file that ends in {', '.join(CSV + JSON_LINES)}.")
