"""The findings as one JSON document. Rates without a trial are null."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from server.evaluation.differentials import Differential
from server.evaluation.findings import Findings, Grouping, Row
from server.evaluation.intervals import LEVEL, Rate
from server.evaluation.rates import OperatingPoint

SCHEMA = "oifr-evaluation/1"


def document_of(findings: Findings) -> dict[str, Any]:
    """Everything that was found, as values of JSON."""
    return {
        "schema": SCHEMA,
        "model": findings.model,
        "interval_level": LEVEL,
        "plan": {**asdict(findings.plan), "today": findings.plan.today.isoformat()},
        "counts": asdict(findings.counts),
        "overall": _row(findings.overall),
        "conditions": [_row(row) for row in findings.conditions],
        "groups": {column: _grouping(grouping) for column, grouping in findings.groups.items()},
        "operating_points": [_point(point) for point in findings.points],
        "cmc": [{"rank": rank, **_rate(rate)} for rank, rate in enumerate(findings.cmc, 1)],
        "thresholds": [_point(point) for point in findings.curve],
        "det": [asdict(point) for point in findings.det],
        "histogram": asdict(findings.histogram),
        "refusals": {**asdict(findings.refusals), "fte": _rate(findings.refusals.fte)},
        "lists": [{"at_most": length, "probes": probes} for length, probes in findings.lists.items()],
        "calibration": _calibration(findings),
        "calibration_refused": findings.calibration_refused,
    }


def _rate(rate: Rate) -> dict[str, Any]:
    return {**asdict(rate), "value": rate.value if rate.trials else None}


def _row(row: Row) -> dict[str, Any]:
    rates = {name: _rate(getattr(row, name)) for name in ("fta", "rank_1", "tpir", "fnir", "fpir")}
    return {"label": row.label, "probes": row.probes, "people": row.people, **rates}


def _point(point: OperatingPoint) -> dict[str, Any]:
    rates = {name: _rate(getattr(point, name)) for name in ("tpir", "fnir", "fpir")}
    return {"threshold": point.threshold, **rates, "non_mated_searches_that_showed_anyone": point.fpir.events}


def _grouping(grouping: Grouping) -> dict[str, Any]:
    differentials: Mapping[str, Differential | None] = {
        "fnir": grouping.fnir,
        "fpir": grouping.fpir,
        "fta": grouping.fta,
    }
    return {
        "rows": [_row(row) for row in grouping.rows],
        "differentials": {name: asdict(one) if one else None for name, one in differentials.items()},
    }


def _calibration(findings: Findings) -> dict[str, Any] | None:
    record = findings.calibration
    return None if record is None else {**record.table(), "measured_on": record.measured_on.isoformat()}
