"""One evaluation: templates, trials, searches, rates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from server.domain.calibration import CalibrationRecord
from server.evaluation.alterations import Alteration
from server.evaluation.bench import Bench, trials_of
from server.evaluation.calibration import Calibrated, Wish, extrapolated, measured, tail_needed
from server.evaluation.comparisons import BINS, Comparisons, compared, count
from server.evaluation.errors import CalibrationRefused
from server.evaluation.faces import Faces
from server.evaluation.findings import Counts, Findings, Histogram, Plan, Refusals
from server.evaluation.material import Material, Refused, Tick, gathered
from server.evaluation.protocols import Protocol
from server.evaluation.rates import at_fpir, curve, detection_error_tradeoff, rank_rates
from server.evaluation.record import record_of
from server.evaluation.samples import Samples
from server.evaluation.tables import by_condition, by_group, row

ROUND_FPIRS = (0.1, 0.03, 0.01, 0.003, 0.001, 0.0003)
"""False positive identification rates whose thresholds are reported where the data can resolve them."""


def evaluate(
    faces: Faces, samples: Samples, alterations: Sequence[Alteration], plan: Plan, tick: Tick
) -> tuple[Findings, tuple[Refused, ...]]:
    """Measure everything; the refused photographs are returned apart, for their paths may name people.

    `tick` is called after each photograph. Raises NothingToEvaluate when there is nobody to enrol or to leave out.
    """
    trials = trials_of(samples, plan)
    material = gathered(faces, samples, alterations, tick)
    return findings_of(Bench.of(material, trials, plan), faces.model), material.refused


def findings_of(bench: Bench, model: str) -> Findings:
    """Count the searches in every way that is reported."""
    counts, searches = counts_of(bench), bench.open_set(bench.as_given)
    wish = _wish(bench.plan, counts)
    comparisons = _compared(bench, wish)
    record, refused = _calibration(bench, model, counts, wish, comparisons)
    return Findings(
        plan=bench.plan,
        model=model,
        counts=counts,
        overall=row(bench, "all as given", bench.as_given),
        conditions=by_condition(bench),
        groups=by_group(bench),
        points=(searches.at(bench.plan.threshold), *at_fpir(ROUND_FPIRS, searches)),
        cmc=rank_rates(bench.closed.of(bench.as_given), counts.enrolled, bench.intervals),
        curve=curve(searches),
        det=detection_error_tradeoff(searches),
        histogram=_histogram(bench, comparisons),
        refusals=_refusals(bench.material, bench),
        lists=_lists(bench),
        calibration=record,
        calibration_refused=refused,
    )


def counts_of(bench: Bench) -> Counts:
    """What stands behind the rates of the unaltered probes."""
    material = bench.material
    mated, non_mated = bench.mated.of(bench.as_given), bench.non_mated.of(bench.as_given)
    enrolled = int(material.enrolled.sum())
    return Counts(
        subjects=len(material.subjects),
        references=material.gallery.subject.size,
        enrolled=enrolled,
        gallery_size=_gallery_size(bench),
        references_per_subject=float(material.gallery.taken.sum()) / max(enrolled, 1),
        probes=int(bench.as_given.sum()),
        trials=len(bench.trials),
        mated_searches=mated.probe.size,
        mated_probes=np.unique(mated.probe).size,
        mated_people=np.unique(mated.subject).size,
        non_mated_searches=non_mated.probe.size,
        non_mated_probes=np.unique(non_mated.probe).size,
        non_mated_people=np.unique(non_mated.subject).size,
    )


def _gallery_size(bench: Bench) -> int:
    """Enrolled subjects a non-mated search runs against; leaving one out leaves one less."""
    sizes = [int((trial.gallery & bench.material.enrolled).sum()) for trial in bench.trials]
    less = 1 if bench.plan.protocol is Protocol.LEAVE_OUT else 0
    return round(sum(sizes) / len(sizes)) - less


def _wish(plan: Plan, counts: Counts) -> Wish | None:
    return None if plan.fpir is None else Wish(plan.fpir, plan.gallery_size or max(counts.gallery_size, 1))


def _compared(bench: Bench, wish: Wish | None) -> Comparisons:
    gallery, probes = bench.material.gallery, bench.given_probes
    keep = tail_needed(wish, count(gallery, probes))
    return compared(gallery, probes, len(bench.material.subjects), keep)


def _calibration(
    bench: Bench, model: str, counts: Counts, wish: Wish | None, comparisons: Comparisons
) -> tuple[CalibrationRecord | None, str | None]:
    """The record, or why there is none; neither when none was asked for."""
    if wish is None:
        return None, None
    try:
        calibrated = _calibrated(bench, wish, counts, comparisons)
    except CalibrationRefused as refusal:
        return None, str(refusal)
    return record_of(calibrated, model, counts, bench.plan), None


def _calibrated(bench: Bench, wish: Wish, counts: Counts, comparisons: Comparisons) -> Calibrated:
    searches = bench.open_set(bench.as_given)
    if wish.gallery_size == counts.gallery_size:
        return measured(wish, searches)
    return extrapolated(wish, searches, comparisons)


def _histogram(bench: Bench, comparisons: Comparisons) -> Histogram:
    scores = bench.closed.of(bench.as_given).score
    mated, _ = np.histogram(scores[np.isfinite(scores)].clip(-1, 1), BINS)
    return Histogram(tuple(BINS.tolist()), tuple(mated.tolist()), tuple(comparisons.histogram.tolist()))


def _lists(bench: Bench) -> dict[int, int]:
    material = bench.material
    lengths = Counter(material.lengths(bench.plan.cap)[bench.as_given & material.probes.taken].tolist())
    return dict(sorted(lengths.items(), reverse=True))


def _refusals(material: Material, bench: Bench) -> Refusals:
    """Of unaltered photographs; what an alteration costs stands in its own row."""
    given = {task.condition for task, kept in zip(material.tasks, bench.as_given, strict=True) if kept}
    return Refusals(
        probes=dict(Counter(one.slug for one in material.refused if one.role == "probe" and one.condition in given)),
        references=dict(Counter(one.slug for one in material.refused if one.role == "gallery")),
        subjects_not_enrolled=int((material.with_references & ~material.enrolled).sum()),
        fte=bench.intervals.rate(~material.gallery.taken, material.gallery.subject),
    )
