"""What every Database does: the fake, SQLite and PostgreSQL run the same tests."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier

import pytest

from server.domain.actors import Actor, Role, Session
from server.domain.errors import Conflict, NameTaken
from server.domain.gallery import IndexedReference, Record, Source
from server.domain.gallery_errors import RecordNumberTaken, ReferenceUnknown, SubjectUnknown
from server.domain.search_errors import UnresolvedSearch
from server.workflow.ports import GallerySource, GalleryTemplates
from server.workflow.storage_ports import Database
from tests.fakes.clock import NOON
from tests.fakes.samples import HAPPENED, account, reference, search, subject
from tests.fakes.templates import MODEL, template
from tests.ports.database_kinds import AnyDatabase

IMAGE = b"\xff\xd8 a portrait"


def test_it_is_what_the_workflows_ask_for(database: AnyDatabase) -> None:
    port: Database = database
    source: GallerySource = database.gallery
    port.ping()
    assert source.version() == 0


def test_leaving_without_commit_undoes_everything(database: AnyDatabase) -> None:
    with database.write() as unit:
        unit.accounts.add(account())
        unit.subjects.add(subject())
        unit.subjects.enrol(reference(), template(1), IMAGE)
        unit.searches.add(search(), b"k" * 32)
    with database.read() as view:
        assert view.accounts.by_name(account().actor.name) is None
        assert view.searches.recent(10) == []
        assert view.trail.size() == 0
        with pytest.raises(SubjectUnknown):
            view.subjects.subject("subject-1")
    assert database.gallery.version() == 0


def test_an_error_undoes_everything_and_passes_through(database: AnyDatabase) -> None:
    def add_and_fail() -> None:
        with database.write() as unit:
            unit.subjects.add(subject())
            unit.subjects.erase_reference("reference-9")

    with pytest.raises(ReferenceUnknown):
        add_and_fail()
    with database.write() as unit:
        unit.subjects.add(subject())
        unit.commit(HAPPENED)


def test_a_read_keeps_the_state_it_began_with(database: AnyDatabase) -> None:
    with database.read() as view:
        before = view.trail.size()
        with database.write() as unit:
            unit.accounts.add(account())
            unit.commit(HAPPENED)
        assert view.trail.size() == before
        assert view.accounts.by_name(account().actor.name) is None


def test_writes_follow_one_another_under_many_threads(database: AnyDatabase) -> None:
    def add(number: int) -> int:
        with database.write() as unit:
            unit.subjects.add(replace(subject(1), id=f"subject-{number}", record_number=f"RN-{number}"))
            return unit.commit(HAPPENED).index

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(add, range(12))) == list(range(12))


def test_one_undecided_search_per_officer_under_two_threads(database: AnyDatabase) -> None:
    together = Barrier(2)

    def answer(number: int) -> str | None:
        together.wait()
        try:
            with database.write() as unit:
                unit.searches.add(search(number, officer=1), b"k" * 32)
                unit.commit(HAPPENED)
        except UnresolvedSearch as error:
            return error.search_id
        return None

    with ThreadPoolExecutor(2) as pool:
        refusals = list(pool.map(answer, (1, 2)))
    with database.read() as view:
        (kept,) = view.searches.recent(10)
    assert sorted(refusals, key=str) == [None, kept.id] or sorted(refusals, key=str) == [kept.id, None]


# --- accounts --------------------------------------------------------------------------------------------------


def test_an_account_is_found_by_its_name(database: AnyDatabase) -> None:
    with database.write() as unit:
        unit.accounts.add(account(1))
        unit.accounts.add(account(2))
        unit.commit(HAPPENED)
    with database.read() as view:
        assert view.accounts.by_name("PC 0002") == account(2)
        assert view.accounts.by_name("PC 0003") is None
        assert view.accounts.names(["officer-1", "officer-2", "gone"]) == {
            "officer-1": "PC 0001",
            "officer-2": "PC 0002",
        }


def test_a_name_is_taken_once(database: AnyDatabase) -> None:
    with database.write() as unit:
        unit.accounts.add(account())
        twin = replace(account(), actor=Actor("officer-9", account().actor.name, frozenset({Role.SUPERVISOR})))
        with pytest.raises(NameTaken):
            unit.accounts.add(twin)
        unit.commit(HAPPENED)
    with database.read() as view:
        assert view.accounts.by_name(account().actor.name) == account()


def test_a_session_ends_once(database: AnyDatabase) -> None:
    session = Session("d" * 64, account().actor, NOON, NOON + timedelta(hours=8))
    with database.write() as unit:
        unit.accounts.add(account())
        unit.accounts.open_session(session)
        unit.commit(HAPPENED)
    with database.read() as view:
        assert view.accounts.session("d" * 64) == session
        assert view.accounts.session("e" * 64) is None
    with database.write() as unit:
        unit.accounts.end_session("d" * 64, NOON + timedelta(hours=1))
        unit.accounts.end_session("d" * 64, NOON + timedelta(hours=2))
        unit.commit(HAPPENED)
    with database.read() as view:
        assert view.accounts.session("d" * 64) == replace(session, ended_at=NOON + timedelta(hours=1))


def test_a_session_needs_its_account(database: AnyDatabase) -> None:
    with pytest.raises(Conflict), database.write() as unit:
        unit.accounts.open_session(Session("d" * 64, account().actor, NOON, NOON))


# --- subjects and gallery --------------------------------------------------------------------------------------


@pytest.fixture
def gallery(database: AnyDatabase) -> GallerySource:
    """Three references of two subjects."""
    with database.write() as unit:
        unit.subjects.add(subject(1))
        unit.subjects.add(replace(subject(2), born_on=None))
        for number, owner in ((1, 1), (2, 1), (3, 2)):
            unit.subjects.enrol(reference(number, owner), template(number), IMAGE + bytes([number]))
        unit.commit(HAPPENED)
    return database.gallery


def test_subjects_and_references_come_back_as_they_went_in(database: AnyDatabase, gallery: GallerySource) -> None:
    with database.read() as view:
        assert view.subjects.subject("subject-1") == subject(1)
        assert view.subjects.subject("subject-2").born_on is None
        assert view.subjects.references_of("subject-1") == [reference(1, 1), reference(2, 1)]
        assert view.subjects.reference_of("subject-1", "reference-2") == reference(2, 1)
        assert view.subjects.record("reference-1") == Record(subject(1), reference(1, 1))
        assert view.subjects.image("reference-3") == IMAGE + b"\x03"


def test_what_is_not_there_is_named(database: AnyDatabase, gallery: GallerySource) -> None:
    with database.read() as view:
        with pytest.raises(ReferenceUnknown):
            view.subjects.reference_of("subject-2", "reference-1")
        with pytest.raises(ReferenceUnknown):
            view.subjects.record("reference-9")
        with pytest.raises(ReferenceUnknown):
            view.subjects.image("reference-9")
        with pytest.raises(SubjectUnknown):
            view.subjects.references_of("subject-9")


def test_a_record_number_is_taken_once(database: AnyDatabase, gallery: GallerySource) -> None:
    with database.write() as unit, pytest.raises(RecordNumberTaken):
        unit.subjects.add(replace(subject(1), id="subject-9"))


def test_an_enrolment_needs_its_subject(database: AnyDatabase) -> None:
    with database.write() as unit, pytest.raises(SubjectUnknown):
        unit.subjects.enrol(reference(1), template(1), IMAGE)


def test_the_gallery_source_gives_every_template_of_the_model(gallery: GallerySource) -> None:
    version, references = gallery.references(MODEL)
    assert version == gallery.version() == 3
    assert [_plain(entry) for entry in references] == [
        ("reference-1", "subject-1", Source.CUSTODY, MODEL, template(1).vector.tobytes()),
        ("reference-2", "subject-1", Source.CUSTODY, MODEL, template(2).vector.tobytes()),
        ("reference-3", "subject-2", Source.CUSTODY, MODEL, template(3).vector.tobytes()),
    ]
    assert gallery.references("another-model") == (3, [])
    assert gallery.active(["reference-3", "reference-9"]) == {"reference-3"}
    assert gallery.active([]) == frozenset()


def test_the_gallery_is_read_in_parts(database: AnyDatabase, gallery: GallerySource) -> None:
    parts: GalleryTemplates = database.gallery
    version, ids = parts.ids(MODEL)
    assert (version, sorted(ids)) == (3, ["reference-1", "reference-2", "reference-3"])
    assert parts.ids("another-model") == (3, [])
    _, everything = gallery.references(MODEL)
    many = [f"unknown-{number}" for number in range(2500)]
    found = parts.indexed(MODEL, ["reference-3", *many, "reference-1"])
    assert sorted(map(_plain, found)) == [_plain(everything[0]), _plain(everything[2])]
    assert parts.indexed(MODEL, []) == parts.indexed("another-model", ["reference-1"]) == []
    with database.write() as unit:
        unit.subjects.erase_reference("reference-3")
        unit.commit(HAPPENED)
    assert [entry.reference_id for entry in parts.indexed(MODEL, ["reference-3", "reference-1"])] == ["reference-1"]
    assert (parts.ids(MODEL)[0], sorted(parts.ids(MODEL)[1])) == (4, ["reference-1", "reference-2"])


def _plain(entry: IndexedReference) -> tuple[str, str, Source, str, bytes]:
    vector = entry.template.vector.tobytes()
    return entry.reference_id, entry.subject_id, entry.source, entry.template.model, vector


def test_erasing_leaves_nothing_and_counts_as_a_change(database: AnyDatabase, gallery: GallerySource) -> None:
    with database.write() as unit:
        with pytest.raises(Conflict):
            unit.subjects.erase("subject-2")
        assert unit.subjects.erase_reference("reference-3") == 4
        with pytest.raises(ReferenceUnknown):
            unit.subjects.erase_reference("reference-3")
        unit.subjects.erase("subject-2")
        with pytest.raises(SubjectUnknown):
            unit.subjects.erase("subject-2")
        unit.commit(HAPPENED)
    assert gallery.version() == 4
    assert gallery.active(["reference-1", "reference-3"]) == {"reference-1"}
    with database.read() as view, pytest.raises(SubjectUnknown):
        view.subjects.subject("subject-2")
