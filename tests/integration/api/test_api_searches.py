"""The whole way of a search over HTTP, and what each answer shows and hides."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from server.audit.checkpoint import Signer
from server.domain.actors import Actor
from server.domain.events import Act
from server.domain.matchers import Matcher, Standing
from server.domain.search import SearchState
from tests.fakes.face_engine import photo
from tests.integration.api.caller import FORM, Caller, Part, probe
from tests.world import EVIDENCE_AGAINST, PASSWORD, POLICY, World

NAMED = {
    "outcome": "candidate",
    "label": "A",
    "corroboration": ["document"],
    "evidence_against": EVIDENCE_AGAINST,
}


def judged(api: Caller, officer: Actor, search_id: str, judgement: str) -> dict[str, Any]:
    """The search after both faces got the same judgement."""
    for label in "AB":
        answer = api.call(
            officer, "POST", f"/v1/searches/{search_id}/judgements", json={"label": label, "judgement": judgement}
        )
        assert answer.status_code == 200
    document: dict[str, Any] = answer.json()
    return document


def test_a_search_from_sign_in_to_its_receipt(api: Caller, world: World) -> None:
    session = api.call(None, "POST", "/v1/sessions", json={"name": world.officer().name, "password": PASSWORD})
    assert session.status_code == 201
    headers = {"Authorization": f"Bearer {session.json()['token']}"}
    answered = api.call(None, "POST", "/v1/searches", files=probe(photo("berg-1", "lying")), headers=headers)
    assert answered.status_code == 201
    path = f"/v1/searches/{answered.json()['id']}"
    image = api.call(None, "GET", f"{path}/candidates/A/image", headers=headers)
    assert (image.status_code, image.headers["Content-Type"]) == (200, "image/jpeg")
    judged(api, world.officer(), answered.json()["id"], "same")
    decided = api.call(None, "POST", f"{path}/decision", json=NAMED, headers=headers)
    assert decided.status_code == 201
    assert decided.json()["search"]["state"] == SearchState.DECIDED
    assert api.call(None, "GET", "/v1/searches/current", headers=headers).status_code == 404
    assert api.call(None, "DELETE", "/v1/sessions/current", headers=headers).status_code == 204


def test_the_answer_shows_letters_in_order_and_neither_score_nor_rank_nor_record(api: Caller, world: World) -> None:
    answer = api.call(world.officer(), "POST", "/v1/searches", files=probe(photo("berg-1"))).json()
    assert answer["candidates"] == [
        {"label": "A", "judgement": None, "record": None},
        {"label": "B", "judgement": None, "record": None},
    ]
    assert answer["expires_at"].endswith("Z")
    stored = world.database.state.searches[answer["id"]]
    for hidden in (*(candidate.reference_id for candidate in stored.candidates), "score", "threshold", "seed"):
        assert hidden not in json.dumps(answer)


def test_a_stranger_gets_an_empty_list_and_a_decision_at_once(api: Caller, world: World) -> None:
    search = api.search(world.officer(), photo("stranger"))
    assert search.candidates == ()
    answer = api.call(world.officer(), "POST", f"/v1/searches/{search.id}/decision", json={"outcome": "none-of-these"})
    assert answer.status_code == 201


@pytest.mark.parametrize("judgement", ["different", "cannot-tell"])
def test_without_the_judgement_same_no_record_opens(api: Caller, world: World, judgement: str) -> None:
    search = api.search(world.officer(), photo("berg-1"))
    document = judged(api, world.officer(), search.id, judgement)
    assert [candidate["record"] for candidate in document["candidates"]] == [None, None]


def test_the_judgement_same_opens_the_record(api: Caller, world: World) -> None:
    search = api.search(world.officer(), photo("berg-1"))
    document = judged(api, world.officer(), search.id, "same")
    assert {candidate["record"]["family_name"] for candidate in document["candidates"]} == {"Quetzalowicz"}


def test_a_record_waits_for_the_last_judgement(api: Caller, world: World) -> None:
    search = api.search(world.officer(), photo("berg-1"))
    path = f"/v1/searches/{search.id}"
    first = api.call(world.officer(), "POST", f"{path}/judgements", json={"label": "A", "judgement": "same"})
    for answer in (
        first,
        api.call(world.officer(), "GET", path),
        api.call(world.officer(), "GET", "/v1/searches/current"),
    ):
        assert [candidate["record"] for candidate in answer.json()["candidates"]] == [None, None]
    last = api.call(world.officer(), "POST", f"{path}/judgements", json={"label": "B", "judgement": "different"})
    assert [candidate["record"] is not None for candidate in last.json()["candidates"]] == [True, False]


def test_the_search_survives_a_lost_answer(api: Caller, world: World) -> None:
    search = api.search(world.officer(), photo("berg-1"))
    current = api.call(world.officer(), "GET", "/v1/searches/current").json()
    assert current == api.call(world.officer(), "GET", f"/v1/searches/{search.id}").json()
    assert current["ground"] == FORM["ground"]


def test_the_receipt_leads_from_the_leaf_to_a_signed_checkpoint(api: Caller, world: World) -> None:
    search = api.search(world.officer(), photo("stranger"))
    path = f"/v1/searches/{search.id}/decision"
    receipt = api.call(world.officer(), "POST", path, json={"outcome": "none-of-these"}).json()["receipt"]
    entry = world.last(Act.DECISION_RECORDED)
    assert receipt["leaf"] == entry.leaf.decode()
    assert hashlib.sha256(b"\0" + entry.leaf).digest() == entry.leaf_hash
    signer: Signer = world.database.signer
    assert receipt["checkpoint"].startswith(f"{signer.name}\n{receipt['size']}\n")
    proof = api.call(world.officer(), "GET", f"/v1/audit/proof?index={receipt['index']}").json()
    assert proof["checkpoint"] == api.call(world.officer(), "GET", "/v1/audit/checkpoint").text


def test_a_supervisor_reviews_and_reads_the_trail(api: Caller, world: World) -> None:
    search = world.decided(world.officer(), photo("stranger"))
    review = {"outcome": "follow-up", "note": "Ask why."}
    answer = api.call(world.supervisor(), "POST", f"/v1/searches/{search.id}/review", json=review)
    assert answer.status_code == 201
    page = api.call(world.supervisor(), "GET", "/v1/audit/entries?limit=1").json()
    rest = api.call(world.supervisor(), "GET", f"/v1/audit/entries?before={page['next']}").json()
    assert [entry["index"] for entry in rest["entries"]] == list(reversed(range(page["next"])))
    assert rest["next"] is None
    api.assert_nothing_private(json.dumps([page, rest]))


def test_a_gallery_manager_enrols_and_erases(api: Caller, world: World) -> None:
    manager = world.manager()
    subject = {"record_number": "RN-7", "given_name": "Ada", "family_name": "Quetzalowicz", "born_on": "1990-04-17"}
    subject_id = api.call(manager, "POST", "/v1/subjects", json=subject).json()["id"]
    record = {"source": "wanted", "lawful_basis": "Warrant 3", "captured_on": "2024-01-31"}
    parts: list[Part] = [("record", (None, json.dumps(record).encode())), ("image", ("a.jpg", photo("ada")))]
    enrolled = api.call(manager, "POST", f"/v1/subjects/{subject_id}/references", files=parts)
    assert enrolled.status_code == 201
    assert len(api.search(world.officer(), photo("ada")).candidates) == 1
    path = f"/v1/subjects/{subject_id}/references/{enrolled.json()['id']}"
    erased = api.call(manager, "DELETE", path).json()["receipt"]
    pending = api.call(manager, "GET", f"/v1/erasures/{erased['index']}").json()
    assert (pending["version"], pending["complete"], pending["matchers"], pending["receipt"]) == (4, False, [], None)
    at = datetime(2026, 3, 1, tzinfo=UTC)
    world.matchers.stands = Standing({"m/1": 4}, [Matcher("m0", "m/1", 4, 0, at), Matcher("m1", "m/1", 5, 0, at)])
    done = api.call(world.supervisor(), "GET", f"/v1/erasures/{erased['index']}").json()
    assert (done["complete"], done["cache"]) == (True, {"m/1": 4})
    assert [(one["matcher"], one["version"], one["dropped"]) for one in done["matchers"]] == [
        ("m0", 4, True),
        ("m1", 5, True),
    ]
    assert done["receipt"]["leaf"].encode() == world.last(Act.ERASURE_COMPLETED).leaf
    assert api.call(world.officer(), "GET", f"/v1/erasures/{erased['index']}").status_code == 403
    assert api.call(manager, "GET", "/v1/erasures/0").status_code == 404
    world.matchers.down = True
    assert api.call(manager, "GET", f"/v1/erasures/{erased['index']}").json()["type"] == "cache-unavailable"
    assert "receipt" in api.call(manager, "DELETE", f"/v1/subjects/{subject_id}").json()
    assert api.search(world.officer("3982"), photo("ada")).candidates == ()


def test_an_undecided_search_expires_without_anybody_calling(api: Caller, world: World) -> None:
    search = api.search(world.officer(), photo("berg-1"))
    world.clock.move(POLICY.time_to_decide)
    world.workflows.retention.sweep()
    answer = api.call(world.officer(), "GET", f"/v1/searches/{search.id}")
    assert answer.json()["state"] == SearchState.EXPIRED
