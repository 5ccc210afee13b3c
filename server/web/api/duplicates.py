"""Pairs of records that may be of one person: listed for a human, and settled by one."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from server.domain.duplicates import Verdict
from server.web.api.forms import VerdictForm
from server.web.api.routing import Identifier, problems
from server.web.api.views import PairsView, PairView, ReceiptView, SettledView
from server.web.deps import Flows, SignedInActor

router = APIRouter(prefix="/v1/duplicates", tags=["gallery"])


@router.get("", responses=problems(401, 403, 422, 503))
def duplicates(
    actor: SignedInActor,
    flows: Flows,
    verdict: Verdict = Verdict.OPEN,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> PairsView:
    pairs = flows.duplicates.listed(actor, verdict, limit)
    return PairsView(pairs=[PairView.of(pair.duplicate) for pair in pairs], total=flows.duplicates.count(verdict))


@router.put("/{pair_id}/verdict", responses=problems(401, 403, 404, 422, 503))
def settle(pair_id: Identifier, form: VerdictForm, actor: SignedInActor, flows: Flows) -> SettledView:
    return SettledView(receipt=ReceiptView.of(flows.duplicates.settle(actor, pair_id, form.verdict)))
