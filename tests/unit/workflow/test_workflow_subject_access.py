"""One person's file: what is told, what is not, and the entry of its handing over."""

from __future__ import annotations

import hashlib
import io
import json
from dataclasses import replace
from datetime import date
from typing import Any
from zipfile import ZipFile

import pytest

from server.domain.decision import Judgement
from server.domain.errors import RoleMissing
from server.domain.events import Act
from server.domain.gallery import Reference, Source, Status
from server.domain.gallery_errors import ReasonMissing, RecipientMissing, SubjectUnknown
from server.domain.holdings import Wanted
from server.workflow.subject_access import Handover
from tests.fakes.face_engine import photo
from tests.fakes.samples import PURPOSE
from tests.world import EVIDENCE_AGAINST, PROVENANCE, World, named

HANDOVER = Handover("Ada herself, by post", "Request 2026/7")


def exported(world: World, reference: Reference) -> ZipFile:
    content = world.workflows.subject_access.export(world.manager(), reference.subject_id, HANDOVER)
    return ZipFile(io.BytesIO(content))


def told(world: World, reference: Reference) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(exported(world, reference).read("data.json"))
    return document


def everything(file: ZipFile) -> str:
    return "\n".join(file.read(name).decode() for name in file.namelist())


def named_as_lead(world: World, person: str) -> str:
    """A search whose decision names the first letter that was judged the same; its id."""
    officer = world.officer()
    search = world.search(officer, photo(person))
    world.judge_all(officer, search, Judgement.SAME)
    world.workflows.adjudication.decide(officer, search.id, named("A"))
    return search.id


def test_a_file_tells_of_the_person_and_every_reference_with_its_photograph(world: World) -> None:
    ada = world.enrol("ada")
    provenance = replace(PROVENANCE, review_on=date(2030, 1, 31), station="Quayside custody suite")
    older = world.workflows.enrolment.enrol(world.manager(), ada.subject_id, provenance, photo("ada", "older"))
    world.put(older, Status.WITHDRAWN)
    file = exported(world, ada)
    document = json.loads(file.read("data.json"))
    assert document["subject"]["record_number"] == "RN-ada"
    assert [(one["id"], one["status"]) for one in document["references"]] == [
        (ada.id, "active"),
        (older.id, "withdrawn"),
    ]
    last = document["references"][1]
    assert (last["review_on"], last["station"]) == ("2030-01-31", "Quayside custody suite")
    assert last["lawful_basis"] == PROVENANCE.lawful_basis
    assert [file.read(one["image"]) for one in document["references"]] == [b"PORTRAIT ada"] * 2
    summary = file.read("summary.html").decode()
    for text in ("RN-ada", "Quetzalowicz", "Quayside custody suite", PROVENANCE.lawful_basis, "2030-01-31"):
        assert text in summary
    assert file.testzip() is None


def test_closed_searches_are_told_without_anything_of_others(world: World) -> None:
    berg, _ = world.enrol("berg-1"), world.enrol("berg-2")
    decided = named_as_lead(world, "berg-1")
    (one,) = told(world, berg)["searches"]
    search = world.database.state.searches[decided]
    (candidate,) = [each for each in search.candidates if each.subject_id == berg.subject_id]
    assert one == {
        "search": decided,
        "at": search.answered_at.isoformat(),
        "ground": "refuses",
        "state": "decided",
        "reference": berg.id,
        "people_on_the_list": 2,
        "judgement": "same",
        "named_as_lead": candidate.label == "A",
    }


def test_of_two_who_were_put_forward_the_one_decided_on_is_named(world: World) -> None:
    people = [world.enrol("berg-1"), world.enrol("berg-2")]
    named_as_lead(world, "berg-1")
    assert sorted(told(world, one)["searches"][0]["named_as_lead"] for one in people) == [False, True]


def test_an_open_search_is_told_by_nothing(world: World) -> None:
    ada = world.enrol("ada")
    search = world.search(world.officer(), photo("ada"))
    world.workflows.adjudication.image(world.officer(), search.id, "A")
    file = exported(world, ada)
    assert search.id not in everything(file)
    assert Act.SEARCH_ANSWERED not in everything(file)
    world.run_out()
    world.workflows.retention.sweep()
    document = told(world, ada)
    assert [one["state"] for one in document["searches"]] == ["expired"]
    assert {entry["act"] for entry in document["entries"] if entry["search"]} == {"search-answered", "candidate-viewed"}


def test_nothing_of_officers_other_people_or_the_machine_is_told(world: World) -> None:
    berg, other = world.enrol("berg-1"), world.enrol("berg-2")
    named_as_lead(world, "berg-1")
    world.put(berg, Status.QUARANTINED, "Sergeant Plum asked for it")
    held = everything(exported(world, berg))
    state = world.database.state
    officers = [world.officer(), world.manager(), world.supervisor()]
    (search,) = state.searches.values()
    for withheld in (
        other.id,
        other.subject_id,
        "RN-berg-2",
        PURPOSE.necessity,
        PURPOSE.incident,
        PURPOSE.power,
        EVIDENCE_AGAINST,
        "Sergeant Plum",
        "threshold",
        *(actor.id for actor in officers),
        world.officer().name,
        world.supervisor().name,
        *(f"{candidate.score:.4f}" for candidate in search.candidates),
    ):
        assert withheld not in held


def test_entries_are_told_with_what_is_the_subject_s_own(world: World) -> None:
    ada = world.enrol("ada")
    world.put(ada, Status.QUARANTINED)
    entries = told(world, ada)["entries"]
    assert [entry["act"] for entry in entries] == ["subject-added", "reference-enrolled", "reference-withdrawn"]
    assert entries[-1]["details"] == {"reference": ada.id, "status": "quarantined", "before": "active"}
    stored = world.last(Act.REFERENCE_WITHDRAWN)
    assert (entries[-1]["entry"], entries[-1]["leaf_hash"]) == (stored.index, stored.leaf_hash.hex())


def test_what_a_list_was_asked_for_is_not_told_as_if_it_were_about_the_subject(world: World) -> None:
    ada = world.enrol("ada")
    world.workflows.records.listed(world.manager(), Wanted(source=Source.CUSTODY), "", 10)
    last = told(world, ada)["entries"][-1]
    assert (last["act"], last["details"]) == ("records-consulted", {})


def test_a_reference_erased_by_now_is_told_by_its_entries(world: World) -> None:
    ada = world.enrol("ada")
    named_as_lead(world, "ada")
    world.workflows.enrolment.erase_reference(world.manager(), ada.subject_id, ada.id)
    document = told(world, ada)
    assert document["references"] == []
    assert [one["reference"] for one in document["searches"]] == [ada.id]
    assert "reference-erased" in {entry["act"] for entry in document["entries"]}


def test_the_handing_over_is_an_entry_and_the_next_file_tells_of_it(world: World) -> None:
    ada = world.enrol("ada")
    content = world.workflows.subject_access.export_record("RN-ada", HANDOVER)
    entry = world.last(Act.SUBJECT_EXPORTED)
    assert json.loads(entry.leaf)["details"] == {
        "subject": ada.subject_id,
        "references": 1,
        "searches": 0,
        "entries": 2,
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    assert (entry.actor_id, entry.private) == (None, {"recipient": HANDOVER.recipient, "reason": HANDOVER.reason})
    assert told(world, ada)["entries"][-1]["details"] == {"recipient": HANDOVER.recipient}


def test_words_that_look_like_html_stay_words(world: World) -> None:
    manager, enrolment = world.manager(), world.workflows.enrolment
    subject = enrolment.add_subject(manager, "<b>RN</b>", "<script>", '"&', None)
    enrolment.enrol(manager, subject.id, replace(PROVENANCE, station="<img src=x>"), photo("ada"))
    content = world.workflows.subject_access.export(manager, subject.id, HANDOVER)
    summary = ZipFile(io.BytesIO(content)).read("summary.html").decode()
    for harmful in ("<b>RN", "<script", "<img src=x"):
        assert harmful not in summary
    assert "&lt;script&gt;" in summary


def test_it_needs_a_recipient_a_reason_and_the_right_role(world: World) -> None:
    ada, access = world.enrol("ada"), world.workflows.subject_access
    for actor in (world.officer(), world.supervisor()):
        with pytest.raises(RoleMissing):
            access.export(actor, ada.subject_id, HANDOVER)
    acts = world.acts()
    with pytest.raises(RecipientMissing):
        access.export(world.manager(), ada.subject_id, replace(HANDOVER, recipient=" "))
    with pytest.raises(ReasonMissing):
        access.export(world.manager(), ada.subject_id, replace(HANDOVER, reason=""))
    with pytest.raises(SubjectUnknown):
        access.export(world.manager(), "f" * 32, HANDOVER)
    with pytest.raises(SubjectUnknown):
        access.export_record("RN-nobody", HANDOVER)
    assert world.acts() == acts
