"""The files of an evaluation: page, JSON, calibration record, and the list of refused photographs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from server.evaluation.document import document_of
from server.evaluation.findings import Findings
from server.evaluation.material import Refused
from server.evaluation.record import record_toml
from server.evaluation.report import report_of
from server.evaluation.sheet import csv_text
from server.evaluation.words import refusal

REPORT = "report.html"


def written(folder: Path, findings: Findings, refused: Sequence[Refused]) -> tuple[Path, ...]:
    """Write everything into an existing folder and return the files. The figures come first: they cost the time.

    Only refused.csv names files of the user, whose names may be people's. Raises OSError.
    """
    files = [_file(folder / "evaluation.json", json.dumps(document_of(findings), indent=1, allow_nan=False) + "\n")]
    files.append(_file(folder / "refused.csv", _refused(refused)))
    if findings.calibration is not None:
        files.append(_file(folder / "calibration.toml", record_toml(findings.calibration)))
    files.append(_file(folder / REPORT, report_of(findings)))
    return tuple(files)


def _file(path: Path, text: str) -> Path:
    path.write_text(text, "utf-8")
    return path


def _refused(refused: Sequence[Refused]) -> str:
    rows = [(str(one.path), one.role, one.condition, refusal(one.slug)) for one in refused]
    return csv_text(("path", "role", "condition", "reason"), rows)
