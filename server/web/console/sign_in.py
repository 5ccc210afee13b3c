"""Signing in and out at the console. Only supervisors get in; anybody else is refused and the refusal recorded."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from server.domain.errors import OifrError, SessionExpired, SignInRefused
from server.web.console.problems import PREFIX, SIGN_IN, PageRoute
from server.web.console.render import render
from server.web.console.visit import (
    SESSION,
    SIGN_IN_FORM,
    ActingVisit,
    cookie_name,
    drop_cookie,
    form_token,
    require_form_token,
    set_cookie,
)
from server.web.deps import Flows
from server.web.errors import status_of
from server.workflow.access import Access, Right, SignedIn, permit

FIRST_PAGE = "/console/trail"
NEWS = {SessionExpired.slug: SessionExpired.message, "signed-out": "You are signed out."}

router = APIRouter(prefix=PREFIX, route_class=PageRoute)


@router.get("/sign-in")
def show_sign_in(request: Request, flows: Flows, after: str = "") -> Response:
    return _form(request, flows.access, news=NEWS.get(after, ""))


@router.post("/sign-in")
def sign_in(
    request: Request,
    flows: Flows,
    name: Annotated[str, Form(max_length=200)] = "",
    password: Annotated[str, Form(max_length=1000)] = "",
    csrf: Annotated[str, Form()] = "",
) -> Response:
    require_form_token(request.cookies.get(cookie_name(request, SIGN_IN_FORM), ""), csrf)
    try:
        signed_in = flows.access.sign_in(name, password)
    except SignInRefused as refused:
        return _form(request, flows.access, name=name, refused=refused)
    _require_supervisor(request, flows.access, signed_in)
    response = RedirectResponse(FIRST_PAGE, HTTPStatus.SEE_OTHER)
    set_cookie(request, response, SESSION, signed_in.token)
    drop_cookie(request, response, SIGN_IN_FORM)
    return response


@router.post("/sign-out")
def sign_out(request: Request, visit: ActingVisit) -> Response:
    visit.workflows.access.sign_out(visit.token)
    response = RedirectResponse(f"{SIGN_IN}?after=signed-out", HTTPStatus.SEE_OTHER)
    drop_cookie(request, response, SESSION)
    return response


def _require_supervisor(request: Request, access: Access, signed_in: SignedIn) -> None:
    """Raises RoleMissing, with the session ended again, so that no token of a refused person stays alive."""
    actor = signed_in.session.actor
    request.state.actor = actor
    try:
        permit(actor, Right.READ_TRAIL)
    except OifrError:
        access.sign_out(signed_in.token)
        raise


def _form(
    request: Request, access: Access, name: str = "", news: str = "", refused: SignInRefused | None = None
) -> Response:
    secret = request.cookies.get(cookie_name(request, SIGN_IN_FORM)) or access.randomness.token()
    status = status_of(refused) if refused else HTTPStatus.OK
    shown = {"form_token": form_token(secret), "name": name, "news": news, "refused": refused}
    response = render("sign_in.html", shown, status)
    set_cookie(request, response, SIGN_IN_FORM, secret)
    return response
