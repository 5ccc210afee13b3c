"""Signing in and out."""

from __future__ import annotations

from fastapi import APIRouter, Response

from server.web.api.forms import SignInForm
from server.web.api.routing import problems
from server.web.api.views import SessionView
from server.web.deps import Flows, SignedInActor, Token

router = APIRouter(prefix="/v1/sessions", tags=["sessions"])


@router.post("", status_code=201, responses=problems(401, 422, 503))
def sign_in(form: SignInForm, flows: Flows) -> SessionView:
    return SessionView.of(flows.access.sign_in(form.name, form.password))


@router.delete("/current", status_code=204, responses=problems(401, 503))
def sign_out(_actor: SignedInActor, token: Token, flows: Flows) -> Response:
    flows.access.sign_out(token)
    return Response(status_code=204)
