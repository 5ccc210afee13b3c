"""Reading the gallery's records: what is shown, to whom, and the entry that each look leaves."""

from __future__ import annotations

import json

import pytest

from server.domain.errors import RoleMissing
from server.domain.events import Act
from server.domain.gallery import Source, Status
from server.domain.gallery_errors import ReferenceUnknown, SubjectUnknown
from server.domain.holdings import Wanted
from tests.fakes.face_engine import photo
from tests.world import World


def test_a_list_is_an_entry_with_whom_it_showed_and_what_was_asked(world: World) -> None:
    ada, _ = world.enrol("ada"), world.enrol("bo", Source.MISSING)
    wanted = Wanted(source=Source.CUSTODY, record_prefix="RN-a", lawful_basis="custody regulation 12")
    page = world.workflows.records.listed(world.manager(), wanted, "", 10)
    assert [holding.references for holding in page.holdings] == [[ada]]
    entry = world.last(Act.RECORDS_CONSULTED)
    assert entry.actor_id == world.manager().id
    assert json.loads(entry.leaf)["details"] == {
        "subjects": [ada.subject_id],
        "source": "custody",
        "status": None,
        "review_before": None,
    }
    assert entry.private == {"record_prefix": "RN-a", "lawful_basis": "custody regulation 12"}
    assert b"RN-a" not in entry.leaf


def test_a_list_that_shows_nobody_is_an_entry_too(world: World) -> None:
    page = world.workflows.records.listed(None, Wanted(status=Status.WITHDRAWN), "", 10)
    assert (page.holdings, page.following) == ([], None)
    entry = world.last(Act.RECORDS_CONSULTED)
    assert (entry.actor_id, entry.private) == (None, None)


def test_a_record_is_opened_with_every_reference(world: World) -> None:
    ada = world.enrol("ada")
    world.put(ada, Status.WITHDRAWN)
    holding = world.workflows.records.opened(world.manager(), ada.subject_id)
    assert [one.status for one in holding.references] == [Status.WITHDRAWN]
    assert json.loads(world.last(Act.RECORDS_CONSULTED).leaf)["details"]["subjects"] == [ada.subject_id]


def test_a_photograph_is_shown_whatever_its_status_and_each_time_is_an_entry(world: World) -> None:
    ada = world.enrol("ada")
    records, manager = world.workflows.records, world.manager()
    images = [records.image(manager, ada.subject_id, ada.id)]
    world.put(ada, Status.QUARANTINED)
    images.append(records.image(manager, ada.subject_id, ada.id))
    assert images == [world.engine.portrait_of(photo("ada"))] * 2
    assert world.acts().count(Act.REFERENCE_VIEWED) == 2
    assert json.loads(world.last(Act.REFERENCE_VIEWED).leaf)["details"]["reference"] == ada.id


def test_what_is_not_there_leaves_no_entry(world: World) -> None:
    ada, bo, manager, records = world.enrol("ada"), world.enrol("bo"), world.manager(), world.workflows.records
    acts = world.acts()
    with pytest.raises(SubjectUnknown):
        records.opened(manager, "f" * 32)
    with pytest.raises(ReferenceUnknown):
        records.image(manager, bo.subject_id, ada.id)
    assert world.acts() == acts


def test_only_gallery_managers_read_records(world: World) -> None:
    ada, records = world.enrol("ada"), world.workflows.records
    for actor in (world.officer(), world.supervisor()):
        for look in (
            lambda one: records.listed(one, Wanted(), "", 10),
            lambda one: records.opened(one, ada.subject_id),
            lambda one: records.image(one, ada.subject_id, ada.id),
        ):
            with pytest.raises(RoleMissing):
                look(actor)
