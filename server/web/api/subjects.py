"""Enrolling and erasing single subjects and references."""

from __future__ import annotations

from fastapi import APIRouter

from server.domain.image_errors import ImageCountInvalid
from server.web.api.forms import ReferenceForm, StatusForm, SubjectForm, provenance_from
from server.web.api.multipart import InMemoryForm
from server.web.api.routing import BINARY, Identifier, multipart_body, problems
from server.web.api.views import ErasedView, ReceiptView, ReferenceView, StatusView, SubjectView
from server.web.deps import Flows, Places, SignedInActor

router = APIRouter(prefix="/v1/subjects", tags=["gallery"])


@router.post("", status_code=201, responses=problems(401, 403, 409, 422, 503))
def add_subject(form: SubjectForm, actor: SignedInActor, flows: Flows) -> SubjectView:
    subject = flows.enrolment.add_subject(actor, form.record_number, form.given_name, form.family_name, form.born_on)
    return SubjectView(id=subject.id)


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
