"""Who gets in, what the browser keeps, and what every form must carry."""

from __future__ import annotations

import pytest

from server.domain.events import Act
from server.workflow.storage_ports import TrailEntry
from tests.console.visitor import Visitor, text_of
from tests.console.world import PASSWORD, SESSION_LENGTH, SUPERVISOR, World

PAGES = ("/trail", "/trail/0", "/reviews", f"/searches/{'0' * 32}")


def last_entry(world: World) -> TrailEntry:
    with world.database.read() as view:
        return view.trail.page(None, 1)[0]


@pytest.mark.parametrize("path", PAGES)
async def test_a_stranger_is_led_to_the_sign_in(visitor: Visitor, path: str) -> None:
    response = await visitor.get(path)
    assert response.status_code == 303
    assert response.headers["location"] == "/console/sign-in?after=not-signed-in"


async def test_the_bare_address_leads_to_the_trail(supervisor: Visitor) -> None:
    supervisor.client.follow_redirects = True
    response = await supervisor.client.get("/console")
    assert response.url.path == "/console/trail"
    assert response.status_code == 200


async def test_the_session_is_kept_in_a_strict_host_cookie(visitor: Visitor) -> None:
    response = await visitor.sign_in()
    cookie = next(line for line in response.headers.get_list("set-cookie") if "oifr-session" in line)
    assert cookie.startswith("__Host-oifr-session=")
    assert {"HttpOnly", "Path=/", "SameSite=strict", "Secure"} <= set(cookie.split("; "))
    assert "Domain" not in cookie


async def test_without_https_the_cookie_is_as_strict_as_a_browser_accepts(world: World) -> None:
    plain = Visitor(world.app, "http://127.0.0.1")
    async with plain.client:
        response = await plain.sign_in()
    cookie = next(line for line in response.headers.get_list("set-cookie") if "oifr-session" in line)
    assert cookie.startswith("oifr-session=")
    assert {"HttpOnly", "SameSite=strict"} <= set(cookie.split("; "))
    assert "Secure" not in cookie


@pytest.mark.parametrize("name", [SUPERVISOR, "nobody.known"])
async def test_a_wrong_password_and_an_unknown_name_read_the_same(visitor: Visitor, name: str) -> None:
    response = await visitor.sign_in(name, "not the pass phrase")
    assert response.status_code == 401
    assert "The name or the password is wrong." in text_of(response)
    assert "oifr-session" not in str(response.headers)


async def test_an_officer_is_refused_with_a_page_and_an_entry(visitor: Visitor, world: World) -> None:
    officer = world.officers[0]
    response = await visitor.sign_in(officer.name)
    assert response.status_code == 403
    assert "Your role does not allow this." in text_of(response)
    assert "oifr-session" not in str(response.headers)
    refusal = last_entry(world)
    assert (refusal.act, refusal.actor_id) == (Act.REFUSED, officer.id)
    assert b"role-missing" in refusal.leaf


async def test_a_refused_officer_is_left_without_a_live_session(visitor: Visitor, world: World) -> None:
    await visitor.sign_in(world.officers[0].name)
    with world.database.read() as view:
        acts = [entry.act for entry in view.trail.page(None, 3)]
    assert acts == [Act.REFUSED, Act.SIGNED_OUT, Act.SIGNED_IN]


@pytest.mark.parametrize("path", PAGES)
async def test_an_officer_with_a_token_of_the_api_sees_no_page(visitor: Visitor, world: World, path: str) -> None:
    token = world.workflows.access.sign_in(world.officers[0].name, PASSWORD).token
    visitor.client.cookies.set("__Host-oifr-session", token, domain="console.example")
    response = await visitor.get(path)
    assert response.status_code == 403
    assert last_entry(world).act == Act.REFUSED


async def test_an_expired_session_leads_to_the_sign_in_with_a_word(supervisor: Visitor, world: World) -> None:
    world.clock.move(SESSION_LENGTH)
    response = await supervisor.get("/trail")
    assert response.headers["location"] == "/console/sign-in?after=session-expired"
    assert '__Host-oifr-session="";' in response.headers["set-cookie"]
    page = await supervisor.get("/sign-in?after=session-expired")
    assert "Your session has ended. Sign in again." in text_of(page)


async def test_a_word_for_the_sign_in_page_cannot_be_put_into_its_address(visitor: Visitor) -> None:
    page = await visitor.get("/sign-in?after=call+0900")
    assert "0900" not in page.text


async def test_signing_out_ends_the_session(supervisor: Visitor) -> None:
    token = supervisor.client.cookies["__Host-oifr-session"]
    response = await supervisor.post("/sign-out")
    assert response.headers["location"] == "/console/sign-in?after=signed-out"
    supervisor.client.cookies.set("__Host-oifr-session", token, domain="console.example")
    assert (await supervisor.get("/trail")).status_code == 303


@pytest.mark.parametrize("token", ["", "0" * 64, "ü"])
async def test_a_form_without_its_token_does_nothing(supervisor: Visitor, world: World, token: str) -> None:
    search = world.decided(world.officers[0])
    supervisor.form_token = token
    response = await supervisor.post(f"/searches/{search.id}/review", {"outcome": "justified", "note": ""})
    assert response.status_code == 422
    assert "This form is out of date." in text_of(response)
    assert (await supervisor.post("/sign-out")).status_code == 422
    assert (await supervisor.get("/trail")).status_code == 200
    with world.database.read() as view:
        assert view.searches.review(search.id) is None


async def test_the_sign_in_form_needs_the_cookie_of_its_page(world: World) -> None:
    somebody, other = Visitor(world.app), Visitor(world.app)
    async with somebody.client, other.client:
        await somebody.get("/sign-in")
        other.form_token = somebody.form_token
        response = await other.post("/sign-in", {"name": SUPERVISOR, "password": PASSWORD})
    assert response.status_code == 422
