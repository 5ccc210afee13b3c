"""Thresholds for an asked FPIR, refusals with numbers, and the record that comes back as it was written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from server.domain.calibration import CalibrationRecord
from server.domain.model_errors import CalibrationInvalid
from server.evaluation.calibration import Wish, extrapolated, fmr_for, fpir_at, measured, tail_needed
from server.evaluation.comparisons import Comparisons, compared, count
from server.evaluation.errors import CalibrationRefused
from server.evaluation.findings import Findings, Plan
from server.evaluation.intervals import Intervals
from server.evaluation.labels import labelled
from server.evaluation.rates import OpenSet
from server.evaluation.record import read_record, record_toml
from server.evaluation.run import evaluate
from server.evaluation.searches import Mated, NonMated, Side
from server.face.weights import Manifest
from tests.fakes.face_engine import FakeFaceEngine
from tests.fakes.labelled import Labelled, families

PEOPLE = 100
MODELS = Path(__file__).resolve().parents[3] / "models"
INTERVALS = Intervals(PEOPLE, seed=1)

RECORD = CalibrationRecord(
    model="dlib-resnet",
    threshold=0.9512,
    agreement=0.9,
    gallery_size=2000,
    strangers=112,
    fpir=0.02,
    data='portraits "of" nobody\nat all, ärgerlich \\ \x7f',
    fpir_target=0.03,
    fpir_low=0.01,
    fpir_high=0.06,
    tpir=0.77,
    tpir_low=0.7,
    tpir_high=0.8,
    cap=6,
    extrapolated=True,
    measured_gallery_size=20,
    references_per_subject=1,
    comparisons=3024,
    non_mated_searches=640,
    stranger_subjects=28,
    mated_searches=1600,
    mated_subjects=28,
    measured_on=date(2026, 1, 2),
    software="oifr 0.1.0",
)


def _searches(tops: NDArray[np.float64]) -> OpenSet:
    people = np.arange(tops.size) % PEOPLE
    everyone = np.arange(PEOPLE)
    mated = Mated(everyone, everyone, np.full(PEOPLE, 0.9), np.ones(PEOPLE, np.int32), np.full(PEOPLE, 6))
    return OpenSet(mated, NonMated(np.arange(tops.size), people, tops), INTERVALS)


def _comparisons(scores: list[float], probes: int) -> Comparisons:
    """Of so many probes of each of a hundred people with the other 99; the scores go round the pairs."""
    pairs = np.arange(len(scores))
    return Comparisons(
        np.full(PEOPLE, probes), np.ones(PEOPLE, np.int64), np.array(scores), pairs % 100, (pairs * 7 + 1) % 100,
        np.zeros(400, np.int64),
    )  # fmt: skip


def test_the_measured_threshold_is_the_least_that_keeps_the_rate() -> None:
    tops = np.linspace(0, 0.999, 1000)
    calibrated = measured(Wish(0.01, 50), _searches(tops))
    assert calibrated.point.threshold == pytest.approx(0.9891, abs=1.1e-4)
    assert calibrated.fpir == 0.01
    assert not calibrated.extrapolated
    assert (tops >= calibrated.point.threshold - 2e-4).mean() > 0.01


def test_too_few_probes_are_refused_with_the_numbers() -> None:
    with pytest.raises(CalibrationRefused, match=r"at least 1,000 different .* are 500, of 100 people") as told:
        measured(Wish(0.003, 50), _searches(np.zeros(500)))
    assert "0.006 or more" in str(told.value)


def test_repeated_searches_of_the_same_probes_support_no_more() -> None:
    searches = _searches(np.zeros(5000))
    few = NonMated(searches.non_mated.probe % 500, searches.non_mated.subject, searches.non_mated.top)
    with pytest.raises(CalibrationRefused, match="there are 500"):
        measured(Wish(0.003, 50), replace(searches, non_mated=few))


@pytest.mark.parametrize("people", [3, 28])
def test_many_photographs_of_few_people_are_refused_for_what_they_say_of_others(people: int) -> None:
    searches = _searches(np.zeros(1002))
    few = replace(searches.non_mated, subject=np.arange(1002) % people)
    with pytest.raises(CalibrationRefused, match=f"times as much or a half: {people} people are too few"):
        measured(Wish(0.003, 50), replace(searches, non_mated=few))


@pytest.mark.parametrize(("fpir", "people"), [(0.1, 3), (0.3, 2)])
def test_a_rate_may_not_be_so_high_that_two_or_three_people_would_do(fpir: float, people: int) -> None:
    searches = _searches(np.zeros(30))
    few = replace(searches.non_mated, subject=np.arange(30) % people)
    with pytest.raises(CalibrationRefused, match="people are too few"):
        measured(Wish(fpir, 50), replace(searches, non_mated=few))


def test_probes_without_a_template_support_nothing() -> None:
    tops = np.full(2000, -np.inf)
    tops[:40] = 0.5
    with pytest.raises(CalibrationRefused, match="there are 40, of 40 people, that gave a template"):
        measured(Wish(0.003, 50), _searches(tops))
    with pytest.raises(CalibrationRefused, match="there are 0, of 0 people"):
        measured(Wish(0.3, 50), _searches(tops[40:]))


def test_few_people_are_refused_for_a_reckoned_rate_too() -> None:
    nobody = np.zeros(0, np.int64)
    comparisons = Comparisons(
        np.full(3, 500), np.ones(3, np.int64), np.zeros(0), nobody, nobody, np.zeros(400, np.int64)
    )
    with pytest.raises(CalibrationRefused, match="3 people are too few"):
        extrapolated(Wish(0.01, 2), _searches(np.zeros(10)), comparisons)


@settings(deadline=None)
@given(st.floats(1e-6, 0.999), st.integers(1, 10**7))
def test_the_rate_of_a_comparison_and_of_a_gallery_are_two_sides_of_one_formula(fpir: float, size: int) -> None:
    assert fpir_at(fmr_for(Wish(fpir, size)), size) == pytest.approx(fpir, rel=1e-6)


def test_the_formula_by_hand() -> None:
    assert fpir_at(0.01, 2) == pytest.approx(1 - 0.99**2)
    assert fpir_at(1.0, 5) == 1.0
    assert fmr_for(Wish(1 - 0.999**100, 100)) == pytest.approx(0.001)


def test_extrapolation_lets_through_as_many_comparisons_as_the_formula_allows() -> None:
    """FPIR 0.1 of 100 people is an FMR of 0.001053: 104 of 99,000 comparisons may reach the threshold."""
    wish, scores = Wish(0.1, 100), [0.5 + number / 1000 for number in range(200)]
    assert tail_needed(wish, 99_000) == 105
    calibrated = extrapolated(wish, _searches(np.zeros(10)), _comparisons(scores, 10))
    assert calibrated.point.threshold == pytest.approx(0.5951, abs=1.1e-4)
    assert calibrated.fpir == pytest.approx(1 - (1 - 104 / 99_000) ** 100)
    assert calibrated.fpir_low < calibrated.fpir <= 0.1 < calibrated.fpir_high
    assert calibrated.extrapolated
    assert calibrated.comparisons == 99_000


def test_too_few_comparisons_are_refused_with_the_numbers() -> None:
    with pytest.raises(CalibrationRefused, match=r"at least 49,924,964 comparisons .* there are 9,900") as told:
        extrapolated(Wish(0.003, 50_000), _searches(np.zeros(10)), _comparisons([0.5], 1))
    assert "for at most about 9 enrolled people" in str(told.value)


@pytest.mark.parametrize("reached", [0, 3])
def test_few_comparisons_that_reach_are_no_surer_than_the_pairs_of_people_behind_them(reached: int) -> None:
    """A hundred people with thirty probes each, all enrolled: 297,000 comparisons, but 9,900 pairs."""
    probes, enrolled = np.full(PEOPLE, 30), np.ones(PEOPLE, np.int64)
    of_one_pair = np.zeros(reached, np.int64), np.ones(reached, np.int64)
    scores = np.full(reached, 0.9)
    comparisons = Comparisons(probes, enrolled, scores, *of_one_pair, np.zeros(400, np.int64))
    calibrated = extrapolated(Wish(0.01, 10), _searches(np.zeros(10)), comparisons)
    assert calibrated.fpir <= 0.01
    assert calibrated.fpir_high == pytest.approx(fpir_at(1 - 0.025 ** (1 / 9_900), 10))


def test_a_pair_weighs_as_often_as_both_its_people_were_drawn() -> None:
    """If every comparison is an event, every bootstrap sample's rate is 1, whoever is drawn."""
    subject, other = (~np.eye(PEOPLE, dtype=np.bool_)).nonzero()
    replicates = INTERVALS.pair_replicates((subject, other), np.ones(PEOPLE, np.int64), np.ones(PEOPLE, np.int64))
    assert replicates == pytest.approx(1)


def test_people_who_score_as_one_are_no_basis() -> None:
    with pytest.raises(CalibrationRefused, match="one person under two subjects"):
        measured(Wish(0.01, 50), _searches(np.ones(1000)))


def test_comparisons_are_counted_once_for_each_pair_and_the_greatest_are_kept() -> None:
    rng = np.random.default_rng(4)
    vectors = rng.normal(size=(700, 4)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    gallery = Side(vectors[:60], np.arange(60) % 30, np.arange(60) != 0)
    probes = Side(vectors[60:], np.arange(640) % 40, np.arange(640) != 5)
    found = compared(gallery, probes, 40, keep=50)
    every = sorted(
        (
            max(float(vectors[r] @ vectors[60 + p]) for r in range(60) if r % 30 == s and r)
            for p in range(640)
            for s in range(30)
            if p != 5 and p % 40 != s
        ),
        reverse=True,
    )
    assert found.total == count(gallery, probes) == len(every) == found.histogram.sum()
    assert np.sort(found.scores)[::-1] == pytest.approx(every[:50], abs=1e-6)


def test_the_record_comes_back_as_it_was_written(tmp_path: Path) -> None:
    file = tmp_path / "calibration.toml"
    file.write_text(record_toml(RECORD), "utf-8")
    assert read_record(file) == RECORD


def test_the_record_can_be_pasted_into_a_manifest(tmp_path: Path) -> None:
    """The manifest that is installed, with its own table taken out and the record put in."""
    manifest = (MODELS / "dlib-resnet.toml").read_text("utf-8").partition("[calibration]")[0]
    own = Manifest.read(MODELS / "dlib-resnet.toml")
    pasted = tmp_path / "dlib-resnet.toml"
    pasted.write_text(manifest + record_toml(replace(RECORD, model=own.model_id)), "utf-8")
    calibration = Manifest.read(pasted).calibration
    assert calibration is not None
    assert (calibration.threshold, calibration.agreement, calibration.strangers) == (0.9512, 0.9, 112)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda table: table.pop("fpir"), "lacks or does not know: fpir"),
        (lambda table: table.update(fpr=0.1), "lacks or does not know: fpr"),
        (lambda table: table.update(threshold="0.95"), "threshold is not of the type float"),
        (lambda table: table.update(cap=True), "cap is not of the type int"),
        (lambda table: table.update(measured_on="2026-01-02"), "measured_on is not of the type date"),
        (lambda table: table.update(threshold=95.0), "outside of -1 to 1: threshold"),
        (lambda table: table.update(threshold=float("nan")), "outside of -1 to 1: threshold"),
        (lambda table: table.update(fpir_low=0.5), "no rate within its interval: fpir"),
        (lambda table: table.update(fpir_target=0.01), "does not reach its fpir_target"),
        (lambda table: table.update(strangers=0), "rests on nobody"),
    ],
)
def test_a_record_that_is_not_of_the_form_is_named(change: Callable[[dict[str, Any]], object], sentence: str) -> None:
    table = RECORD.table()
    change(table)
    with pytest.raises(CalibrationInvalid, match=sentence):
        CalibrationRecord.of(table)


@pytest.mark.parametrize("text", ["threshold = 0.9", "[calibration", "calibration = 3", ""])
def test_a_file_without_the_table_is_no_record(tmp_path: Path, text: str) -> None:
    file = tmp_path / "record.toml"
    file.write_text(text)
    with pytest.raises(CalibrationInvalid, match=r"record\.toml"):
        read_record(file)


def _found(photographs: Labelled, plan: Plan) -> Findings:
    return evaluate(FakeFaceEngine(), labelled(photographs.sheet(), None, None), [], plan, lambda: None)[0]


def test_an_evaluation_gives_the_record_of_what_it_measured(photographs: Labelled, plan: Plan) -> None:
    photographs.people(families(20), "lying")
    found = _found(photographs, replace(plan, fpir=0.1))
    record = found.calibration
    assert record is not None
    assert found.calibration_refused is None
    assert (record.model, record.cap, record.data) == (found.model, 6, "invented people")
    assert record.gallery_size == record.measured_gallery_size == 28
    assert not record.extrapolated
    assert record.fpir <= 0.1 < record.fpir_high
    assert record.stranger_subjects == record.strangers == found.counts.non_mated_people


def test_another_gallery_size_is_marked_as_extrapolated(photographs: Labelled, plan: Plan) -> None:
    photographs.people(families(20), "lying")
    record = _found(photographs, replace(plan, fpir=0.1, gallery_size=40)).calibration
    assert record is not None
    assert record.extrapolated
    assert record.comparisons == 40 * 39
    assert record.measured_gallery_size == 28


def test_a_refused_calibration_leaves_the_rest_of_the_findings(photographs: Labelled, plan: Plan) -> None:
    photographs.people(families(3))
    found = _found(photographs, replace(plan, fpir=0.003))
    assert found.calibration is None
    assert found.calibration_refused is not None
    assert "at least 1,000 different probes" in found.calibration_refused
    assert found.overall.tpir.trials > 0
