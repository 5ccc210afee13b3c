"""The FastAPI application over given workflows: version 1 of the API, health, the console."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from fastapi import FastAPI

from server.domain.matchers import Loading, Phase
from server.web import errors
from server.web.api import audit, duplicates, erasures, health, searches, sessions, subjects
from server.web.console import mount_console
from server.web.deps import Pings, SearchPlaces, Workflows
from server.web.security import BodyLimit, SecurityHeaders

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


def site(
    workflows: Workflows,
    places: SearchPlaces,
    pings: Pings,
    lifespan: Lifespan | None = None,
    *,
    loading: Callable[[], Loading] = lambda: Loading(Phase.READY),
) -> FastAPI:
    """`loading` tells how far the gallery's first load is; where there is none to wait for, it is ready."""
    app = FastAPI(title="OIFR", version="1", docs_url=None, redoc_url=None, lifespan=lifespan, redirect_slashes=False)
    app.state.workflows, app.state.places, app.state.pings = workflows, places, pings
    app.state.loading = loading
    for part in (sessions, searches, subjects, duplicates, erasures, audit, health):
        app.include_router(part.router)
    mount_console(app)
    errors.install(app)
    app.add_middleware(BodyLimit)
    app.add_middleware(SecurityHeaders)
    return app
