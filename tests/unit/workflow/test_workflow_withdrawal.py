"""Taking a reference out of every search, and putting one back."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from server.domain.errors import RoleMissing
from server.domain.events import Act
from server.domain.gallery import Status
from server.domain.gallery_errors import ReasonMissing, ReferenceUnknown, StatusFinal, StatusUnchanged
from server.workflow.coverage import Coverage
from tests.fakes.face_engine import FakeFaceEngine, photo
from tests.fakes.memory_gallery import MemoryGallery
from tests.world import World


def found(world: World, person: str, officer: str = "4471") -> int:
    return len(world.search(world.officer(officer), photo(person)).candidates)


@pytest.mark.parametrize("status", [Status.QUARANTINED, Status.WITHDRAWN])
def test_what_is_not_active_is_found_no_more(world: World, status: Status) -> None:
    ada = world.enrol("ada")
    receipt = world.put(ada, status, "The court said so")
    entry = world.last(Act.REFERENCE_WITHDRAWN)
    assert receipt.leaf == entry.leaf
    assert json.loads(entry.leaf)["details"] == {
        "subject": ada.subject_id,
        "reference": ada.id,
        "version": 2,
        "status": status.value,
        "before": "active",
    }
    assert entry.private == {"reason": "The court said so"}
    assert found(world, "ada") == 0


def test_a_quarantined_reference_put_back_is_found_again(world: World) -> None:
    ada = world.enrol("ada")
    world.put(ada, Status.QUARANTINED)
    receipt = world.put(ada, Status.ACTIVE)
    assert receipt.leaf == world.last(Act.REFERENCE_RESTORED).leaf
    assert json.loads(receipt.leaf)["details"]["version"] == world.database.gallery.version() == 3
    assert found(world, "ada") == 1


def test_a_quarantined_reference_may_be_withdrawn(world: World) -> None:
    ada = world.enrol("ada")
    world.put(ada, Status.QUARANTINED)
    world.put(ada, Status.WITHDRAWN)
    assert json.loads(world.last(Act.REFERENCE_WITHDRAWN).leaf)["details"]["before"] == "quarantined"


def test_a_reference_put_back_after_a_change_of_models_gets_its_template(world: World) -> None:
    ada = world.enrol("ada")
    world.put(ada, Status.QUARANTINED)
    change_model(world, FakeFaceEngine("other-faces/1"))
    world.put(ada, Status.ACTIVE)
    world.coverage.check()
    assert world.database.gallery.census().templates == {"named-faces/1": 1, "other-faces/1": 1}
    assert found(world, "ada") == 1


def test_a_reference_that_the_new_model_refuses_is_put_back_without_stopping_every_search(world: World) -> None:
    ada, _ = world.enrol("ada"), world.enrol("bo")
    world.put(ada, Status.QUARANTINED)
    change_model(world, FakeFaceEngine("other-faces/1", refused=frozenset({"ada"})))
    world.put(ada, Status.ACTIVE)
    assert world.database.gallery.census().rejections == {"other-faces/1": 1}


def change_model(world: World, engine: FakeFaceEngine) -> None:
    world.engine = engine
    world.gallery = MemoryGallery(engine.model, world.database.gallery)
    world.coverage = Coverage(world.database.gallery, engine.model)
    world.workflows = world.compose()


# --- refusals --------------------------------------------------------------------------------------------------


def test_a_withdrawal_is_final(world: World) -> None:
    ada = world.enrol("ada")
    world.put(ada, Status.WITHDRAWN)
    before = (world.stored(), world.acts())
    for status, error in (
        (Status.ACTIVE, StatusFinal),
        (Status.QUARANTINED, StatusFinal),
        (Status.WITHDRAWN, StatusUnchanged),
    ):
        with pytest.raises(error):
            world.put(ada, status)
    assert (world.stored(), world.acts()) == before


def test_the_same_status_again_is_refused(world: World) -> None:
    ada = world.enrol("ada")
    with pytest.raises(StatusUnchanged):
        world.put(ada, Status.ACTIVE)
    world.put(ada, Status.QUARANTINED)
    with pytest.raises(StatusUnchanged):
        world.put(ada, Status.QUARANTINED)


def test_it_needs_a_reason_the_right_role_and_the_right_subject(world: World) -> None:
    ada, bo = world.enrol("ada"), world.enrol("bo")
    before = (world.stored(), world.acts())
    with pytest.raises(ReasonMissing):
        world.put(ada, Status.WITHDRAWN, " ")
    with pytest.raises(ReferenceUnknown):
        world.put(replace(ada, subject_id=bo.subject_id), Status.WITHDRAWN)
    with pytest.raises(ReferenceUnknown):
        world.put(replace(ada, id="f" * 32), Status.ACTIVE)
    assert (world.stored(), world.acts()) == before
    for actor in (world.officer(), world.supervisor()):
        with pytest.raises(RoleMissing):
            world.workflows.withdrawal.put(actor, ada.subject_id, ada.id, Status.WITHDRAWN, "Curious")
