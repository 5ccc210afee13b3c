"""Poor photographs are judged as the live service judges them: they stop a search or enrolment, or shorten a list."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import pytest

from server.domain.image_errors import ImageRefused, PoorReference
from server.evaluation.document import document_of
from server.evaluation.findings import Findings, Plan
from server.evaluation.labels import labelled
from server.evaluation.material import Refused
from server.evaluation.protocols import Protocol
from server.evaluation.report import report_of
from server.evaluation.run import evaluate
from server.evaluation.summary import summary_of
from server.evaluation.writing import written
from tests.fakes.face_engine import FakeFaceEngine, photo
from tests.fakes.labelled import Labelled, families
from tests.world import POLICY, PROVENANCE, World

FAMILY = [f"berg-{number}" for number in range(1, 9)]
CONDITIONS = ("", "dark", "blurred", "blurred masked", "blurred masked dark", "smeared", "smeared masked", "no-face")


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def plan(plan: Plan) -> Plan:
    return replace(plan, protocol=Protocol.LEAVE_OUT)


def _evaluated(photographs: Labelled, plan: Plan) -> tuple[Findings, tuple[Refused, ...]]:
    return evaluate(FakeFaceEngine(), labelled(photographs.sheet(), None, None), [], plan, lambda: None)


def _of_the_brother(photographs: Labelled, *conditions: str) -> None:
    """A probe of berg-1 that looks more like berg-2, so that his own reference stands second."""
    photographs.add("berg-2", "probe", *conditions, subject="berg-1")


def test_a_probe_too_poor_to_search_with_is_a_failure_to_acquire_and_a_miss(
    photographs: Labelled, plan: Plan, tmp_path: Path
) -> None:
    photographs.people(families(3))
    smeared = photographs.add("family0-1", "probe", "smeared")
    found, refused = _evaluated(photographs, replace(plan, threshold=-1.0))
    assert (found.overall.fta.events, found.overall.fta.trials) == (1, 7)
    assert (found.overall.tpir.events, found.overall.tpir.trials) == (6, 7)
    assert (found.overall.fpir.events, found.overall.fpir.trials) == (6, 7)
    assert (found.overall.rank_1.events, found.overall.rank_1.trials) == (6, 7)
    assert dict(found.refusals.probes) == {"poor-image": 1}
    assert [(one.path, one.role, one.slug) for one in refused] == [(smeared, "probe", "poor-image")]
    written(tmp_path, found, refused)
    with (tmp_path / "refused.csv").open(newline="") as file:
        assert [row["reason"] for row in csv.DictReader(file)] == [
            "too small, too blurred or turned too far for a search"
        ]


def test_a_reference_too_poor_to_be_enrolled_leaves_its_person_unfound(photographs: Labelled, plan: Plan) -> None:
    photographs.people(families(2))
    photographs.add("ada", "gallery", "smeared")
    photographs.add("ada", "probe")
    found, refused = _evaluated(photographs, replace(plan, threshold=-1.0))
    assert (found.refusals.fte.events, found.refusals.fte.trials) == (1, 5)
    assert (found.refusals.subjects_not_enrolled, found.counts.enrolled) == (1, 4)
    assert (found.overall.tpir.events, found.overall.tpir.trials) == (4, 5)
    assert dict(found.refusals.references) == {"poor-reference": 1}
    assert [one.slug for one in refused] == ["poor-reference"]


@pytest.mark.parametrize(("conditions", "found"), [((), 3), (("masked",), 2)])
def test_a_poor_probe_is_missed_where_its_own_reference_stands_below_its_short_list(
    photographs: Labelled, plan: Plan, conditions: tuple[str, ...], found: int
) -> None:
    """A weight of a half leaves one place of two, and the own reference stands second."""
    photographs.people(["berg-1", "berg-2"])
    _of_the_brother(photographs, *conditions)
    measured, refused = _evaluated(photographs, replace(plan, cap=2))
    assert refused == ()
    assert (measured.overall.tpir.events, measured.overall.tpir.trials) == (found, 3)
    assert (measured.cmc[0].events, measured.cmc[1].events) == (2, 3)
    assert measured.overall.fpir.events == 3
    assert dict(measured.lists) == ({2: 2, 1: 1} if conditions else {2: 3})


def test_the_short_list_costs_on_every_curve_and_in_the_differentials(photographs: Labelled, plan: Plan) -> None:
    photographs.people(["berg-1", "berg-2"])
    _of_the_brother(photographs, "masked")
    photographs.rows[-1]["cover"] = "masked"
    for row in photographs.rows[:-1]:
        row["cover"] = "none"
    found, _ = _evaluated(photographs, replace(plan, cap=2))
    assert found.curve[0].tpir.events == found.points[0].tpir.events == 2
    assert {point.fnir for point in found.det} == {1 / 3}
    grouping = found.groups["cover"]
    assert [(row.label, row.tpir.events) for row in grouping.rows] == [("masked", 0), ("none", 2)]
    assert grouping.fnir is not None
    assert grouping.fnir.gini.value == pytest.approx(1.0)


@pytest.mark.parametrize("condition", CONDITIONS)
def test_as_many_are_found_as_a_live_search_would_show(
    photographs: Labelled, plan: Plan, world: World, condition: str
) -> None:
    """Eight photographs of one of eight alike, each labelled as another of them: those on the live list are found."""
    words = condition.split()
    for member in FAMILY:
        world.enrol(member)
        photographs.add(member, "gallery")
        photographs.add("berg-1", "probe", *words, subject=member)
    found, refused = _evaluated(photographs, replace(plan, threshold=POLICY.threshold, cap=POLICY.cap))
    shown, slugs = _live(world, photo("berg-1", *words))
    assert {one.slug for one in refused} == slugs
    assert (found.overall.fta.events, found.overall.tpir.events) == (8 * len(slugs), shown)
    assert dict(found.lists) == ({} if slugs else {shown: 8})


def _live(world: World, probe: bytes) -> tuple[int, set[str]]:
    """How many a live search shows, and the slug of its refusal if it is refused."""
    try:
        return len(world.search(world.officer(), probe).candidates), set()
    except ImageRefused as refusal:
        return 0, {refusal.slug}


def test_what_a_live_enrolment_refuses_is_no_reference(photographs: Labelled, plan: Plan, world: World) -> None:
    photographs.people(["ada", "cid"])
    photographs.add("ada", "gallery", "smeared")
    _, (refused,) = _evaluated(photographs, plan)
    subject = world.enrol("ada").subject_id
    with pytest.raises(PoorReference) as live:
        world.workflows.enrolment.enrol(world.manager(), subject, PROVENANCE, photo("ada", "smeared"))
    assert refused.slug == live.value.slug


@pytest.mark.parametrize(
    ("conditions", "told"),
    [
        ((), "at most 2 people; no probe was so poor that its list was shorter"),
        (("masked",), "at most 2 people, shorter for poor photographs: 2 (for 2), 1 (for 1) of 3 probes"),
    ],
)
def test_the_reader_is_told_how_long_the_lists_were(
    photographs: Labelled, plan: Plan, conditions: tuple[str, ...], told: str
) -> None:
    photographs.people(["berg-1", "berg-2"])
    _of_the_brother(photographs, *conditions)
    found, _ = _evaluated(photographs, replace(plan, cap=2))
    assert f"Lists         {told}" in summary_of(found)
    assert told in report_of(found)
    lists = document_of(found)["lists"]
    assert sum(one["probes"] for one in lists) == 3
    assert lists[0] == {"at_most": 2, "probes": 2 if conditions else 3}
