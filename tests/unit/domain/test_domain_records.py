"""Review dates, and which status may follow which."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from server.domain.gallery import Status
from server.domain.gallery_errors import RecordInvalid, ReviewDateInvalid, StatusFinal, StatusUnchanged
from tests.fakes.samples import reference

DAY = reference().captured_on


def test_a_review_lies_on_the_day_of_the_capture_or_later() -> None:
    for review_on in (None, DAY, DAY + timedelta(1)):
        replace(reference(), review_on=review_on).check(DAY, None)
    with pytest.raises(ReviewDateInvalid):
        replace(reference(), review_on=DAY - timedelta(1)).check(DAY, None)
    with pytest.raises(RecordInvalid):
        replace(reference(), lawful_basis=" ").check(DAY, None)


def test_a_review_is_due_before_its_day_has_passed_and_without_a_day_at_once() -> None:
    one = replace(reference(), review_on=date(2026, 6, 1))
    assert [one.review_due(date(2026, 6, day)) for day in (1, 2)] == [False, True]
    assert replace(one, review_on=None).review_due(DAY)


ALLOWED = {
    (Status.ACTIVE, Status.QUARANTINED),
    (Status.ACTIVE, Status.WITHDRAWN),
    (Status.QUARANTINED, Status.ACTIVE),
    (Status.QUARANTINED, Status.WITHDRAWN),
}


@pytest.mark.parametrize("before", Status)
@pytest.mark.parametrize("after", Status)
def test_a_status_follows_another(before: Status, after: Status) -> None:
    one = replace(reference(), status=before)
    if (before, after) in ALLOWED:
        one.require_becoming(after)
        return
    with pytest.raises(StatusUnchanged if before is after else StatusFinal):
        one.require_becoming(after)
