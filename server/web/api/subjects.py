"""Subjects and references one by one: listed, enrolled, shown, put to another status, erased."""

from __future__ import annotations

from fastapi import APIRouter, Response

from server.domain.image_errors import ImageCountInvalid
from server.web.api.forms import HandoverForm, ListForm, ReferenceForm, StatusForm, SubjectForm, provenance_from
from server.web.api.multipart import InMemoryForm
from server.web.api.record_views import HoldingsView, HoldingView, StatusView
from server.web.api.routing import BINARY, Identifier, Size, jpeg, multipart_body, problems
from server.web.api.views import ErasedView, ReceiptView, ReferenceView, SubjectView
from server.web.deps import Flows, Places, SignedInActor

router = APIRouter(prefix="/v1/subjects", tags=["gallery"])


@router.post("", status_code=201, responses=problems(401, 403, 409, 422, 503))
def add_subject(form: SubjectForm, actor: SignedInActor, flows: Flows) -> SubjectView:
    subject = flows.enrolment.add_subject(actor, form.record_number, form.given_name, form.family_name, form.born_on)
    return SubjectView(id=subject.id)


@router.post("/list", responses=problems(401, 403, 422, 503))
def list_records(form: ListForm, actor: SignedInActor, flows: Flows) -> HoldingsView:
    """Subjects with their references, page by page in the order of ids. A POST, because an address is written into logs
    on its way, and a record number belongs in none."""
    return HoldingsView.of(flows.records.listed(actor, form.wanted(), form.after, form.limit))


@router.get("/{subject_id}", responses=problems(401, 403, 404, 422, 503))
def open_record(subject_id: Identifier, actor: SignedInActor, flows: Flows) -> HoldingView:
    return HoldingView.of(flows.records.opened(actor, subject_id))


@router.post(
    "/{subject_id}/export",
    responses={200: {"content": {"application/zip": {}}}, **problems(401, 403, 404, 422, 503)},
    response_class=Response,
)
def export_subject(subject_id: Identifier, form: HandoverForm, actor: SignedInActor, flows: Flows) -> Response:
    """A zip of what is held about one person, for that person: a summary, the same as JSON, the photographs."""
    content = flows.subject_access.export(actor, subject_id, form.handover())
    headers = {"Content-Disposition": f'attachment; filename="subject-{subject_id}.zip"'}
    return Response(content, media_type="application/zip", headers=headers)


@router.get(
    "/{subject_id}/references/{reference_id}/image",
    responses={200: {"content": {"image/jpeg": {}}}, **problems(401, 403, 404, 422, 503)},
    response_class=Response,
)
def reference_image(
    subject_id: Identifier, reference_id: Identifier, actor: SignedInActor, flows: Flows, size: Size = None
) -> Response:
    return jpeg(flows.records.image(actor, subject_id, reference_id), size)


@router.post(
    "/{subject_id}/references",
    status_code=201,
    responses=problems(401, 403, 404, 409, 413, 422, 503),
    openapi_extra=multipart_body(record=ReferenceForm.model_json_schema(), image=BINARY),
)
def enrol(
    subject_id: Identifier, actor: SignedInActor, form: InMemoryForm, flows: Flows, places: Places
) -> ReferenceView:
    provenance, images = provenance_from(form.text("record")), form.files("image")
    if len(images) != 1:
        raise ImageCountInvalid("Send one photograph for each reference.")
    with places.taken():
        reference = flows.enrolment.enrol(actor, subject_id, provenance, images[0])
    return ReferenceView(id=reference.id, subject=subject_id)


@router.delete("/{subject_id}/references/{reference_id}", responses=problems(401, 403, 404, 422, 503))
def erase_reference(subject_id: Identifier, reference_id: Identifier, actor: SignedInActor, flows: Flows) -> ErasedView:
    receipt = flows.enrolment.erase_reference(actor, subject_id, reference_id)
    return ErasedView(receipt=ReceiptView.of(receipt))


@router.put("/{subject_id}/references/{reference_id}/status", responses=problems(401, 403, 404, 409, 422, 503))
def put_status(
    *,
    subject_id: Identifier,
    reference_id: Identifier,
    form: StatusForm,
    actor: SignedInActor,
    flows: Flows,
    places: Places,
) -> StatusView:
    """Quarantine or withdraw a reference, or put a quarantined one back. A withdrawn one stays withdrawn."""
    with places.taken():
        receipt = flows.withdrawal.put(actor, subject_id, reference_id, form.status, form.reason)
    return StatusView(status=form.status, receipt=ReceiptView.of(receipt))


@router.delete("/{subject_id}", responses=problems(401, 403, 404, 422, 503))
def erase_subject(subject_id: Identifier, actor: SignedInActor, flows: Flows) -> ErasedView:
    return ErasedView(receipt=ReceiptView.of(flows.enrolment.erase_subject(actor, subject_id)))
