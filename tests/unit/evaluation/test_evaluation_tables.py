"""Rates and differentials of labelled groups against counts by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from server.evaluation.findings import Findings, Grouping, Plan
from server.evaluation.labels import labelled
from server.evaluation.protocols import Protocol
from server.evaluation.run import evaluate
from tests.fakes.face_engine import FakeFaceEngine
from tests.fakes.labelled import Labelled


@pytest.fixture
def found(photographs: Labelled, plan: Plan) -> Findings:
    """Everybody is enrolled, has one probe and is left out once.

    North: of four, two look alike, and one probe shows no face. South: of five, two probes show no face, and Hal's
    shows Fia. Kim, without a face too, has no label.
    """
    photographs.people(["berg-1", "berg-2", "cid"], region="north")
    photographs.people(["dag"], "no-face", region="north")
    photographs.people(["fia", "gro"], region="south")
    photographs.people(["ida", "jon"], "no-face", region="south")
    photographs.add("hal", "gallery", region="south")
    photographs.add("fia", "probe", subject="hal", region="south")
    photographs.people(["kim"], "no-face")
    plan = replace(plan, protocol=Protocol.LEAVE_OUT)
    findings, _ = evaluate(FakeFaceEngine(), labelled(photographs.sheet(), None, None), [], plan, lambda: None)
    return findings


@pytest.fixture
def regions(found: Findings) -> Grouping:
    return found.groups["region"]


def test_each_row_counts_its_own_probes(regions: Grouping, found: Findings) -> None:
    counted = {
        row.label: [(rate.events, rate.trials) for rate in (row.fta, row.fnir, row.fpir, row.rank_1)]
        for row in (*regions.rows, found.overall)
    }
    assert counted == {
        "north": [(1, 4), (1, 4), (2, 4), (3, 4)],
        "south": [(2, 5), (3, 5), (1, 5), (2, 5)],
        "all as given": [(4, 10), (5, 10), (3, 10), (5, 10)],
    }


def test_the_differentials_compare_the_rates_of_the_groups(regions: Grouping) -> None:
    """Of two rates Gini is their difference by their sum, and MXOG the root of the greater by the lesser."""
    assert regions.fta is not None
    assert regions.fnir is not None
    assert regions.fpir is not None
    assert regions.fta.gini.value == pytest.approx((2 / 5 - 1 / 4) / (2 / 5 + 1 / 4))
    assert regions.fnir.gini.value == pytest.approx((3 / 5 - 1 / 4) / (3 / 5 + 1 / 4))
    assert regions.fpir.gini.value == pytest.approx((2 / 4 - 1 / 5) / (2 / 4 + 1 / 5))
    mxogs = [one.mxog.value for one in (regions.fta, regions.fnir, regions.fpir) if one.mxog is not None]
    assert mxogs == pytest.approx([(8 / 5) ** 0.5, (12 / 5) ** 0.5, (5 / 2) ** 0.5])
