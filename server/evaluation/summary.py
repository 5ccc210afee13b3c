"""The findings in a few lines, for the terminal."""

from __future__ import annotations

from server.domain.calibration import CalibrationRecord
from server.evaluation.findings import Findings
from server.evaluation.intervals import Rate
from server.evaluation.words import counted, interval, lists, per_cent, refusal

LABEL = 14


def summary_of(findings: Findings) -> list[str]:
    """What stands behind it, the rates at the threshold in use, and the calibration if one was asked for."""
    counts, in_use = findings.counts, findings.points[0]
    return [
        _row("People", f"{counts.subjects:,}; {counts.enrolled:,} enrolled, {counts.gallery_size:,} in a search"),
        _row("Threshold", f"{in_use.threshold:.4f}"),
        _row("Lists", lists(findings.plan.cap, findings.lists)),
        _row("TPIR", _told(in_use.tpir)),
        _row("FPIR", f"{_told(in_use.fpir)}; searches by people not enrolled that showed anyone"),
        _row("", f"by {counts.non_mated_people:,} different people, {counts.non_mated_probes:,} different probes"),
        _row("Rank 1", f"{_told(findings.cmc[0])}; whole gallery, no threshold"),
        _row("FTA", _told(findings.overall.fta)),
        *(_row("", f"{count}: {refusal(slug)}") for slug, count in findings.refusals.probes.items()),
        _row("FTE", _told(findings.refusals.fte)),
        *_calibration_lines(findings),
    ]


def _calibration_lines(findings: Findings) -> list[str]:
    if findings.calibration is not None:
        return [_row("Calibration", _record_line(findings.calibration))]
    if findings.calibration_refused is not None:
        return [_row("Calibration", f"REFUSED. {findings.calibration_refused}")]
    return []


def _record_line(record: CalibrationRecord) -> str:
    how = "extrapolated" if record.extrapolated else "measured"
    return (
        f"threshold {record.threshold:.4f} for {record.gallery_size:,} people: FPIR {per_cent(record.fpir)} "
        f"({per_cent(record.fpir_low)} to {per_cent(record.fpir_high)}, {how}), TPIR {per_cent(record.tpir)}"
    )


def _told(rate: Rate) -> str:
    return f"{per_cent(rate.value)} ({interval(rate)}), {counted(rate)}"


def _row(label: str, text: str) -> str:
    return f"{label:<{LABEL}}{text}"
