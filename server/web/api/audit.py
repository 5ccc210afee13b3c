"""Reading the trail and proving that an entry stands in it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import PlainTextResponse

from server.web.api.routing import problems
from server.web.api.views import EntriesView, EntryView, ReceiptView
from server.web.deps import Flows, SignedInActor

router = APIRouter(prefix="/v1/audit", tags=["audit"])

Index = Annotated[int, Query(ge=0, lt=2**63)]


@router.get("/entries", responses=problems(401, 403, 422, 503))
def entries(
    actor: SignedInActor,
    flows: Flows,
    before: Annotated[int | None, Query(ge=0, lt=2**63)] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> EntriesView:
    page = flows.supervision.trail(actor, before, limit)
    last = page.entries[-1].index if page.entries else 0
    return EntriesView(entries=[EntryView.of(entry) for entry in page.entries], next=last or None)


@router.get("/checkpoint", response_class=PlainTextResponse, responses=problems(401, 503))
def checkpoint(actor: SignedInActor, flows: Flows) -> PlainTextResponse:
    return PlainTextResponse(flows.supervision.checkpoint(actor))


@router.get("/proof", responses=problems(401, 404, 422, 503))
def proof(actor: SignedInActor, flows: Flows, index: Index) -> ReceiptView:
    return ReceiptView.of(flows.supervision.prove(actor, index))
