"""The report: what a visitor reads, and what a machine reads."""

import json
from dataclasses import replace

import pytest

from server.demo.outcome import CheckedReceipt, Enrolment, Forgery, Performance, PlayedScene, Setback, Tampering, Timing
from server.demo.report import (
    closing_lines,
    enrolment_lines,
    machine_readable,
    scene_lines,
    tampering_lines,
    timing_lines,
)
from server.demo.stage import Account
from server.domain.actors import Role

RECEIPT = CheckedReceipt(index=130, size=132, hashes=8)
RECORD = {"record_number": "C-2019-00123", "given_name": "Rowan", "family_name": "Saltwhistle"}
FOUND = PlayedScene(
    title="Somebody lies on the ground",
    photograph="007_lying.jpg",
    search="0" * 32,
    judgements={"A": "different", "B": "same"},
    records={"B": RECORD},
    decision={"outcome": "candidate", "label": "B", "corroboration": ["document"]},
    receipt=RECEIPT,
    seconds=0.5,
    right=("C-2019-00123",),
    surprise=None,
)
STRANGER = replace(FOUND, judgements={}, records={}, decision={"outcome": "none-of-these"}, right=())
TAMPERING = Tampering(140, 130, None, (Forgery("rewritten", 130, "entry 130: its content differs"),))
PERFORMANCE = Performance(
    enrolment=Enrolment(2, 2, {"reference": "C-2019-00123"}, (), 1.5),
    scenes=(FOUND, STRANGER),
    review=RECEIPT,
    tampering=TAMPERING,
    requests={"search": Timing(2, 512.4)},
    stages={"detect": Timing(2, 300.0)},
)
ACCOUNT = Account(Role.OFFICER, "officer.4471", "a secret of the day")
URL = "http://127.0.0.1:1"


def test_a_found_person_is_told_by_letter_record_and_receipt() -> None:
    text = "\n".join(scene_lines(1, FOUND))
    assert "A B - letters in random order" in text
    assert "record of B opens: C-2019-00123 Rowan Saltwhistle" in text
    assert "entry 130 of 132" in text
    assert "C-2019-00123 on the list: yes" in text


def test_an_empty_list_is_called_a_good_answer() -> None:
    text = "\n".join(scene_lines(3, STRANGER))
    assert "nobody: the list is empty" in text
    assert "nobody: yes" in text
    assert "Judged" not in text


def test_nothing_is_expected_where_only_the_visitor_knows() -> None:
    assert "Expected" not in "\n".join(scene_lines(1, replace(FOUND, right=None)))


def test_a_wrong_answer_is_said_plainly_in_text_and_json() -> None:
    wrong = replace(PERFORMANCE, scenes=(replace(FOUND, surprise="The right record is not on the list."),))
    assert "WRONG" in "\n".join(scene_lines(1, wrong.scenes[0]))
    assert "The main job is NOT done." in closing_lines(wrong, URL, [ACCOUNT], serving=False)
    assert machine_readable(wrong, URL, [ACCOUNT], serving=False)["ok"] is False


def test_tampering_that_nobody_noticed_is_a_surprise() -> None:
    unnoticed = replace(TAMPERING, forgeries=(Forgery("rewritten", None, "nothing was found"),))
    assert unnoticed.surprise is not None
    assert "CAUGHT" in tampering_lines(TAMPERING)[1]
    assert "CAUGHT" not in tampering_lines(unnoticed)[1]


def test_a_trail_broken_beforehand_is_a_surprise() -> None:
    assert "before anybody touched it" in str(replace(TAMPERING, broken_before="entry 3: it is missing").surprise)


def test_many_refused_photographs_are_counted_not_listed() -> None:
    setbacks = tuple(Setback(f"{n}.jpg", "no-face", "No face was found.") for n in range(8))
    lines = enrolment_lines(Enrolment(2, 10, {}, setbacks, 1.0))
    assert len(lines) == 7
    assert "3 more" in lines[-1]


@pytest.mark.parametrize("serving", [True, False])
def test_a_password_is_shown_only_while_it_opens_something(serving: bool) -> None:
    text = "\n".join(closing_lines(PERFORMANCE, URL, [ACCOUNT], serving))
    document = json.dumps(machine_readable(PERFORMANCE, URL, [ACCOUNT], serving))
    assert (ACCOUNT.password in text) is serving
    assert (ACCOUNT.password in document) is serving
    assert ACCOUNT.password not in repr(ACCOUNT)


def test_the_object_for_machines_says_everything() -> None:
    document = json.loads(json.dumps(machine_readable(PERFORMANCE, URL, [ACCOUNT], serving=False)))
    assert document["ok"] is True
    assert document["scenes"][0]["records"]["B"]["record_number"] == "C-2019-00123"
    assert document["tampering"]["forgeries"][0]["found"] == document["tampering"]["altered"]
    assert document["requests"]["search"] == {"count": 2, "median_ms": 512.4}
    assert "holders" not in document["enrolment"]


def test_times_are_medians_in_milliseconds() -> None:
    text = "\n".join(timing_lines(PERFORMANCE))
    assert "search 512" in text
    assert "detect 300" in text
