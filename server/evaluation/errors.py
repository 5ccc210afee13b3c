"""Why an evaluation cannot go on, in sentences that name the file, the line, and what to do about it."""

from __future__ import annotations

from pathlib import Path

from server.domain.errors import OifrError


class SheetInvalid(OifrError):
    """A CSV that cannot be used; the message names file and line (the header is line 1)."""

    slug = "sheet-invalid"

    def __init__(self, sheet: Path, line: int, sentence: str) -> None:
        super().__init__(f"{sheet}, line {line}: {sentence}")


class NothingToEvaluate(OifrError):
    slug = "nothing-to-evaluate"
    message = "There are no references or no probes. Give --gallery and --probes, or one CSV with a role column."


class CalibrationRefused(OifrError):
    """The data cannot support the threshold that was asked for; the message gives the numbers."""

    slug = "calibration-refused"
