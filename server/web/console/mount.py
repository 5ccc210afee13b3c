"""Puts the console's pages together and hangs them, with their style sheet and icon, into the app."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter, FastAPI
from fastapi.staticfiles import StaticFiles

from server.web.console import pages, sign_in
from server.web.console.problems import PREFIX, PageRoute, nothing_here

STATIC = Path(__file__).parent / "static"


def console_router() -> APIRouter:
    """All pages. The last route answers whatever no page is at, so that this too is a page."""
    router = APIRouter(include_in_schema=False, route_class=PageRoute)
    router.include_router(sign_in.router)
    router.include_router(pages.router)
    router.add_api_route(f"{PREFIX}/{{rest:path}}", nothing_here, methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
    return router


def mount_console(app: FastAPI) -> None:
    """Add static files and pages; the files come first because the router answers every path under its prefix."""
    app.mount(f"{PREFIX}/static", StaticFiles(directory=STATIC), name="console-static")
    app.include_router(console_router())
