"""Whether the process lives, and whether it could serve a search now."""

from __future__ import annotations

import logging

from fastapi import APIRouter, Request, Response

from server.domain.errors import Unavailable
from server.domain.matchers import Loading, Phase
from server.web.api.views import HealthView, LoadingView, ReadinessView, Stage
from server.web.deps import Pings

router = APIRouter(tags=["health"])
log = logging.getLogger("oifr.web")


@router.get("/healthz")
def healthz() -> HealthView:
    return HealthView(status="ok")


@router.get("/readyz", responses={503: {"model": ReadinessView}})
def readyz(request: Request, response: Response) -> ReadinessView:
    parts = _ask(request.app.state.pings)
    ready = all(word == "ok" for word in parts.values())
    response.status_code = 200 if ready else 503
    loading: Loading = request.app.state.loading()
    stage = Stage.OPEN if loading.phase is Phase.READY else Stage.GALLERY
    return ReadinessView(ready=ready, stage=stage, parts=parts, loading=LoadingView.of(loading))


def _ask(pings: Pings) -> dict[str, str]:
    answers = {}
    for part, ping in pings.items():
        try:
            ping()
            answers[part] = "ok"
        except Unavailable as down:
            answers[part] = down.slug
    return answers
