"""What an evaluation was asked, and what it found. No name, path, template or score of a person is in here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from server.domain.calibration import CalibrationRecord
from server.evaluation.differentials import Differential
from server.evaluation.intervals import Rate
from server.evaluation.protocols import Protocol
from server.evaluation.rates import DetPoint, OperatingPoint


@dataclass(frozen=True)
class Plan:
    """What is asked. threshold: the one in use, -1 to 1. cap: most subjects on a list, fewer for a poor probe.
    held_out, times: of the split protocol. fpir: to calibrate for, None for no calibration; gallery_size: of that,
    None for the measured. agreement: carried into the record; None where the model has none, and the record's
    threshold stands in. data: the photographs in neutral words. software: name and version.
    """

    protocol: Protocol
    held_out: float
    times: int
    seed: int
    threshold: float
    cap: int
    fpir: float | None
    gallery_size: int | None
    agreement: float | None
    data: str
    today: date
    software: str


@dataclass(frozen=True)
class Counts:
    """What stands behind the rates. enrolled: subjects with at least one template; gallery_size: enrolled subjects
    that a non-mated search runs against (mean over trials, rounded). probes: unaltered photographs searched with;
    mated and non-mated: searches, the different probes among them, and the different people."""

    subjects: int
    references: int
    enrolled: int
    gallery_size: int
    references_per_subject: float
    probes: int
    trials: int
    mated_searches: int
    mated_probes: int
    mated_people: int
    non_mated_searches: int
    non_mated_probes: int
    non_mated_people: int


@dataclass(frozen=True)
class Row:
    """Rates of one set of probes at the threshold in use. fta: of photographs; rank_1: whole gallery, closed set."""

    label: str
    probes: int
    people: int
    fta: Rate
    rank_1: Rate
    tpir: Rate
    fpir: Rate

    @property
    def fnir(self) -> Rate:
        return self.tpir.complement


@dataclass(frozen=True)
class Grouping:
    """One labelled column: a row for each label, and the differentials of FNIR, FPIR and FTA between them."""

    rows: tuple[Row, ...]
    fnir: Differential | None
    fpir: Differential | None
    fta: Differential | None


@dataclass(frozen=True)
class Histogram:
    """How many scores lie in each bin. edges: one more than bins. mated: probes with their own reference, whole
    gallery; non_mated: probes with anybody else's."""

    edges: tuple[float, ...]
    mated: tuple[int, ...]
    non_mated: tuple[int, ...]


@dataclass(frozen=True)
class Refusals:
    """Photographs that a search or an enrolment would refuse, by the slug of the refusal; subjects that none of their
    references enrolled; and the failure-to-enrol rate of references."""

    probes: Mapping[str, int]
    references: Mapping[str, int]
    subjects_not_enrolled: int
    fte: Rate


@dataclass(frozen=True)
class Findings:
    """Everything that is reported. points: the threshold in use first, then the least thresholds for round FPIRs.
    lists: how many of the unaltered probes that were taken are given a list of each length, the longest first.
    calibration and calibration_refused: at most one of them, and only when a calibration was asked for."""

    plan: Plan
    model: str
    counts: Counts
    overall: Row
    conditions: tuple[Row, ...]
    groups: Mapping[str, Grouping]
    points: tuple[OperatingPoint, ...]
    cmc: tuple[Rate, ...]
    curve: tuple[OperatingPoint, ...]
    det: tuple[DetPoint, ...]
    histogram: Histogram
    refusals: Refusals
    lists: Mapping[int, int]
    calibration: CalibrationRecord | None
    calibration_refused: str | None
