"""One undecided search an officer, several officers at once, and no more at once than there are places."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.integration.service.caller import Caller
from tests.integration.service.photographs import field_photograph, portrait

pytestmark = pytest.mark.usefixtures("gallery")

FRAMES = 3
CROWD = 6


def test_second_search_waits_for_the_first_decision(officer: Caller) -> None:
    view = officer.answered(field_photograph())
    refused = officer.search(portrait())
    assert (refused.status_code, refused.json()["type"]) == (409, "unresolved-search")
    assert refused.json()["search"] == view["id"]
    officer.settle(view)
    assert officer.search(portrait()).status_code == 201


def test_two_officers_at_once_are_both_answered(officer: Caller, other_officer: Caller) -> None:
    with ThreadPoolExecutor(2) as street:
        views = list(street.map(lambda caller: caller.answered(field_photograph()), (officer, other_officer)))
    assert views[0]["id"] != views[1]["id"]
    assert [len(view["candidates"]) for view in views] == [2, 2]


def test_who_finds_no_place_is_told_when_to_come_again(officer: Caller) -> None:
    """One officer asks from several handhelds at once, with more photographs than anybody waits for."""
    with ThreadPoolExecutor(CROWD) as street:
        answers = list(street.map(lambda _: officer.search(*[portrait()] * FRAMES), range(CROWD)))
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses.count(201) == 1
    turned_away = [answer for answer in answers if answer.status_code == 503]
    assert turned_away, statuses
    assert {answer.json()["type"] for answer in turned_away} == {"busy"}
    assert all(int(answer.headers["Retry-After"]) > 0 for answer in turned_away)
    assert set(statuses) <= {201, 409, 503}
