"""The calibration record as a file: TOML whose table can be pasted into a model's manifest."""

from __future__ import annotations

import json
import tomllib
from datetime import date
from pathlib import Path

import numpy as np

from server.domain.calibration import CalibrationRecord
from server.domain.model_errors import CalibrationInvalid
from server.evaluation.calibration import Calibrated
from server.evaluation.findings import Counts, Plan

TABLE = "calibration"


def record_of(calibrated: Calibrated, model: str, counts: Counts, plan: Plan) -> CalibrationRecord:
    """The record of one calibration, its rates in six significant digits."""
    tpir, non_mated = calibrated.point.tpir, calibrated.non_mated
    return CalibrationRecord(
        model=model,
        threshold=calibrated.point.threshold,
        agreement=calibrated.point.threshold if plan.agreement is None else plan.agreement,
        gallery_size=calibrated.wish.gallery_size,
        strangers=np.unique(non_mated.probe).size,
        fpir=_short(calibrated.fpir),
        data=plan.data,
        fpir_target=calibrated.wish.fpir,
        fpir_low=_short(calibrated.fpir_low),
        fpir_high=_short(calibrated.fpir_high),
        tpir=_short(tpir.value),
        tpir_low=_short(tpir.low),
        tpir_high=_short(tpir.high),
        cap=plan.cap,
        extrapolated=calibrated.extrapolated,
        measured_gallery_size=counts.gallery_size,
        references_per_subject=_short(counts.references_per_subject),
        comparisons=calibrated.comparisons,
        non_mated_searches=non_mated.probe.size,
        stranger_subjects=np.unique(non_mated.subject).size,
        mated_searches=counts.mated_searches,
        mated_subjects=counts.mated_people,
        measured_on=plan.today,
        software=plan.software,
    )


def record_toml(record: CalibrationRecord) -> str:
    """The text of a TOML file with the one table [calibration]."""
    lines = [f"{name} = {_toml(value)}" for name, value in record.table().items()]
    return "\n".join([f"# {sentence}" for sentence in _sentences(record)] + [f"[{TABLE}]", *lines]) + "\n"


def read_record(path: Path) -> CalibrationRecord:
    """Read a record back; raises CalibrationInvalid when it is not of this form, or OSError."""
    try:
        table = tomllib.loads(path.read_text("utf-8"))[TABLE]
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, KeyError) as error:
        raise CalibrationInvalid(f"{path.name} is no TOML file with a table [{TABLE}].") from error
    if not isinstance(table, dict):
        raise CalibrationInvalid(f"In {path.name}, {TABLE} is no table.")
    return CalibrationRecord.of(table)


def _sentences(record: CalibrationRecord) -> list[str]:
    how = "reckoned from single comparisons, not measured" if record.extrapolated else "measured"
    return [
        f"FPIR {record.fpir:.2%} (95 % interval {record.fpir_low:.2%} to {record.fpir_high:.2%}), {how}, with "
        f"{record.gallery_size:,} people enrolled.",
        f"TPIR {record.tpir:.1%} ({record.tpir_low:.1%} to {record.tpir_high:.1%}), measured with "
        f"{record.measured_gallery_size:,} people enrolled and lists of at most {record.cap}, shorter for poor probes.",
        "It holds for this model, this threshold and this gallery size, and for photographs like those described.",
    ]


def _short(rate: float) -> float:
    return float(f"{rate:.6g}")


def _toml(value: object) -> str:
    """TOML 1.0: booleans in small letters, dates bare, strings as JSON writes them except for U+007F."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return json.dumps(value)
