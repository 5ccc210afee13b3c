from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from server.evaluation.findings import Findings, Plan
from server.evaluation.labels import labelled
from server.evaluation.protocols import Protocol
from server.evaluation.run import evaluate
from tests.fakes.face_engine import FakeFaceEngine
from tests.fakes.labelled import Labelled, families

PLAN = Plan(
    protocol=Protocol.SPLIT,
    held_out=0.3,
    times=5,
    seed=1,
    threshold=0.6,
    cap=6,
    fpir=None,
    gallery_size=None,
    agreement=0.5,
    data="invented people",
    today=date(2026, 1, 2),
    software="oifr 0",
)


@pytest.fixture(scope="session")
def plan() -> Plan:
    return PLAN


@pytest.fixture
def photographs(tmp_path: Path) -> Labelled:
    return Labelled(tmp_path)


@pytest.fixture(scope="session")
def findings(tmp_path_factory: pytest.TempPathFactory) -> Findings:
    """Of twenty people in ten families, two groups and two conditions, one probe without a face."""
    photographs = Labelled(tmp_path_factory.mktemp("photographs"))
    for number, name in enumerate(families(10)):
        group = {"region": "north" if number < 8 else "<south> & 'west'"}
        photographs.add(name, "gallery", **group)
        photographs.add(name, "probe", condition="as taken", **group)
        photographs.add(name, "probe", "lying", condition="lying", **group)
    photographs.add("family0-1", "probe", "no-face", condition="lying", region="north")
    samples = labelled(photographs.sheet(), None, None)
    found, _ = evaluate(FakeFaceEngine(), samples, [], PLAN, lambda: None)
    return found
