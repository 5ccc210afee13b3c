"""On the console a problem is a page, and a session that is over leads back to the sign-in."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from http import HTTPStatus
from typing import Any

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool

from server.domain.errors import NotSignedIn, OifrError, RequestInvalid, SessionExpired, Unavailable
from server.web.console.render import render
from server.web.console.visit import SESSION, drop_cookie
from server.web.errors import record_refusal, status_of

PREFIX = "/console"
SIGN_IN = f"{PREFIX}/sign-in"
TITLES = {
    HTTPStatus.FORBIDDEN: "Not allowed",
    HTTPStatus.NOT_FOUND: "Not found",
    HTTPStatus.CONFLICT: "Not possible now",
    HTTPStatus.UNPROCESSABLE_ENTITY: "Not understood",
    HTTPStatus.SERVICE_UNAVAILABLE: "Not available at the moment",
}


class PageRoute(APIRoute):
    """A route whose refusals are answered with pages."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        answer = super().get_route_handler()

        async def answer_with_page(request: Request) -> Response:
            try:
                return await answer(request)
            except OifrError as error:
                return await run_in_threadpool(_refuse, request, error)
            except RequestValidationError:
                return await run_in_threadpool(_refuse, request, RequestInvalid())

        return answer_with_page


def nothing_here() -> Response:
    return problem_page("There is no such page.", HTTPStatus.NOT_FOUND)


def problem_page(message: str, status: HTTPStatus) -> Response:
    return render("problem.html", {"message": message, "title": TITLES.get(status, status.phrase)}, status)


def _refuse(request: Request, error: OifrError) -> Response:
    if status_of(error) is HTTPStatus.INTERNAL_SERVER_ERROR:
        raise error  # a fault of ours: the app logs it and answers
    try:
        record_refusal(request, error)
    except Unavailable as down:  # a refusal that cannot be recorded is not given its reason
        error = down
    if isinstance(error, NotSignedIn | SessionExpired):
        return _to_sign_in(request, error)
    return problem_page(str(error), status_of(error))


def _to_sign_in(request: Request, error: NotSignedIn | SessionExpired) -> Response:
    response = RedirectResponse(f"{SIGN_IN}?after={error.slug}", HTTPStatus.SEE_OTHER)
    drop_cookie(request, response, SESSION)
    return response
