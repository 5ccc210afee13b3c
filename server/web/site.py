"""The FastAPI application over given workflows: version 1 of the API, health, the console."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from fastapi import FastAPI

from server.web import errors
from server.web.api import audit, duplicates, health, searches, sessions, subjects
from server.web.console import mount_console
from server.web.deps import Pings, SearchPlaces, Workflows
from server.web.security import BodyLimit, SecurityHeaders

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


def site(workflows: Workflows, places: SearchPlaces, pings: Pings, lifespan: Lifespan | None = None) -> FastAPI:
    app = FastAPI(title="OIFR", version="1", docs_url=None, redoc_url=None, lifespan=lifespan, redirect_slashes=False)
    app.state.workflows, app.state.places, app.state.pings = workflows, places, pings
    for part in (sessions, searches, subjects, duplicates, audit, health):
        app.include_router(part.router)
    mount_console(app)
    errors.install(app)
    app.add_middleware(BodyLimit)
    app.add_middleware(SecurityHeaders)
    return app
