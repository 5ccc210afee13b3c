"""The embedded Redis is killed while serving and kept from coming back: a clear word, then recovery by itself."""

from __future__ import annotations

import httpx

from tests.integration.service.caller import Caller, Person
from tests.integration.service.installation import Installation, RunningServer, eventually, redis_held_down
from tests.integration.service.photographs import field_photograph

RECOVERY = 30.0


def test_says_so_keeps_the_rest_going_and_recovers(
    installation: Installation,
    server: RunningServer,
    gallery: dict[str, Person],
    officer: Caller,
    other_officer: Caller,
    supervisor: Caller,
) -> None:
    before = officer.answered(field_photograph())
    with redis_held_down(server):
        refused = other_officer.search(field_photograph())
        assert (refused.status_code, refused.json()["type"]) == (503, "cache-unavailable")
        assert int(refused.headers["Retry-After"]) > 0
        assert other_officer.current().status_code == 404
        _assert_only_the_cache_is_missing(installation)
        assert supervisor.get("/v1/audit/checkpoint").status_code == 200
        judged = officer.judge(before["id"], "A", "cannot-tell")
        assert judged.status_code == 200, judged.text
    after = eventually(lambda: _answer(other_officer), RECOVERY, "searching works again")
    assert supervisor.references_found(after["id"]) == supervisor.references_found(before["id"]) == set(gallery)
    assert httpx.get(f"{installation.url}/readyz").json()["ready"]


def test_a_decision_needs_no_cache(server: RunningServer, gallery: dict[str, Person], officer: Caller) -> None:
    view = officer.answered(field_photograph())
    with redis_held_down(server):
        officer.settle(view)
    eventually(lambda: _answer(officer), RECOVERY, "searching works again")


def _assert_only_the_cache_is_missing(installation: Installation) -> None:
    assert httpx.get(f"{installation.url}/healthz").status_code == 200
    readiness = httpx.get(f"{installation.url}/readyz", timeout=30)
    assert readiness.status_code == 503
    assert not readiness.json()["ready"]
    assert readiness.json()["parts"] == {
        "database": "ok",
        "cache": "cache-unavailable",
        "engine": "ok",
        "gallery": "ok",
        "background": "ok",
    }


def _answer(caller: Caller) -> dict[str, str] | None:
    answer = caller.search(field_photograph())
    if answer.status_code == 503:
        assert answer.json()["type"] == "cache-unavailable"
        return None
    assert answer.status_code == 201, answer.text
    view: dict[str, str] = answer.json()
    return view
