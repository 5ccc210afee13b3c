"""The pages: the trail with its detail, the searches that wait for a review, and one search."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, Path, Query, Response
from fastapi.responses import RedirectResponse

from server.domain.events import Act
from server.domain.quality import RECAPTURE_ADVICE
from server.domain.search import ReviewOutcome
from server.web.console.entries import ShownEntry, flaw_of, shown
from server.web.console.problems import PREFIX, PageRoute
from server.web.console.render import QUEUE_LIMIT, page
from server.web.console.visit import ActingVisit, ReadingVisit, Visit

ENTRIES_PER_PAGE = 50
NEWER_NEIGHBOURS = 7
"""How many newer entries stand above the one that is open, so that it is in view without a script."""

LARGEST_INDEX = 2**53

Index = Annotated[int, Path(ge=0, le=LARGEST_INDEX)]
SearchId = Annotated[str, Path(pattern="^[0-9a-f]{32}$")]

router = APIRouter(prefix=PREFIX, route_class=PageRoute)


@dataclass(frozen=True)
class TrailFilter:
    """Which entries the trail shows. It stands in the address, so that a filtered trail can be sent and kept."""

    act: Annotated[Literal[""] | Act, Query()] = ""
    officer: Annotated[str, Query(max_length=200)] = ""

    def address(self, path: str, before: int | None = None) -> str:
        parts = {"act": self.act, "officer": self.officer, "before": "" if before is None else str(before)}
        query = urlencode({key: part for key, part in parts.items() if part})
        return f"{path}?{query}" if query else path


@dataclass(frozen=True)
class TrailRows:
    """Entries, newest first; `older` is the index to page on from, None at the end of the trail."""

    entries: Sequence[ShownEntry]
    size: int
    newest: bool
    older: int | None


Filter = Annotated[TrailFilter, Depends()]


@router.get("")
@router.get("/")
def home() -> Response:
    return RedirectResponse("/console/trail", HTTPStatus.SEE_OTHER)


@router.get("/trail")
def trail(
    visit: ReadingVisit, chosen: Filter, before: Annotated[int | None, Query(ge=0, le=LARGEST_INDEX)] = None
) -> Response:
    return page(visit, "trail.html", rows=_rows(visit, chosen, before), chosen=chosen, acts=list(Act), entry=None)


@router.get("/trail/{index}")
def entry(visit: ReadingVisit, index: Index, chosen: Filter) -> Response:
    supervision = visit.workflows.supervision
    opened = supervision.entry(visit.actor, index)
    receipt = supervision.prove(visit.actor, index)
    return page(
        visit,
        "trail.html",
        rows=_rows(visit, chosen, index + NEWER_NEIGHBOURS + 1),
        chosen=chosen,
        acts=list(Act),
        entry=shown(opened.entries[0], opened.names),
        flaw=flaw_of(opened.entries[0], receipt),
        receipt=receipt,
    )


@router.get("/reviews")
def reviews(visit: ReadingVisit, recorded: Annotated[int | None, Query(ge=0, le=LARGEST_INDEX)] = None) -> Response:
    queue = visit.workflows.supervision.queue(visit.actor, QUEUE_LIMIT)
    return page(visit, "reviews.html", queue=queue, limit=QUEUE_LIMIT, recorded=recorded)


@router.get("/searches/{search_id}")
def search(visit: ReadingVisit, search_id: SearchId) -> Response:
    dossier = visit.workflows.supervision.open(visit.actor, search_id)
    timeline = [shown(happened, dossier.names) for happened in dossier.entries]
    return page(
        visit,
        "search.html",
        dossier=dossier,
        search=dossier.search,
        timeline=timeline,
        recapture_advice=RECAPTURE_ADVICE,
    )


@router.post("/searches/{search_id}/review")
def review(
    visit: ActingVisit,
    search_id: SearchId,
    outcome: Annotated[ReviewOutcome, Form()],
    note: Annotated[str, Form(max_length=4000)] = "",
) -> Response:
    receipt = visit.workflows.supervision.review(visit.actor, search_id, outcome, note)
    return RedirectResponse(f"/console/reviews?recorded={receipt.index}", HTTPStatus.SEE_OTHER)


def _rows(visit: Visit, chosen: TrailFilter, before: int | None) -> TrailRows:
    asked = ENTRIES_PER_PAGE + 1
    found = visit.workflows.supervision.trail(
        visit.actor, before, asked, chosen.act or None, chosen.officer.strip() or None
    )
    kept = found.entries[:ENTRIES_PER_PAGE]
    entries = [shown(entry, found.names) for entry in kept]
    older = kept[-1].index if len(found.entries) == asked else None
    return TrailRows(entries, found.size, before is None or before >= found.size, older)
