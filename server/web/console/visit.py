"""Who is at the console: a session cookie, and form tokens bound to it, so that nothing more need be stored."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from hashlib import sha256
from typing import Annotated

from fastapi import Depends, Form, Request, Response

from server.domain.actors import Actor
from server.domain.errors import NotSignedIn, RequestInvalid
from server.web.deps import Workflows, workflows_of
from server.workflow.access import Right, permit

SESSION = "oifr-session"
SIGN_IN_FORM = "oifr-sign-in"
STALE_FORM = "This form is out of date. Load the page again and repeat what you did."


@dataclass(frozen=True)
class Visit:
    """A signed-in supervisor's request."""

    workflows: Workflows
    actor: Actor
    token: str

    @property
    def form_token(self) -> str:
        return form_token(self.token)

    def __repr__(self) -> str:
        return f"Visit(actor={self.actor.id!r})"


def cookie_name(request: Request, name: str) -> str:
    """Browsers keep a `__Host-` cookie only when it came over https, for this host alone and every path."""
    return f"__Host-{name}" if request.url.scheme == "https" else name


def set_cookie(request: Request, response: Response, name: str, content: str) -> None:
    secure = request.url.scheme == "https"
    response.set_cookie(cookie_name(request, name), content, path="/", secure=secure, httponly=True, samesite="strict")


def drop_cookie(request: Request, response: Response, name: str) -> None:
    secure = request.url.scheme == "https"
    response.delete_cookie(cookie_name(request, name), path="/", secure=secure, httponly=True, samesite="strict")


def form_token(secret: str) -> str:
    """What a form must send back: only a page made for the holder of the cookie's `secret` can contain it."""
    return hmac.new(secret.encode(), b"csrf", sha256).hexdigest()


def require_form_token(secret: str, sent: str) -> None:
    """Raises RequestInvalid unless `sent` is the form token of `secret`."""
    if not hmac.compare_digest(form_token(secret).encode(), sent.encode()):
        raise RequestInvalid(STALE_FORM)


def visit_of(request: Request) -> Visit:
    """Raises NotSignedIn, SessionExpired or, for anybody but a supervisor, RoleMissing."""
    token = request.cookies.get(cookie_name(request, SESSION))
    if token is None:
        raise NotSignedIn
    request.state.token = token
    workflows = workflows_of(request)
    actor = workflows.access.actor(token)
    request.state.actor = actor
    permit(actor, Right.READ_TRAIL)
    return Visit(workflows, actor, token)


ReadingVisit = Annotated[Visit, Depends(visit_of)]


def acting_visit_of(visit: ReadingVisit, csrf: Annotated[str, Form()] = "") -> Visit:
    """The visit behind a form; raises RequestInvalid when the form is not one of ours."""
    require_form_token(visit.token, csrf)
    return visit


ActingVisit = Annotated[Visit, Depends(acting_visit_of)]
