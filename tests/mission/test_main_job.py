"""The main job on a served installation: a photograph is searched, judged, decided, reviewed, and all of it proven."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

from tests.integration.service.caller import Caller
from tests.integration.service.installation import Installation
from tests.integration.service.photographs import field_photograph
from tests.integration.service.staff import ADA, BEA, OFFICER, SUPERVISOR, enrol_pair
from tests.integration.service.traces import copied_database, proven

BROKEN = 3


def test_from_photograph_to_proof(house: Installation, tmp_path: Path) -> None:
    with house.serving() as server:
        references = enrol_pair(house)
        key = house.oifr("audit", "key").stdout.strip()
        with Caller(house.url, OFFICER) as officer, Caller(house.url, SUPERVISOR) as supervisor:
            view = officer.answered(field_photograph())
            assert supervisor.references_found(view["id"]) == set(references)
            label = _judged(officer, view, supervisor)
            decision = _decided(officer, view["id"], label, key)
            _assert_reviewed(supervisor, view["id"], decision, key)
        assert server.stop() == 128 + signal.SIGTERM  # after closing in order
    _assert_trail_proves_itself(house, tmp_path / "trail.jsonl", key)
    _assert_changed_export_is_caught(house, tmp_path / "trail.jsonl", key, decision["index"])
    if "OIFR_DATABASE_URL" not in house.variables:
        _assert_changed_row_is_caught(house, Installation.at(tmp_path / "copy"), decision["index"])


def _judged(officer: Caller, view: Any, supervisor: Caller) -> str:
    """Judge both faces blind, Ada's as the same; returns her letter."""
    assert [candidate["label"] for candidate in view["candidates"]] == ["A", "B"]
    assert [candidate["record"] for candidate in view["candidates"]] == [None, None]
    picture = officer.get(f"/v1/searches/{view['id']}/candidates/A/image")
    assert (picture.headers["content-type"], picture.headers["cache-control"]) == ("image/jpeg", "no-store")
    waiting = officer.judge(view["id"], "A", "same").json()
    assert [candidate["record"] for candidate in waiting["candidates"]] == [None, None]
    judged = officer.judge(view["id"], "B", "different").json()
    first, second = judged["candidates"]
    assert first["record"]["family_name"] in {ADA.family_name, BEA.family_name}
    assert second["record"] is None
    return "A"


def _decided(officer: Caller, search: str, label: str, key: str) -> Any:
    """Decide for the letter, with corroboration; returns the receipt, which is proven."""
    unfounded = officer.decide(search, outcome="candidate", label=label)
    assert unfounded.json()["type"] == "corroboration-missing"
    decided = officer.decide(search, outcome="candidate", label=label, corroboration=["document"])
    assert decided.status_code == 201, decided.text
    receipt = decided.json()["receipt"]
    entry = proven(receipt, key)
    assert (entry.kind, entry.search, entry.actor) == ("decision-recorded", search, officer.id)
    assert officer.decide(search, outcome="none-of-these").json()["type"] == "already-decided"
    return receipt


def _assert_reviewed(supervisor: Caller, search: str, decision: Any, key: str) -> None:
    """The review has a receipt of its own, under whose checkpoint the decision still stands."""
    reviewed = supervisor.review(search)
    assert reviewed.status_code == 201, reviewed.text
    assert proven(reviewed.json()["receipt"], key).kind == "search-reviewed"
    later = supervisor.get("/v1/audit/proof", index=decision["index"]).json()
    assert later["size"] > decision["size"]
    assert proven(later, key) == proven(decision, key)


def _assert_trail_proves_itself(house: Installation, export: Path, key: str) -> None:
    verified = house.oifr("audit", "verify")
    assert verified.returncode == 0, verified.stderr
    assert verified.stdout.startswith("Intact: ")
    assert house.oifr("audit", "export", export).returncode == 0
    checked = house.oifr("audit", "verify", export, "--key", key)
    assert checked.returncode == 0, checked.stderr
    assert checked.stdout.startswith("Intact: ")


def _assert_changed_export_is_caught(house: Installation, export: Path, key: str, index: int) -> None:
    lines = export.read_bytes().splitlines(keepends=True)
    lines[index + 1] = lines[index + 1].replace(b"document", b"documend", 1)  # the header stands first
    export.write_bytes(b"".join(lines))
    broken = house.oifr("audit", "verify", export, "--key", key)
    assert broken.returncode == BROKEN
    assert broken.stderr.startswith(f"BROKEN: entry {index}:")


def _assert_changed_row_is_caught(house: Installation, copy: Installation, index: int) -> None:
    database = copied_database(house, copy)
    assert copy.oifr("audit", "verify").returncode == 0
    forged = "UPDATE audit_entries SET leaf = replace(leaf, 'document', 'documend') WHERE entry_index = ?"
    assert database.execute(forged, (index,)).rowcount == 1
    database.commit()
    database.close()
    broken = copy.oifr("audit", "verify")
    assert broken.returncode == BROKEN
    assert broken.stderr.startswith(f"BROKEN: entry {index}:")
