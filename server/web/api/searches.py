"""One search from its probe to its review."""

from __future__ import annotations

from fastapi import APIRouter, Response

from server.web.api.forms import (
    DecisionForm,
    FaceForm,
    JudgementForm,
    PurposeForm,
    ReviewForm,
    named_from,
    purpose_from,
)
from server.web.api.multipart import InMemoryForm
from server.web.api.routing import BINARY, Identifier, Label, Size, jpeg, multipart_body, problems
from server.web.api.views import DecidedView, ReceiptView, ReviewedView, SearchView
from server.web.deps import Flows, Places, SignedInActor
from server.workflow.adjudication import OpenedSearch

router = APIRouter(prefix="/v1/searches", tags=["searches"])

_PROBE = multipart_body(
    purpose=PurposeForm.model_json_schema(),
    images={"type": "array", "items": BINARY, "minItems": 1, "maxItems": 5},
    face={"type": "array", "items": FaceForm.model_json_schema(), "maxItems": 5},
    optional=("face",),
)


@router.post("", status_code=201, responses=problems(401, 403, 409, 413, 422, 503), openapi_extra=_PROBE)
def search(actor: SignedInActor, form: InMemoryForm, flows: Flows, places: Places) -> SearchView:
    """Answer one probe. Where a photograph shows several faces (422 `several-faces`), send it again with a `face`.

    Of a crowd the largest faces are answered as boxes, sixteen of each way in which people stand or lie.
    """
    purpose, images = purpose_from(form.text("purpose")), form.files("images")
    named = named_from(form.files("face"))
    with places.taken():
        answered = flows.identification.search(actor, purpose, images, named)
    return SearchView.of(OpenedSearch(answered, {}))


@router.get("/current", responses=problems(401, 403, 404, 503))
def current(actor: SignedInActor, flows: Flows) -> SearchView:
    """The officer's undecided search."""
    return SearchView.of(flows.adjudication.current(actor))


@router.get("/{search_id}", responses=problems(401, 403, 404, 422, 503))
def open_search(search_id: Identifier, actor: SignedInActor, flows: Flows) -> SearchView:
    return SearchView.of(flows.adjudication.open(actor, search_id))


@router.get(
    "/{search_id}/candidates/{label}/image",
    responses={200: {"content": {"image/jpeg": {}}}, **problems(401, 403, 404, 409, 410, 422, 503)},
    response_class=Response,
)
def candidate_image(
    search_id: Identifier, label: Label, actor: SignedInActor, flows: Flows, size: Size = None
) -> Response:
    return jpeg(flows.adjudication.image(actor, search_id, label), size)


@router.post("/{search_id}/judgements", responses=problems(401, 403, 404, 409, 422, 503))
def judge(search_id: Identifier, form: JudgementForm, actor: SignedInActor, flows: Flows) -> SearchView:
    return SearchView.of(flows.adjudication.judge(actor, search_id, form.label, form.judgement))


@router.post("/{search_id}/decision", status_code=201, responses=problems(401, 403, 404, 409, 422, 503))
def decide(search_id: Identifier, form: DecisionForm, actor: SignedInActor, flows: Flows) -> DecidedView:
    opened, receipt = flows.adjudication.decide(actor, search_id, form.decision())
    return DecidedView(search=SearchView.of(opened), receipt=ReceiptView.of(receipt))


@router.post("/{search_id}/review", status_code=201, responses=problems(401, 403, 404, 409, 422, 503))
def review(search_id: Identifier, form: ReviewForm, actor: SignedInActor, flows: Flows) -> ReviewedView:
    receipt = flows.supervision.review(actor, search_id, form.outcome, form.note)
    return ReviewedView(receipt=ReceiptView.of(receipt))
