"""Two people side by side in one photograph, through the real engine: the officer names who is meant.

The installation is its own and has the model's own threshold: under the shared one's, all drawn people look alike.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from server.web.api.views import CaptureView
from tests.integration.service.caller import Caller, Json
from tests.integration.service.installation import ROOT, Installation
from tests.integration.service.staff import ADA, BEA, MANAGER, OFFICER, SUPERVISOR, hire
from tests.integration.service.traces import opened_database, searches_of, vault_of
from tests.real_redis import need_redis_server

DEMO = ROOT / "server" / "demo"
LEFT, RIGHT = "000", "001"
ELSEWHERE = [0, 0, 60, 60]


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """Ada is the person drawn on the left, Bea the one on the right."""
    need_redis_server()
    own = Installation.at(tmp_path_factory.mktemp("named") / "own")
    hire(own)
    with own.serving():
        with Caller(own.url, MANAGER) as manager:
            manager.enrol(ADA, _drawn("gallery", LEFT).read_bytes())
            manager.enrol(BEA, _drawn("gallery", RIGHT).read_bytes())
        yield own


@pytest.fixture
def officer(own: Installation) -> Iterator[Caller]:
    with Caller(own.url, OFFICER) as officer:
        yield officer


def test_whoever_of_two_is_named_is_the_candidate(own: Installation, officer: Caller) -> None:
    boxes = _refused(own, officer, "several-faces")["boxes"]
    assert len(boxes) == 2
    left, right = sorted(boxes)
    assert left[0] + left[2] <= _width() / 2 <= right[0]
    for box, person in ((left, ADA), (right, BEA)):
        view = officer.answered(_side_by_side(), faces=[{"image": 0, "box": box}])
        assert _details(own)["faces_named"] == 1
        assert _capture_kept(own, view["id"]) == view["capture"]
        assert _record_numbers(officer, view) == [person.record_number]


def test_where_nobody_stands_nobody_is_searched(own: Installation, officer: Caller) -> None:
    _refused(own, officer, "face-not-there", {"image": 0, "box": ELSEWHERE})


def _refused(own: Installation, officer: Caller, slug: str, *faces: Json) -> Any:
    """The problem document; nothing is stored, and the refusal is the newest entry."""
    before = _stored(own)
    answer = officer.search(_side_by_side(), faces=faces)
    assert (answer.status_code, answer.json()["type"]) == (422, slug)
    assert _stored(own) == before
    assert _details(own) == {"attempted": "POST /v1/searches", "problem": slug}
    return answer.json()


def _record_numbers(officer: Caller, view: Any) -> list[str]:
    """Of everybody put forward, read after all are judged the same; the search is decided afterwards."""
    for candidate in view["candidates"]:
        view = officer.judge(view["id"], candidate["label"], "same").json()
    officer.settle(view)
    return [candidate["record"]["record_number"] for candidate in view["candidates"]]


def _details(own: Installation) -> Any:
    with Caller(own.url, SUPERVISOR) as supervisor:
        entries = supervisor.entries(limit=10)
    newest = next(entry for entry in entries if entry["act"] in {"refused", "search-answered"})
    return json.loads(newest["leaf"])["details"]


def _stored(own: Installation) -> tuple[int, set[str]]:
    with opened_database(own) as database:
        return len(searches_of(database)), vault_of(own)


def _capture_kept(own: Installation, search_id: str) -> Any:
    """As another process reads it from the database file."""
    with opened_database(own) as database, database.read() as view:
        return CaptureView.of(view.searches.get(search_id).capture).model_dump(mode="json")


def _drawn(folder: str, name: str) -> Path:
    return DEMO / folder / f"{name}.jpg"


def _side_by_side() -> bytes:
    pictures = [Image.open(_drawn("field", f"{number}_upright")) for number in (LEFT, RIGHT)]
    both = Image.new("RGB", (_width(), pictures[0].height))
    both.paste(pictures[0], (0, 0))
    both.paste(pictures[1], (pictures[0].width, 0))
    written = BytesIO()
    both.save(written, "JPEG", quality=92)
    return written.getvalue()


def _width() -> int:
    """Of both pictures, which are equally wide."""
    return 2 * Image.open(_drawn("field", f"{LEFT}_upright")).width
