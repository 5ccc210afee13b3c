"""One table from our errors to RFC 9457 problem documents, and the one place where refusals reach the trail."""

from __future__ import annotations

import logging
import re
import traceback
from http import HTTPMethod, HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException
from starlette.middleware.errors import ServerErrorMiddleware
from starlette.requests import ClientDisconnect

from server.domain import errors, gallery_errors, image_errors, search_errors
from server.domain.actors import Actor
from server.domain.errors import OifrError
from server.web.deps import bearer_of, workflows_of

log = logging.getLogger("oifr.web")

STATUS: dict[type[OifrError], HTTPStatus] = {
    errors.NotSignedIn: HTTPStatus.UNAUTHORIZED,
    errors.SessionExpired: HTTPStatus.UNAUTHORIZED,
    errors.SignInRefused: HTTPStatus.UNAUTHORIZED,
    errors.RoleMissing: HTTPStatus.FORBIDDEN,
    search_errors.ReviewOwnSearch: HTTPStatus.FORBIDDEN,
    search_errors.SearchUnknown: HTTPStatus.NOT_FOUND,
    search_errors.CandidateUnknown: HTTPStatus.NOT_FOUND,
    gallery_errors.SubjectUnknown: HTTPStatus.NOT_FOUND,
    gallery_errors.ReferenceUnknown: HTTPStatus.NOT_FOUND,
    errors.EntryUnknown: HTTPStatus.NOT_FOUND,
    gallery_errors.DuplicateUnknown: HTTPStatus.NOT_FOUND,
    errors.RouteUnknown: HTTPStatus.NOT_FOUND,
    errors.MethodUnknown: HTTPStatus.METHOD_NOT_ALLOWED,
    search_errors.CandidateWithdrawn: HTTPStatus.GONE,
    search_errors.ProbeGone: HTTPStatus.GONE,
    image_errors.ImageTooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    errors.RequestTooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    image_errors.ImageRefused: HTTPStatus.UNPROCESSABLE_ENTITY,
    search_errors.PurposeInvalid: HTTPStatus.UNPROCESSABLE_ENTITY,
    search_errors.DecisionInvalid: HTTPStatus.UNPROCESSABLE_ENTITY,
    search_errors.CorroborationMissing: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.PasswordUnfit: HTTPStatus.UNPROCESSABLE_ENTITY,
    gallery_errors.RecordInvalid: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.RequestInvalid: HTTPStatus.UNPROCESSABLE_ENTITY,
    search_errors.UnresolvedSearch: HTTPStatus.CONFLICT,
    search_errors.SearchDecided: HTTPStatus.CONFLICT,
    search_errors.SearchExpired: HTTPStatus.CONFLICT,
    search_errors.AlreadyJudged: HTTPStatus.CONFLICT,
    search_errors.JudgementsMissing: HTTPStatus.CONFLICT,
    search_errors.AlreadyReviewed: HTTPStatus.CONFLICT,
    search_errors.ReviewTooEarly: HTTPStatus.CONFLICT,
    gallery_errors.RecordNumberTaken: HTTPStatus.CONFLICT,
    errors.NameTaken: HTTPStatus.CONFLICT,
    errors.Conflict: HTTPStatus.CONFLICT,
    errors.Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
}
"""The nearest class in an error's ancestry decides; an error of ours that is not here is a fault of ours: 500."""

OF_FRAMEWORK: dict[int, type[OifrError]] = {
    HTTPStatus.BAD_REQUEST: errors.RequestInvalid,
    HTTPStatus.NOT_FOUND: errors.RouteUnknown,
    HTTPStatus.METHOD_NOT_ALLOWED: errors.MethodUnknown,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: errors.RequestTooLarge,
}
"""What the framework refuses before a route is asked, as it reads address or body: refusals like ours."""

RETRY_AFTER_SECONDS = 5
PROBLEM_JSON = "application/problem+json"
_ID = re.compile(r"[0-9a-f]{32}")


def status_of(error: OifrError) -> HTTPStatus:
    for ancestor in type(error).__mro__:
        if ancestor in STATUS:
            return STATUS[ancestor]
    return HTTPStatus.INTERNAL_SERVER_ERROR


def problem(slug: str, title: str, status: int, **extension: object) -> JSONResponse:
    headers = {"Retry-After": str(RETRY_AFTER_SECONDS)} if status == HTTPStatus.SERVICE_UNAVAILABLE else {}
    if status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    document = {"type": slug, "title": title, "status": int(status), **extension}
    return JSONResponse(document, status_code=status, headers=headers, media_type=PROBLEM_JSON)


def extension_of(error: OifrError) -> dict[str, object]:
    if isinstance(error, image_errors.SeveralFaces):
        boxes = [[box.left, box.top, box.width, box.height] for box in error.boxes]
        return {"image": error.image, "boxes": boxes}
    if isinstance(error, image_errors.PoorImage):
        return {"advice": [*error.advice]}
    if isinstance(error, search_errors.UnresolvedSearch) and error.search_id:
        return {"search": error.search_id}
    return {}


def record_refusal(request: Request, error: OifrError) -> None:
    """Write the refusal of a known actor to the trail; parts that are down and strangers leave no entry.

    A search that could not be finished leaves one: an officer was told nothing of a person who may be enrolled.
    """
    actor = _known_actor(request)
    down = isinstance(error, errors.Unavailable) and not isinstance(error, errors.SearchIncomplete)
    if actor is None or down:
        return
    search_id = request.path_params.get("search_id", "")
    access = workflows_of(request).access
    access.record_refusal(actor, error.slug, _attempted(request), search_id if _ID.fullmatch(search_id) else None)


def _known_actor(request: Request) -> Actor | None:
    actor: Actor | None = getattr(request.state, "actor", None)
    token: str | None = getattr(request.state, "token", None) or bearer_of(request)
    if actor is None and token is not None:
        return workflows_of(request).access.owner(token)
    return actor


def _attempted(request: Request) -> str:
    """Method and route, from our own words alone: address and method could be any text of the sender's."""
    method = request.method if request.method in HTTPMethod.__members__ else "unknown"
    return f"{method} {getattr(request.scope.get('route'), 'path', 'unknown')}"


def _answer_oifr_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, OifrError)
    status = status_of(error)
    if status is HTTPStatus.INTERNAL_SERVER_ERROR:
        return _answer_fault(request, error)
    try:
        record_refusal(request, error)
    except errors.Unavailable as down:  # a refusal that cannot be recorded is not given its reason
        error, status = down, status_of(down)
    return problem(error.slug, str(error), status, **extension_of(error))


def _answer_invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    places = sorted({".".join(_place(item)) for item in error.errors()})
    refused = errors.RequestInvalid()
    response = _answer_oifr_error(request, refused)
    if response.status_code != HTTPStatus.UNPROCESSABLE_ENTITY:
        return response
    return problem(refused.slug, str(refused), HTTPStatus.UNPROCESSABLE_ENTITY, fields=places)


def _place(item: dict[str, Any]) -> list[str]:
    """Where the form is wrong; a field that no form has is not repeated, for its name is the sender's text."""
    known = item["loc"][:-1] if item["type"] == "extra_forbidden" else item["loc"]
    return [str(part) for part in known]


def _answer_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    answer = _framework_problem(request, error.status_code)
    answer.headers.update(error.headers or {})
    return answer


def _framework_problem(request: Request, status: int) -> Response:
    if status in OF_FRAMEWORK:
        return _answer_oifr_error(request, OF_FRAMEWORK[status]())
    phrase = HTTPStatus(status).phrase
    return problem(phrase.lower().replace(" ", "-"), f"{phrase}.", status)


def _answer_cut_off(request: Request, _error: Exception) -> Response:
    """The sender went away in the middle of the body: nobody reads the answer, but the trail gets its entry."""
    return _answer_oifr_error(request, errors.RequestInvalid())


def _answer_fault(_request: Request, error: Exception) -> Response:
    """A fault of ours. The log gets its kind and place, never its text, which could hold what must not leak."""
    frames = traceback.extract_tb(error.__traceback__)
    place = " < ".join(f"{frame.name}:{frame.lineno}" for frame in reversed(frames[-4:]))
    log.error("fault", extra={"fault": type(error).__name__, "place": place})
    return problem("internal", OifrError.message, HTTPStatus.INTERNAL_SERVER_ERROR)


def install(app: FastAPI) -> None:
    app.add_exception_handler(OifrError, _answer_oifr_error)
    app.add_exception_handler(RequestValidationError, _answer_invalid)
    app.add_exception_handler(HTTPException, _answer_http)
    app.add_exception_handler(ClientDisconnect, _answer_cut_off)
    # Not as a handler of `Exception`: it would run outside our middleware, and its answer go out without its headers.
    app.add_middleware(ServerErrorMiddleware, handler=_answer_fault)
