"""What the handheld reads is of the documented type, or it is not read at all."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from mobile_client.core.reading import WireInvalid
from mobile_client.core.session import Session
from mobile_client.core.wire import (
    Alternative,
    Capture,
    Corroboration,
    Decision,
    Ground,
    Outcome,
    Place,
    Purpose,
    Receipt,
    SearchView,
)

RECORD = {
    "record_number": "C-1004",
    "given_name": "Adam",
    "family_name": "Testsson",
    "born_on": "1991-04-17",
    "source": "custody",
    "captured_on": "2022-08-30",
    "lawful_basis": "PACE s.64A",
}
VIEW = {
    "id": "f3a1" * 8,
    "state": "answered",
    "ground": "refuses",
    "answered_at": "2026-11-23T02:14:00Z",
    "expires_at": "2026-11-23T02:44:00Z",
    "candidates": [
        {"label": "A", "judgement": "same", "record": RECORD},
        {"label": "B", "judgement": "different", "record": None},
    ],
    "decision": None,
}


def view(**changes: Any) -> dict[str, Any]:
    return {**VIEW, **changes}


def test_a_search_view_is_read() -> None:
    search = SearchView.parse(VIEW)
    assert search.ground is Ground.REFUSES
    assert search.expires_at == datetime(2026, 11, 23, 2, 44, tzinfo=UTC)
    assert search.unjudged == ()
    assert search.opened == ("A",)
    assert [candidate.label for candidate in search.judged_same] == ["A"]
    record = search.candidate("A").record
    assert record is not None
    assert record.born_on == date(1991, 4, 17)


def test_advice_about_the_photograph_is_read_and_nothing_else_of_it() -> None:
    capture = {"faults": ["size"], "advice": ["Go closer."], "recapture": True, "agreement": "weak", "value": 0.97}
    assert SearchView.parse(view(capture=capture)).capture == Capture(("Go closer.",))


def test_an_older_server_says_nothing_about_the_photograph() -> None:
    assert SearchView.parse(VIEW).capture is None


def test_a_face_without_a_judgement_is_told() -> None:
    waiting = [{"label": "A", "judgement": "same", "record": None}, {"label": "B", "judgement": None, "record": None}]
    search = SearchView.parse(view(candidates=waiting))
    assert search.unjudged == ("B",)
    assert search.opened == ()


def test_a_record_opened_before_the_last_judgement_is_refused() -> None:
    """A server that opened it early could not put a name before the officer's eyes."""
    early = [{"label": "A", "judgement": "same", "record": RECORD}, {"label": "B", "judgement": None, "record": None}]
    with pytest.raises(WireInvalid, match="before every face was judged"):
        SearchView.parse(view(candidates=early))


def test_a_field_without_a_use_is_not_kept() -> None:
    """A server that sent a score could not put it before the officer's eyes."""
    search = SearchView.parse(
        view(candidates=[{"label": "A", "judgement": None, "record": None, "score": 0.97, "rank": 1}])
    )
    assert "0.97" not in repr(search)


@pytest.mark.parametrize(
    "changed",
    [
        view(id=7),
        view(state="closed"),
        view(ground=None),
        view(answered_at="yesterday"),
        view(expires_at="2026-11-23T02:44:00"),
        view(candidates=None),
        view(candidates=["A"]),
        view(candidates=[{"label": "A", "judgement": "perhaps", "record": None}]),
        view(candidates=[{"label": "A", "judgement": "same", "record": {**RECORD, "captured_on": "then"}}]),
        view(candidates=[{"label": "A", "judgement": None, "record": RECORD}]),
        view(candidates=[{"label": "A", "judgement": "different", "record": RECORD}]),
        view(capture=[]),
        view(capture={}),
        view(capture={"advice": None}),
        view(capture={"advice": ["Go closer.", 7]}),
        view(decision={"outcome": "guilty", "corroboration": []}),
        {},
        [],
        None,
    ],
)
def test_anything_else_is_refused(changed: object) -> None:
    with pytest.raises(WireInvalid):
        SearchView.parse(changed)


@pytest.mark.parametrize("proof", [["00"], ["zz" * 32], [7], "ab"])
def test_a_proof_is_a_list_of_hashes(proof: object) -> None:
    with pytest.raises(WireInvalid):
        Receipt.parse({"index": 0, "leaf": "{}", "size": 1, "proof": proof, "checkpoint": ""})


@pytest.mark.parametrize("index", [-1, True, 1.0, "1", None])
def test_an_index_is_a_whole_number(index: object) -> None:
    with pytest.raises(WireInvalid):
        Receipt.parse({"index": index, "leaf": "{}", "size": 1, "proof": [], "checkpoint": ""})


def test_a_session_never_shows_its_token() -> None:
    actor = {"id": "a" * 32, "name": "41827", "roles": ["officer"]}
    session = Session.parse({"token": "secret", "expires_at": "2026-11-23T10:00:00Z", "actor": actor})
    assert session.authorization() == {"Authorization": "Bearer secret"}
    assert "secret" not in repr(session)
    assert "41827" not in repr(session)


def test_a_purpose_leaves_out_what_was_not_said() -> None:
    purpose = Purpose(Ground.REFUSES, "n" * 20, Place.PUBLIC, frozenset({Alternative.DOCUMENTS}), "s. 1", no_force=True)
    assert purpose.document() == {
        "ground": "refuses",
        "necessity": "n" * 20,
        "place": "public",
        "alternatives": ["documents"],
        "power": "s. 1",
        "no_force": True,
    }


def test_a_life_at_risk_is_said_with_its_harm() -> None:
    alternatives = frozenset({Alternative.DOCUMENTS})
    purpose = Purpose(Ground.MISSING_OR_AT_RISK, "n" * 20, Place.PUBLIC, alternatives, "s. 1", no_force=True)
    risk = replace(purpose, harm="h" * 20, life_at_risk=True)
    assert risk.document() == {**purpose.document(), "harm": "h" * 20, "life_at_risk": True}


def test_a_decision_survives_the_wire() -> None:
    decision = Decision(Outcome.CANDIDATE, "A", frozenset({Corroboration.DOCUMENT}), "The left ear differs.")
    assert Decision.parse(decision.document()) == decision
    assert Decision(Outcome.CANNOT_TELL).document() == {"outcome": "cannot-tell"}
