"""The story is true: right record found, stranger given nobody, receipts proven, forgery named, nothing in clear."""

from collections.abc import Iterator
from dataclasses import replace
from time import perf_counter

import pytest

from server.demo.actors import Officer, Supervisor
from server.demo.line import Line, Refused, open_http
from server.demo.outcome import Performance
from server.demo.play import Cast, play_scene
from server.demo.report import machine_readable
from server.demo.run import House
from server.demo.script import Script
from server.domain.actors import Role

pytestmark = pytest.mark.timeout(600)


@pytest.fixture
def cast(house: House, performance: Performance) -> Iterator[Cast]:
    """The officer and the supervisor, signed in again."""
    officer, supervisor = house.accounts[Role.OFFICER], house.accounts[Role.SUPERVISOR]
    with open_http(house.base_url) as http:
        line = Line(http, perf_counter)
        yield Cast(
            Officer(line, officer.name, officer.password),
            Supervisor(line, supervisor.name, supervisor.password),
            performance.enrolment.holders,
            house.verifier,
        )


def test_everybody_is_enrolled_through_the_api(performance: Performance, script: Script) -> None:
    assert performance.enrolment.setbacks == ()
    assert performance.enrolment.people == len(script.sitters)
    assert performance.requests["enrol a photograph"].count == len(script.sitters)


def test_a_lying_person_and_closed_eyes_lead_to_the_right_record(performance: Performance) -> None:
    for scene in performance.scenes[:2]:
        assert scene.right is not None
        assert [record["record_number"] for record in scene.records.values()] == [*scene.right]
        assert scene.decision["outcome"] == "candidate"


def test_a_stranger_is_given_nobody(performance: Performance) -> None:
    assert performance.scenes[2].judgements == {}
    assert performance.scenes[2].decision == {"outcome": "none-of-these"}


def test_the_run_holds_no_surprise(performance: Performance) -> None:
    assert performance.surprises == []


def test_the_forged_entry_is_the_decision_of_the_first_search_and_is_named(performance: Performance) -> None:
    assert performance.tampering.altered == performance.scenes[0].receipt.index
    assert {forgery.found for forgery in performance.tampering.forgeries} == {performance.tampering.altered}


def test_the_real_trail_is_intact_afterwards(house: House, performance: Performance) -> None:
    report = house.verify(house.database)
    assert report.problem is None
    assert report.entries >= performance.tampering.entries


def test_times_of_every_stage_were_measured(performance: Performance) -> None:
    assert set(performance.stages) == {"decode", "detect", "align", "embed"}
    assert all(timing.median_ms > 0 for timing in performance.requests.values())


def test_the_story_is_told_while_it_happens(shown: list[str], performance: Performance) -> None:
    told = "\n".join(shown)
    assert performance.scenes[0].title in told
    assert "CAUGHT" in told
    assert "WRONG" not in told


def test_no_score_is_told_anywhere(performance: Performance, house: House) -> None:
    told = str(machine_readable(performance, house.base_url, house.accounts.values(), serving=False))
    assert "score" not in told
    assert "threshold" not in told


def test_no_photograph_lies_in_clear_in_the_temporary_place(house: House, script: Script, shown: list[str]) -> None:
    assert shown  # the story has been played
    heart = [photograph.read_bytes()[2000:2064] for sitter in script.sitters for photograph in sitter.photographs]
    heart += [scene.photograph.read_bytes()[2000:2064] for scene in script.scenes]
    for file in house.database.parent.rglob("*"):
        kept = file.read_bytes() if file.is_file() else b""
        assert b"\xff\xd8\xff" not in kept or b"JFIF" not in kept, file.name
        assert not any(piece in kept for piece in heart), file.name


def test_a_right_record_that_is_not_on_the_list_is_a_surprise(cast: Cast, script: Script) -> None:
    played = play_scene(cast, replace(script.scenes[2], right=frozenset({script.sitters[0].record_number})))
    assert "not on the list" in str(played.surprise)
    assert played.decision["outcome"] == "none-of-these"


def test_a_stranger_who_is_given_somebody_is_a_surprise(cast: Cast, script: Script) -> None:
    played = play_scene(cast, replace(script.scenes[0], right=frozenset()))
    assert "should be empty" in str(played.surprise)
    assert set(played.judgements.values()) == {"different"}


def test_where_only_the_visitor_knows_every_record_opens_and_nothing_is_concluded(cast: Cast, script: Script) -> None:
    played = play_scene(cast, replace(script.scenes[0], right=None))
    assert played.records.keys() == played.judgements.keys() != set()
    assert played.decision == {"outcome": "cannot-tell"}
    assert played.surprise is None


def test_a_refusal_carries_its_problem_and_its_sentence(cast: Cast) -> None:
    with pytest.raises(Refused, match=r".") as refused:
        cast.officer.search({"ground": "curiosity"}, b"no photograph")
    assert refused.value.problem == "ground-unknown"
