"""Photographs as they are judged, over HTTP: a face named among several, poor ones refused, and plain advice."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import httpx
import pytest

from server.domain.capture import Sample
from server.domain.events import Act
from server.domain.face import NamedFace
from server.domain.quality import RECAPTURE_ADVICE, Component, Quality
from server.telemetry import JsonLines
from tests.fakes.face_engine import FakeFaceEngine, photo
from tests.integration.api.caller import FORM, Caller, Part, probe
from tests.world import World

MEASURED = 0.739182
CROWD = photo("berg-1", "several-faces")
HERS = {"image": 0, "box": [40, 30, 200, 240]}
ELSEWHERE = {"image": 0, "box": [900, 900, 200, 240]}
HARM = "Breathes badly and may need a medicine we do not know."
AT_RISK = {**FORM, "ground": "unable-to-identify", "harm": HARM, "life_at_risk": True}
SMEARED = photo("berg-1", "smeared")


class MeasuringEngine(FakeFaceEngine):
    """Measures the same number of every component, which is easy to look for."""

    def sample_of(self, images: Sequence[bytes], named: Sequence[NamedFace] = ()) -> Sample:
        sample = super().sample_of(images, named)
        findings = tuple(replace(finding, value=MEASURED) for finding in sample.quality.findings)
        return replace(sample, quality=Quality(findings))


@pytest.fixture
def world() -> World:
    world = World()
    world.engine = MeasuringEngine()
    world.workflows = world.compose()
    world.enrol("berg-1")
    world.enrol("berg-2")
    return world


def faces(*choices: object) -> list[Part]:
    return [("face", (None, json.dumps(choice).encode())) for choice in choices]


def send(api: Caller, parts: Sequence[Part]) -> httpx.Response:
    return api.call(api.world.officer(), "POST", "/v1/searches", files=parts)


def assert_refused(api: Caller, parts: Sequence[Part], slug: str) -> Any:
    """Refused with this problem, which is returned; nothing is stored, and the trail has one entry more."""
    world = api.world
    api.headers(world.officer())
    before, acts = world.stored(), world.acts()
    answer = send(api, parts)
    assert (answer.status_code, answer.json()["type"]) == (422, slug)
    assert world.stored() == before
    assert world.acts() == [*acts, Act.REFUSED]
    entry = world.last(Act.REFUSED)
    assert entry.actor_id == world.officer().id
    assert json.loads(entry.leaf)["details"] == {"attempted": "POST /v1/searches", "problem": slug}
    return answer.json()


# --- one face among several -------------------------------------------------------------------------------------


def test_several_faces_are_answered_with_boxes_and_the_named_one_is_searched(api: Caller, world: World) -> None:
    refused = assert_refused(api, probe(CROWD), "several-faces")
    assert (refused["image"], refused["boxes"]) == (0, [[40, 30, 200, 240], [400, 90, 80, 96]])
    choice = {"image": refused["image"], "box": refused["boxes"][0]}
    answer = send(api, [*probe(CROWD), *faces(choice)])
    assert answer.status_code == 201
    assert len(answer.json()["candidates"]) == 2
    assert json.loads(world.last(Act.SEARCH_ANSWERED).leaf)["details"]["faces_named"] == 1


def test_the_photograph_with_several_faces_is_numbered_and_named_by_its_number(api: Caller) -> None:
    parts = probe(photo("berg-1"), CROWD)
    refused = assert_refused(api, parts, "several-faces")
    assert refused["image"] == 1
    assert_refused(api, [*parts, *faces(HERS)], "several-faces")
    assert send(api, [*parts, *faces({**HERS, "image": 1})]).status_code == 201


def test_a_box_without_a_face_is_refused(api: Caller) -> None:
    assert_refused(api, [*probe(CROWD), *faces(ELSEWHERE)], "face-not-there")


@pytest.mark.parametrize("photograph", [CROWD, photo("berg-1")])
def test_a_face_on_a_photograph_that_was_not_sent_is_refused(api: Caller, photograph: bytes) -> None:
    assert_refused(api, [*probe(photograph), *faces({**HERS, "image": 1})], "face-not-there")


MALFORMED = {
    "a sixth photograph": [{**HERS, "image": 5}],
    "a photograph before the first": [{**HERS, "image": -1}],
    "no photograph": [{"box": HERS["box"]}],
    "no box": [{"image": 0}],
    "a box of three": [{"image": 0, "box": [40, 30, 200]}],
    "a box without width": [{"image": 0, "box": [40, 30, 0, 240]}],
    "a box of an endless width": [{"image": 0, "box": [40, 30, 10**30, 240]}],
    "a box of words": [{"image": 0, "box": ["left", "top", "wide", "high"]}],
    "an unknown field": [{**HERS, "Quetzalowicz": 1}],
    "a list": [[HERS]],
    "NaN": [{"image": 0, "box": [float("nan"), 30, 200, 240]}],
    "two faces for one photograph": [HERS, ELSEWHERE],
    "the same face twice": [HERS, HERS],
}


@pytest.mark.parametrize("choices", MALFORMED.values(), ids=MALFORMED.keys())
def test_a_malformed_face_is_refused(api: Caller, choices: list[object]) -> None:
    assert_refused(api, [*probe(CROWD), *faces(*choices)], "request-invalid")


@pytest.mark.parametrize("text", [b"", b"{", b"\xff", b"[" * 50_000])
def test_a_face_that_is_no_json_is_refused(api: Caller, text: bytes) -> None:
    assert_refused(api, [*probe(CROWD), ("face", (None, text))], "request-invalid")


# --- what stops a search ----------------------------------------------------------------------------------------


def test_a_poor_image_is_refused_with_advice(api: Caller) -> None:
    assert assert_refused(api, probe(SMEARED), "poor-image")["advice"] == [Component.SHARPNESS.advice]


def test_a_life_at_risk_lifts_the_gate_and_the_answer_says_so(api: Caller) -> None:
    answer = send(api, probe(SMEARED, purpose=AT_RISK))
    assert answer.status_code == 201
    assert len(answer.json()["candidates"]) == 1
    assert answer.json()["capture"]["overridden"] is True


@pytest.mark.parametrize("change", [{"ground": "refuses"}, {"ground": "false-details"}, {"harm": ""}, {"harm": "risk"}])
def test_an_unfounded_life_at_risk_is_refused_whatever_the_photograph(api: Caller, change: dict[str, str]) -> None:
    for photograph in (SMEARED, photo("berg-1")):
        assert_refused(api, probe(photograph, purpose={**AT_RISK, **change}), "life-at-risk-unfounded")


# --- what the answer says ---------------------------------------------------------------------------------------


def test_the_capture_is_the_same_from_every_answer(api: Caller, world: World) -> None:
    posted = send(api, probe(photo("berg-1", "dark"), photo("berg-1", "screen", "unlike"))).json()
    capture = posted["capture"]
    assert (capture["faults"], capture["recapture"], capture["agreement"]) == (["dark"], True, "weak")
    assert capture["overridden"] is False
    assert capture["advice"][:2] == [Component.DARK.advice, RECAPTURE_ADVICE]
    assert len(capture["advice"]) == 3
    for path in ("current", posted["id"]):
        assert api.call(world.officer(), "GET", f"/v1/searches/{path}").json()["capture"] == capture


def test_a_good_photograph_has_an_empty_capture(api: Caller) -> None:
    capture = send(api, probe(photo("berg-1"))).json()["capture"]
    assert capture == {"faults": [], "advice": [], "recapture": False, "agreement": None, "overridden": False}


def test_neither_score_nor_value_nor_template_leaves(
    api: Caller, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    poor = photo("berg-1", "smeared", "dark", "screen")
    answers = [send(api, probe(poor)), send(api, [*probe(CROWD), *faces(ELSEWHERE)])]
    answers.append(send(api, probe(poor, purpose=AT_RISK)))
    answers.append(api.call(world.officer(), "GET", "/v1/searches/current"))
    assert [answer.status_code for answer in answers] == [422, 422, 201, 200]
    logged = [JsonLines().format(record) for record in caplog.records]
    assert logged
    written = "\n".join(
        [*(answer.text for answer in answers), *logged, *(str(entry.leaf) for entry in world.entries())]
    )
    api.assert_nothing_private(written)
    template = world.engine.sample_of([poor]).template
    for number in (MEASURED, *template.vector[:8].tolist()):
        assert f"{abs(number):.5f}"[:-1] not in written
    assert "weight" not in written
    assert "score" not in written
