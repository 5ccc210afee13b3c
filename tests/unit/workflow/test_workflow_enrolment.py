"""Adding to the gallery and erasing from it, everywhere at once."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from server.domain.errors import RoleMissing
from server.domain.events import Act
from server.domain.gallery_errors import (
    RecordInvalid,
    RecordNumberTaken,
    ReferenceUnknown,
    ReviewDateInvalid,
    SubjectUnknown,
)
from server.domain.image_errors import FaceNotFound, SeveralFaces
from tests.fakes.face_engine import photo
from tests.world import PROVENANCE, World


def test_an_enrolled_person_is_found(world: World) -> None:
    world.enrol("ada")
    assert len(world.search(world.officer(), photo("ada")).candidates) == 1


def test_a_subject_is_recorded_by_id_alone(world: World) -> None:
    world.enrol("ada")
    entry = world.last(Act.SUBJECT_ADDED)
    assert entry.private is None
    assert b"Ada" not in entry.leaf
    assert b"RN-ada" not in entry.leaf


def test_a_reference_is_recorded_with_its_source_and_model(world: World) -> None:
    ada, manager = world.enrol("ada"), world.manager()
    provenance = replace(PROVENANCE, review_on=date(2030, 1, 31), station="Quayside custody suite")
    reference = world.workflows.enrolment.enrol(manager, ada.subject_id, provenance, photo("ada", "older"))
    entry = world.last(Act.REFERENCE_ENROLLED)
    for part in (reference.id, reference.subject_id, "custody", "2024-01-31", "2030-01-31", world.engine.model):
        assert part.encode() in entry.leaf
    assert entry.private == {"lawful_basis": PROVENANCE.lawful_basis, "station": "Quayside custody suite"}
    for text in entry.private.values():
        assert str(text).encode() not in entry.leaf
    with world.database.read() as view:
        stored = view.subjects.reference_of(ada.subject_id, reference.id)
    assert (stored.review_on, stored.station) == (provenance.review_on, provenance.station)


def test_what_is_kept_and_shown_is_the_portrait(world: World) -> None:
    reference = world.enrol("ada")
    with world.database.read() as view:
        assert view.subjects.image(reference.id) == world.engine.portrait_of(photo("ada"))


def test_an_index_that_is_down_delays_but_refuses_nothing(world: World) -> None:
    world.gallery.down = True
    world.enrol("ada")
    world.gallery.down = False
    assert len(world.search(world.officer(), photo("ada")).candidates) == 1


def test_an_erased_reference_is_found_no_more(world: World) -> None:
    ada = world.enrol("ada")
    receipt = world.workflows.enrolment.erase_reference(world.manager(), ada.subject_id, ada.id)
    assert receipt.leaf == world.last(Act.REFERENCE_ERASED).leaf
    assert world.search(world.officer(), photo("ada")).candidates == ()


def test_a_subject_is_erased_with_every_reference_in_one_commit(world: World) -> None:
    ada, manager, enrolment = world.enrol("ada"), world.manager(), world.workflows.enrolment
    enrolment.enrol(manager, ada.subject_id, PROVENANCE, photo("ada", "older"))
    receipt = enrolment.erase_subject(manager, ada.subject_id)
    assert world.acts()[-3:] == [Act.SUBJECT_ERASED, Act.REFERENCE_ERASED, Act.REFERENCE_ERASED]
    assert receipt.leaf == world.last(Act.SUBJECT_ERASED).leaf
    assert (world.database.state.subjects, world.database.state.references) == ({}, {})


def test_an_erased_subject_is_found_no_more(world: World) -> None:
    ada = world.enrol("ada")
    world.workflows.enrolment.erase_subject(world.manager(), ada.subject_id)
    assert world.search(world.officer(), photo("ada")).candidates == ()


# --- refusals --------------------------------------------------------------------------------------------------


def test_only_gallery_managers_change_the_gallery(world: World) -> None:
    ada, enrolment = world.enrol("ada"), world.workflows.enrolment
    for actor in (world.officer(), world.supervisor()):
        for act in (
            lambda one: enrolment.add_subject(one, "RN-1", "Bo", "Berg", None),
            lambda one: enrolment.enrol(one, ada.subject_id, PROVENANCE, photo("ada")),
            lambda one: enrolment.erase_reference(one, ada.subject_id, ada.id),
            lambda one: enrolment.erase_subject(one, ada.subject_id),
        ):
            with pytest.raises(RoleMissing):
                act(actor)


def test_a_record_number_is_taken_once(world: World) -> None:
    world.enrol("ada")
    with pytest.raises(RecordNumberTaken):
        world.workflows.enrolment.add_subject(world.manager(), "RN-ada", "Another", "Person", None)
    assert world.acts().count(Act.SUBJECT_ADDED) == 1


def test_a_record_needs_number_and_basis(world: World) -> None:
    ada, manager, enrolment = world.enrol("ada"), world.manager(), world.workflows.enrolment
    with pytest.raises(RecordInvalid):
        enrolment.add_subject(manager, " ", "Bo", "Berg", None)
    with pytest.raises(RecordInvalid):
        enrolment.enrol(manager, ada.subject_id, replace(PROVENANCE, lawful_basis=""), photo("ada"))
    with pytest.raises(ReviewDateInvalid):
        enrolment.enrol(manager, ada.subject_id, replace(PROVENANCE, review_on=date(2024, 1, 30)), photo("ada"))


@pytest.mark.parametrize(("condition", "error"), [("no-face", FaceNotFound), ("several-faces", SeveralFaces)])
def test_a_refused_photograph_enrols_nothing(world: World, condition: str, error: type[Exception]) -> None:
    ada, manager = world.enrol("ada"), world.manager()
    before = (world.stored(), world.acts())
    with pytest.raises(error):
        world.workflows.enrolment.enrol(manager, ada.subject_id, PROVENANCE, photo("ada", condition))
    assert (world.stored(), world.acts()) == before


def test_unknown_subjects_and_references_are_refused(world: World) -> None:
    ada, bo, manager, enrolment = world.enrol("ada"), world.enrol("bo"), world.manager(), world.workflows.enrolment
    before = (world.stored(), world.acts())
    with pytest.raises(SubjectUnknown):
        enrolment.enrol(manager, "nobody", PROVENANCE, photo("ada"))
    with pytest.raises(SubjectUnknown):
        enrolment.erase_subject(manager, "nobody")
    with pytest.raises(ReferenceUnknown):
        enrolment.erase_reference(manager, ada.subject_id, bo.id)
    assert (world.stored(), world.acts()) == before
