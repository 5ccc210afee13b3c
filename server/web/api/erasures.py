"""How far an erasure has come, and its receipt."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path

from server.web.api.routing import problems
from server.web.api.views import ErasureView
from server.web.deps import Flows, SignedInActor

router = APIRouter(prefix="/v1/erasures", tags=["gallery"])

Index = Annotated[int, Path(ge=0, lt=2**63, description="`index` of the receipt that the erasure was answered with")]


@router.get("/{index}", responses=problems(401, 403, 404, 422, 503))
def erasure(index: Index, actor: SignedInActor, flows: Flows) -> ErasureView:
    """Which matchers and stored rows have dropped what was erased; with a receipt once all have."""
    return ErasureView.of(flows.erasures.asked(actor, index))
