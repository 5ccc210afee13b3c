"""The queue, one search, and the review of it."""

from __future__ import annotations

import re
from dataclasses import replace

import httpx
import pytest

from server.domain.actors import Role
from server.domain.capture import Agreement
from server.domain.decision import Decision, Outcome
from server.domain.events import Act
from server.domain.quality import RECAPTURE_ADVICE, Component, Grade
from server.domain.search import ReviewOutcome
from tests.console.visitor import Visitor, text_of
from tests.console.world import FALSE_DETAILS, NAMED_B, PASSWORD, UNCONSCIOUS, World, live_a_day
from tests.fakes.face_engine import graded

NOTE = "Ask the officer how the incident began."
FORBIDDEN_WORDS = re.compile(r"\b(match|hit|suspect)\w*", re.IGNORECASE)


async def test_an_empty_queue_says_when_something_comes(supervisor: Visitor) -> None:
    assert "Nothing waits for a review. A search comes here when" in text_of(await supervisor.get("/reviews"))


async def test_the_queue_is_oldest_first_and_counted_in_the_navigation(supervisor: Visitor, world: World) -> None:
    first, second = world.decided(world.officers[0]), world.decided(world.officers[1], leads=0)
    world.search(world.officers[2])
    page = await supervisor.get("/reviews")
    shown = re.findall(r'<th scope="row"><a class="mono" href="/console/searches/(\w+)"', page.text)
    assert shown == [first.id, second.id]
    assert "Reviews due 2 waiting" in text_of(page)


async def test_a_search_shows_purpose_candidates_decision_and_timeline(supervisor: Visitor, world: World) -> None:
    search = world.decided(world.officers[0], UNCONSCIOUS, leads=3)
    text = text_of(await supervisor.get(f"/searches/{search.id}"))
    for said in (UNCONSCIOUS.necessity, UNCONSCIOUS.harm, UNCONSCIOUS.power, NAMED_B.evidence_against):
        assert said in text
    assert "Home Private place" in text
    assert "Asked others, looked for documents" in text
    assert "Personal details, scar, mark or tattoo" in text
    assert re.search(r"B Same person \w{8} Named as the candidate", text)
    assert re.search(r"C Different person \w{8} –", text)
    assert "Candidate judged · B · Same person by 4471" in text
    assert "Probe shredded" in text


async def test_the_entry_of_a_judgement_tells_which_records_it_opened(supervisor: Visitor, world: World) -> None:
    search = world.decided(world.officers[0], leads=3)
    with world.database.read() as view:
        judged = [entry for entry in view.trail.of_search(search.id) if entry.act == Act.CANDIDATE_JUDGED]
    told = [text_of(await supervisor.get(f"/trail/{entry.index}")) for entry in judged]
    assert [re.search(r"Disclosed (B|–) Judgement", text)[1] for text in told] == ["–", "–", "B"]  # type: ignore[index]


async def test_opening_a_search_is_an_act(supervisor: Visitor, world: World) -> None:
    search = world.decided(world.officers[0])
    await supervisor.get(f"/searches/{search.id}")
    with world.database.read() as view:
        (looked,) = view.trail.page(None, 1)
    assert (looked.act, looked.actor_id) == (Act.SEARCH_CONSULTED, world.supervisor.id)


async def test_an_empty_list_is_named_as_an_answer(supervisor: Visitor, world: World) -> None:
    search = world.decided(world.officers[0], leads=0)
    text = text_of(await supervisor.get(f"/searches/{search.id}"))
    assert "The list was empty: no record in scope reached the threshold." in text


async def test_what_was_found_about_the_photographs_is_said_in_words(supervisor: Visitor, world: World) -> None:
    world.engine.quality = graded({Component.SHARPNESS: Grade.UNUSABLE, Component.DARK: Grade.POOR})
    world.engine.recapture, world.engine.agreement = True, Agreement.WEAK
    search = world.search(world.officers[0], replace(UNCONSCIOUS, life_at_risk=True))
    text = text_of(await supervisor.get(f"/searches/{search.id}"))
    for said in (Component.SHARPNESS.advice, Component.DARK.advice, RECAPTURE_ADVICE, Agreement.WEAK.advice):
        assert said in text
    assert "The officer states that a life is at risk" in text
    assert "Searched although too poor, because a life is at risk" in text
    assert "None noted" not in text


async def test_a_good_photograph_has_no_faults(supervisor: Visitor, world: World) -> None:
    search = world.search(world.officers[0], UNCONSCIOUS)
    text = text_of(await supervisor.get(f"/searches/{search.id}"))
    assert "Faults None noted" in text
    for absent in ("Too poor", "Screen or print", "Agreement", "Life at risk"):
        assert absent not in text


@pytest.mark.parametrize("outcome", list(ReviewOutcome))
async def test_a_review_is_recorded_and_shown(supervisor: Visitor, world: World, outcome: ReviewOutcome) -> None:
    search = world.decided(world.officers[0])
    await supervisor.get(f"/searches/{search.id}")
    response = await supervisor.post(f"/searches/{search.id}/review", {"outcome": outcome.value, "note": NOTE})
    with world.database.read() as view:
        (entry,) = view.trail.page(None, 1)
    assert entry.act == Act.SEARCH_REVIEWED
    assert response.headers["location"] == f"/console/reviews?recorded={entry.index}"
    queue = text_of(await supervisor.get(f"/reviews?recorded={entry.index}"))
    assert f"The review is recorded as entry {entry.index} of the trail." in queue
    assert "Nothing waits for a review." in queue
    page = await supervisor.get(f"/searches/{search.id}")
    assert NOTE in text_of(page)
    assert "Mark as reviewed" not in page.text


async def post_review(visitor: Visitor, search_id: str, outcome: str = "justified") -> httpx.Response:
    return await visitor.post(f"/searches/{search_id}/review", {"outcome": outcome, "note": ""})


async def test_a_second_review_is_refused_and_recorded(supervisor: Visitor, world: World) -> None:
    search = world.decided(world.officers[0])
    await post_review(supervisor, search.id)
    response = await post_review(supervisor, search.id, "follow-up")
    assert response.status_code == 409
    assert "This search has been reviewed already." in text_of(response)
    with world.database.read() as view:
        (refusal,) = view.trail.page(None, 1)
    assert (refusal.act, refusal.search_id) == (Act.REFUSED, search.id)
    assert b'"attempted":"POST /console/searches/{search_id}/review"' in refusal.leaf


async def test_nobody_reviews_their_own_search(visitor: Visitor, world: World) -> None:
    both = world.workflows.access.add_account("both", PASSWORD, frozenset({Role.OFFICER, Role.SUPERVISOR}))
    search = world.decided(both)
    await visitor.sign_in("both")
    assert "Yours: somebody else reviews it" in text_of(await visitor.get("/reviews"))
    page = await visitor.get(f"/searches/{search.id}")
    assert "This search is yours. Somebody else reviews it." in text_of(page)
    assert "Mark as reviewed" not in page.text
    assert (await post_review(visitor, search.id)).status_code == 403


async def test_an_open_search_is_not_reviewed_yet(supervisor: Visitor, world: World) -> None:
    search = world.search(world.officers[0], leads=1)
    page = await supervisor.get(f"/searches/{search.id}")
    assert "The search is still open." in text_of(page)
    assert "Mark as reviewed" not in page.text
    assert (await post_review(supervisor, search.id)).status_code == 409


async def test_an_expired_search_asks_for_the_reason(supervisor: Visitor, world: World) -> None:
    search = world.search(world.officers[0], leads=1)
    world.clock.move(search.expires_at - search.answered_at)
    await supervisor.get("/reviews")
    page = await supervisor.get(f"/searches/{search.id}")
    assert "without a decision. Ask the officer why." in text_of(page)
    assert "Mark as reviewed" in page.text


@pytest.mark.parametrize("path", [f"/searches/{'0' * 32}", "/searches/1", "/searches/..%2Ftrail"])
async def test_an_unknown_search_is_a_page(supervisor: Visitor, path: str) -> None:
    response = await supervisor.get(path)
    assert response.status_code in {404, 422}
    assert response.headers["content-type"] == "text/html; charset=utf-8"


@pytest.mark.parametrize("outcome", ["", "splendid"])
async def test_a_review_needs_one_of_the_outcomes(supervisor: Visitor, world: World, outcome: str) -> None:
    search = world.decided(world.officers[0])
    assert (await post_review(supervisor, search.id, outcome)).status_code == 422


async def test_what_an_officer_wrote_is_shown_as_text(supervisor: Visitor, world: World) -> None:
    markup = '<script>alert("1")</script><img src=x onerror=alert(1)>'
    purpose = replace(FALSE_DETAILS, necessity=markup, power="<b>law</b>", incident="{{ 7 * 7 }}")
    search = world.search(world.officers[0], purpose, leads=2)
    against = replace(NAMED_B, evidence_against="</dd><h1>headline</h1>")
    world.decide(world.officers[0], search, against)
    with world.database.read() as view:
        answered = view.trail.of_search(search.id)[0]
    for path in (f"/searches/{search.id}", f"/trail/{answered.index}"):
        page = (await supervisor.get(path)).text
        assert "&lt;script&gt;alert(" in page
        assert "{{ 7 * 7 }}" in page
        for raw in ("<script", "<img", "<b>law", "<h1>headline"):
            assert raw not in page


async def test_pages_never_call_a_candidate_more_than_a_lead(supervisor: Visitor, world: World) -> None:
    featured = live_a_day(world)
    other = world.search(world.officers[1], leads=2)
    world.decide(world.officers[1], other, Decision(Outcome.NONE_OF_THESE))
    for path in ("/trail", "/trail/60", "/reviews", f"/searches/{featured.id}", f"/searches/{other.id}"):
        assert FORBIDDEN_WORDS.findall(text_of(await supervisor.get(path)).replace("False details suspected", "")) == []
