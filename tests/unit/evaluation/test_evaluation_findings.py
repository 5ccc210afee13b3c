"""A whole evaluation of invented people, whose outcome can be counted by hand."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from server.evaluation.document import document_of
from server.evaluation.errors import NothingToEvaluate
from server.evaluation.faces import Faces
from server.evaluation.findings import Findings, Plan
from server.evaluation.labels import labelled
from server.evaluation.protocols import Protocol
from server.evaluation.run import evaluate
from server.evaluation.writing import written
from tests.fakes.face_engine import FakeFaceEngine, photo
from tests.fakes.labelled import Labelled, families


def test_relatives_who_are_not_enrolled_are_shown_their_relative(photographs: Labelled, plan: Plan) -> None:
    """Two of each family look alike, so every left-out person shows one relative and nobody else."""
    photographs.people(families(6))
    plan = replace(plan, protocol=Protocol.LEAVE_OUT)
    found, refused = evaluate(FakeFaceEngine(), labelled(photographs.sheet(), None, None), [], plan, lambda: None)
    assert (found.overall.tpir.events, found.overall.tpir.trials) == (12, 12)
    assert (found.overall.fpir.events, found.overall.fpir.trials) == (12, 12)
    strict, _ = evaluate(
        FakeFaceEngine(), labelled(photographs.sheet(), None, None), [], replace(plan, threshold=0.95), lambda: None
    )
    assert (strict.overall.tpir.events, strict.overall.fpir.events) == (12, 0)
    assert refused == ()
    assert found.counts.gallery_size == 11


def test_failures_are_misses_and_are_counted_apart(photographs: Labelled, plan: Plan) -> None:
    """Of ten strangers to each other, one has no usable reference and another one no usable probe."""
    names = [f"person{number}" for number in range(10)]
    for name in names:
        photographs.add(name, "gallery", *(["no-face"] if name == "person3" else []))
        photographs.add(name, "probe", *(["several-faces"] if name == "person5" else []))
    plan = replace(plan, protocol=Protocol.LEAVE_OUT)
    found, refused = evaluate(FakeFaceEngine(), labelled(photographs.sheet(), None, None), [], plan, lambda: None)
    assert (found.overall.fta.events, found.overall.fta.trials) == (1, 10)
    assert (found.refusals.fte.events, found.refusals.subjects_not_enrolled) == (1, 1)
    assert (found.overall.rank_1.events, found.overall.rank_1.trials) == (8, 10)
    assert (found.overall.tpir.events, found.overall.tpir.trials) == (8, 10)
    assert (found.overall.fpir.events, found.overall.fpir.trials) == (0, 10)
    assert dict(found.refusals.probes) == {"several-faces": 1}
    assert sorted(one.slug for one in refused) == ["no-face", "several-faces"]
    assert found.counts.enrolled == 9


def test_the_failure_to_enrol_is_of_references_and_not_of_probes(photographs: Labelled, plan: Plan) -> None:
    """Three of seven references show no face, and one of five probes."""
    photographs.people(["ada", "berg", "cid", "dag"])
    for _ in range(3):
        photographs.add("ada", "gallery", "no-face")
    photographs.add("ada", "probe", "no-face")
    found, _ = evaluate(FakeFaceEngine(), labelled(photographs.sheet(), None, None), [], plan, lambda: None)
    assert (found.refusals.fte.events, found.refusals.fte.trials) == (3, 7)
    assert (found.overall.fta.events, found.overall.fta.trials) == (1, 5)
    assert found.refusals.subjects_not_enrolled == 0


def test_who_stands_behind_the_last_place_of_the_list_is_missed_on_the_curves_too(
    photographs: Labelled, plan: Plan
) -> None:
    """Two probes of each show the other one of a family, who stands first; lists of one hold nobody else."""
    names = families(4)
    for name in names:
        photographs.add(name, "gallery")
    for name, other in zip(names, (*names[1::-1], *names[2:]), strict=True):
        photographs.add(other, "probe", subject=name)
    samples = labelled(photographs.sheet(), None, None)
    plan = replace(plan, protocol=Protocol.LEAVE_OUT)
    least = {}
    for cap in (1, 2):
        found, _ = evaluate(FakeFaceEngine(), samples, [], replace(plan, cap=cap), lambda: None)
        least[cap] = min(point.fnir for point in found.det)
        assert found.overall.fnir.value == least[cap]
    assert least == {1: 2 / 8, 2: 0.0}


def test_a_file_that_is_gone_is_counted_and_no_reason_to_stop(photographs: Labelled, plan: Plan) -> None:
    photographs.people(families(3))
    gone = photographs.add("family0-1", "probe")
    samples = labelled(photographs.sheet(), None, None)
    gone.unlink()
    found, refused = evaluate(FakeFaceEngine(), samples, [], plan, lambda: None)
    assert [one.path for one in refused] == [gone]
    assert dict(found.refusals.probes) == {"image-unreadable": 1}


def test_without_a_single_face_everything_is_missed_and_the_report_still_drawn(
    photographs: Labelled, plan: Plan, tmp_path: Path
) -> None:
    for name in ("ada", "berg", "cid"):
        photographs.add(name, "gallery", "no-face")
        photographs.add(name, "probe", "no-face")
    plan = replace(plan, fpir=0.5)
    found, refused = evaluate(FakeFaceEngine(), labelled(photographs.sheet(), None, None), [], plan, lambda: None)
    assert found.overall.tpir.value == 0
    assert found.overall.fta.value == 1
    assert len(refused) == 6
    assert found.calibration_refused is not None
    assert written(tmp_path, found, refused)[-1].stat().st_size > 10_000


def test_without_a_usable_probe_everything_is_missed(photographs: Labelled, plan: Plan) -> None:
    for name in ("ada", "berg", "cid"):
        photographs.add(name, "gallery")
        photographs.add(name, "probe", "no-face")
    found, _ = evaluate(FakeFaceEngine(), labelled(photographs.sheet(), None, None), [], plan, lambda: None)
    assert (found.overall.tpir.value, found.overall.fpir.value, found.overall.fta.value) == (0, 0, 1)
    assert found.counts.enrolled == 3


def test_nobody_to_search_for_is_told_before_a_photograph_is_read(photographs: Labelled, plan: Plan) -> None:
    photographs.add("ada", "gallery")
    photographs.add("berg", "probe")
    ticks: list[None] = []
    with pytest.raises(NothingToEvaluate, match="at least two subjects"):
        evaluate(FakeFaceEngine(), labelled(photographs.sheet(), None, None), [], plan, lambda: ticks.append(None))
    assert ticks == []


def test_probes_of_people_without_a_reference_search_in_every_trial(photographs: Labelled, plan: Plan) -> None:
    photographs.people(families(3))
    photographs.add("stranger", "probe")
    found, _ = evaluate(
        FakeFaceEngine(), labelled(photographs.sheet(), None, None), [], replace(plan, held_out=0.0), lambda: None
    )
    assert (found.counts.trials, found.counts.non_mated_searches, found.counts.non_mated_people) == (1, 1, 1)


def test_the_split_counts_distinct_people_apart_from_searches(findings: Findings) -> None:
    counts = findings.counts
    assert counts.trials == 5
    assert counts.non_mated_people <= counts.non_mated_probes < counts.non_mated_searches
    assert counts.mated_people <= counts.subjects == 20


def test_each_condition_and_each_group_has_its_row(findings: Findings) -> None:
    assert [row.label for row in findings.conditions] == ["as taken", "lying"]
    assert sum(row.probes for row in findings.conditions) == findings.overall.probes == 41
    assert findings.conditions[1].fta.events == 1
    grouping = findings.groups["region"]
    assert [(row.label, row.probes, row.people) for row in grouping.rows] == [
        ("<south> & 'west'", 24, 12),
        ("north", 17, 8),
    ]
    assert grouping.fta is not None
    assert grouping.fta.gini.value == pytest.approx(1.0)
    assert grouping.fta.floored


def test_every_photograph_ticks_once(photographs: Labelled, plan: Plan) -> None:
    photographs.people(families(4))
    ticks: list[None] = []
    evaluate(FakeFaceEngine(), labelled(photographs.sheet(), None, None), [], plan, lambda: ticks.append(None))
    assert len(ticks) == 16


def test_the_same_seed_gives_the_same_document(photographs: Labelled, plan: Plan) -> None:
    photographs.people(families(5), "lying")
    samples = labelled(photographs.sheet(), None, None)
    first, again, other = (
        document_of(evaluate(FakeFaceEngine(), samples, [], one, lambda: None)[0])
        for one in (plan, plan, replace(plan, seed=2))
    )
    assert first == again
    assert first["overall"] != other["overall"]


def test_the_files_name_nobody_but_in_the_list_of_refused_photographs(
    photographs: Labelled, plan: Plan, tmp_path: Path
) -> None:
    photographs.people(families(3))
    photographs.add("family0-1", "probe", "no-face")
    found, refused = evaluate(FakeFaceEngine(), labelled(photographs.sheet(), None, None), [], plan, lambda: None)
    files = {file.name: file.read_text() for file in written(tmp_path, found, refused)}
    assert set(files) == {"report.html", "evaluation.json", "refused.csv"}
    assert "no face was found" in files["refused.csv"]
    for name in ("report.html", "evaluation.json"):
        assert "family" not in files[name].replace("font-family", "").replace("system-ui", "")
        assert str(tmp_path) not in files[name]


@dataclass(frozen=True)
class Effaced:
    """Every photograph is exchanged for one without a face."""

    name: str = "effaced"

    def of(self, image: bytes, faces: Faces) -> bytes:
        return photo("nobody", "no-face")


def test_altered_photographs_have_rows_of_their_own_and_change_nothing_else(photographs: Labelled, plan: Plan) -> None:
    photographs.people(families(4), condition="as taken")
    samples = labelled(photographs.sheet(), None, None)
    plain, _ = evaluate(FakeFaceEngine(), samples, [], plan, lambda: None)
    altered, _ = evaluate(FakeFaceEngine(), samples, [Effaced()], plan, lambda: None)
    assert altered.conditions != plain.conditions
    assert replace(altered, conditions=plain.conditions) == plain
