"""Pairs of records over HTTP: for gallery managers, by ids alone, with an entry and a receipt."""

from __future__ import annotations

import json

from server.domain.events import Act
from tests.fakes.face_engine import photo
from tests.integration.api.caller import Caller
from tests.world import World

RECORD = json.dumps({"source": "custody", "lawful_basis": "Regulation 12", "captured_on": "2024-01-31"})


def test_a_manager_lists_the_pairs_and_settles_one(world: World, api: Caller) -> None:
    manager = world.manager()
    listed = api.call(manager, "GET", "/v1/duplicates").json()
    (pair,) = listed["pairs"]
    assert (listed["total"], pair["verdict"]) == (1, "open")
    with world.database.read() as view:
        records = [view.subjects.subject(pair[side]["subject"]).record_number for side in ("added", "earlier")]
    assert records == ["RN-berg-2", "RN-berg-1"]
    assert world.last(Act.DUPLICATES_CONSULTED).actor_id == manager.id
    settled = api.call(manager, "PUT", f"/v1/duplicates/{pair['id']}/verdict", json={"verdict": "different"})
    assert settled.status_code == 200
    assert '"verdict":"different"' in settled.json()["receipt"]["leaf"]
    assert api.call(manager, "GET", "/v1/duplicates").json() == {"pairs": [], "total": 0}
    different = api.call(manager, "GET", "/v1/duplicates", params={"verdict": "different"}).json()
    assert [one["id"] for one in different["pairs"]] == [pair["id"]]


def test_nobody_else_sees_or_settles_them(world: World, api: Caller) -> None:
    for actor in (world.officer(), world.supervisor()):
        for method, path in (("GET", "/v1/duplicates"), ("PUT", f"/v1/duplicates/{'a' * 32}/verdict")):
            answer = api.call(actor, method, path, json={"verdict": "same"} if method == "PUT" else None)
            assert (answer.status_code, answer.json()["type"]) == (403, "role-missing")
            assert world.last(Act.REFUSED).actor_id == actor.id
    assert api.call(None, "GET", "/v1/duplicates").status_code == 401


def test_a_pair_that_is_not_there_and_a_verdict_that_is_none(world: World, api: Caller) -> None:
    manager = world.manager()
    absent = api.call(manager, "PUT", f"/v1/duplicates/{'a' * 32}/verdict", json={"verdict": "same"})
    assert (absent.status_code, absent.json()["type"]) == (404, "duplicate-unknown")
    for form in ({"verdict": "merged"}, {}, {"verdict": "same", "merge": True}):
        assert api.call(manager, "PUT", f"/v1/duplicates/{'a' * 32}/verdict", json=form).status_code == 422
    assert api.call(manager, "GET", "/v1/duplicates", params={"limit": 501}).status_code == 422


def test_single_enrolment_refuses_a_poor_photograph_and_one_that_is_held(world: World, api: Caller) -> None:
    manager, ada = world.manager(), world.enrol("ada")
    path = f"/v1/subjects/{ada.subject_id}/references"

    def enrolled(*conditions: str) -> tuple[int, str | None]:
        files = [("record", (None, RECORD.encode())), ("image", ("photo.jpg", photo("ada", *conditions)))]
        answer = api.call(manager, "POST", path, files=files)
        return answer.status_code, answer.json().get("type")

    assert enrolled("smeared") == (422, "poor-reference")
    assert enrolled() == (409, "reference-held")
    assert enrolled("older") == (201, None)
