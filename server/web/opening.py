"""What answers while the service is being opened: health, how far the start is, and to everything else "not yet"."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from server.domain.errors import Starting
from server.domain.matchers import Loading
from server.web.api.views import HealthView, LoadingView, ReadinessView, Stage
from server.web.errors import problem
from server.web.security import SecurityHeaders


class Opening:
    """An application that hands every call to `site` once there is one.

    stage: what is being opened. loading: tells how far the gallery's first load is.
    """

    def __init__(self) -> None:
        self.stage = Stage.DATABASE
        self.loading: Callable[[], Loading] = Loading
        self.site: ASGIApp = SecurityHeaders(self._not_yet)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.site(scope, receive, send)

    async def _not_yet(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._answer(scope["path"])(scope, receive, send)

    def _answer(self, path: str) -> Response:
        if path == "/healthz":
            return JSONResponse(HealthView(status="ok").model_dump())
        if path == "/readyz":
            loading = LoadingView.of(self.loading())
            view = ReadinessView(ready=False, stage=self.stage, parts={}, loading=loading)
            return JSONResponse(view.model_dump(mode="json"), HTTPStatus.SERVICE_UNAVAILABLE, {"Retry-After": "1"})
        return problem(Starting.slug, Starting.message, HTTPStatus.SERVICE_UNAVAILABLE)
