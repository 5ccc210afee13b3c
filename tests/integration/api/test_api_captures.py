"""Photographs judged over HTTP: a face chosen among several, a poor image with its advice, a life at risk."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from server.domain.events import Act
from server.domain.quality import RECAPTURE_ADVICE, Component
from tests.fakes.face_engine import photo
from tests.integration.api.caller import FORM, Caller, Part, probe
from tests.world import World

SEVERAL = photo("berg-1", "several-faces")
BOX = [40, 30, 200, 240]
AT_RISK = {**FORM, "ground": "missing-or-at-risk", "harm": "The tide comes in over the mud.", "life_at_risk": True}


def face(content: object) -> Part:
    return ("face", (None, content if isinstance(content, bytes) else json.dumps(content).encode()))


def sent(api: Caller, parts: list[Part]) -> httpx.Response:
    return api.call(api.world.officer(), "POST", "/v1/searches", files=parts)


def assert_refused(api: Caller, parts: list[Part], slug: str) -> Any:
    """It stores nothing and is one entry of the trail; returns the problem."""
    api.headers(api.world.officer())
    before, length = api.world.stored(), len(api.world.entries())
    answer = sent(api, parts)
    assert (answer.status_code, answer.json()["type"]) == (422, slug)
    assert api.world.stored() == before
    (entry,) = api.world.entries()[length:]
    assert entry.act == Act.REFUSED
    assert json.loads(entry.leaf)["details"] == {"attempted": "POST /v1/searches", "problem": slug}
    return answer.json()


def test_several_faces_are_pointed_out_and_the_one_named_is_searched(api: Caller, world: World) -> None:
    problem = assert_refused(api, probe(SEVERAL), "several-faces")
    chosen = face({"image": problem["image"], "box": problem["boxes"][0]})
    answer = sent(api, [*probe(SEVERAL), chosen])
    assert answer.status_code == 201
    assert len(answer.json()["candidates"]) == 2
    assert json.loads(world.last(Act.SEARCH_ANSWERED).leaf)["details"]["faces_named"] == 1


MALFORMED: dict[str, list[object]] = {
    "no JSON": [b"{"],
    "not UTF-8": [b"\xff"],
    "empty": [b""],
    "a list": [[0, BOX]],
    "no box": [{"image": 0}],
    "no image": [{"box": BOX}],
    "three numbers": [{"image": 0, "box": BOX[:3]}],
    "five numbers": [{"image": 0, "box": [*BOX, 1]}],
    "no width": [{"image": 0, "box": [40, 30, 0, 240]}],
    "a fraction": [{"image": 0, "box": [40.5, 30, 200, 240]}],
    "a large number": [{"image": 0, "box": [2**70, 30, 200, 240]}],
    "an unknown field": [{"image": 0, "box": BOX, "Quetzalowicz": 1}],
    "two for one photograph": [{"image": 0, "box": BOX}] * 2,
    "image below the first": [{"image": -1, "box": BOX}],
    "a photograph that was not sent": [{"image": 1, "box": BOX}],
    "image above the fifth": [{"image": 5, "box": BOX}],
}


@pytest.mark.parametrize("faces", MALFORMED.values(), ids=MALFORMED.keys())
def test_a_face_part_of_another_form_is_refused(api: Caller, faces: list[object]) -> None:
    assert_refused(api, [*probe(SEVERAL), *map(face, faces)], "request-invalid")


def test_a_face_named_where_none_stands_is_refused(api: Caller) -> None:
    assert_refused(api, [*probe(SEVERAL), face({"image": 0, "box": [900, 900, 50, 50]})], "face-not-there")


def test_a_poor_image_is_refused_with_what_to_do(api: Caller) -> None:
    problem = assert_refused(api, probe(photo("berg-1", "smeared")), "poor-image")
    assert problem["advice"] == [Component.SHARPNESS.advice]
    assert set(problem) == {"type", "title", "status", "advice"}


@pytest.mark.parametrize("changed", [{"harm": ""}, {"harm": "x" * 19}, {"ground": "refuses"}], ids=str)
def test_a_life_at_risk_without_its_reason_is_refused(api: Caller, changed: dict[str, str]) -> None:
    parts = probe(photo("berg-1", "smeared"), purpose={**AT_RISK, **changed})
    assert_refused(api, parts, "life-at-risk-unfounded")


def test_a_life_at_risk_lifts_the_gate_and_the_search_says_so(api: Caller) -> None:
    answer = sent(api, probe(photo("berg-1", "smeared"), purpose=AT_RISK))
    assert answer.status_code == 201
    assert answer.json()["capture"] == {
        "faults": ["sharpness"],
        "advice": [Component.SHARPNESS.advice],
        "recapture": False,
        "agreement": None,
        "overridden": True,
    }


def test_what_was_found_is_the_same_when_the_search_is_opened_again(api: Caller, world: World) -> None:
    answer = sent(api, probe(photo("berg-1", "dark", "screen"), photo("berg-1"))).json()
    assert answer["capture"] == {
        "faults": ["dark"],
        "advice": [Component.DARK.advice, RECAPTURE_ADVICE],
        "recapture": True,
        "agreement": "clear",
        "overridden": False,
    }
    for path in ("current", answer["id"]):
        assert api.call(world.officer(), "GET", f"/v1/searches/{path}").json()["capture"] == answer["capture"]
