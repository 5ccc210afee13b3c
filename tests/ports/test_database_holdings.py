"""Pages of records, and what concerns one subject: fake, SQLite and PostgreSQL alike."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from server.domain.candidates import Candidate
from server.domain.events import Act, Event
from server.domain.gallery import Source, Status
from server.domain.gallery_errors import ReferenceUnknown
from server.domain.holdings import Holding, Page, Wanted
from tests.fakes.samples import HAPPENED, TIME_TO_DECIDE, reference, search, subject
from tests.fakes.templates import template
from tests.ports.database_kinds import AnyDatabase

PORTRAIT = b"\xff\xd8 a portrait"

HELD = (
    reference(1, 1),
    replace(reference(2, 1), source=Source.MISSING, review_on=None, station=""),
    replace(reference(3, 2), station="Harbour", lawful_basis="Warrant 3", review_on=date(2026, 6, 1)),
    replace(reference(4, 3), station="Harbour", status=Status.QUARANTINED),
)


@pytest.fixture
def held(database: AnyDatabase) -> AnyDatabase:
    """Subjects 1 to 3 with the references of HELD; the fourth has none."""
    with database.write() as unit:
        for number in (1, 2, 3, 4):
            unit.subjects.add(replace(subject(number), born_on=None))
        for number, one in enumerate(HELD):
            unit.subjects.enrol(replace(one, status=Status.ACTIVE), template(number), PORTRAIT + bytes([number]))
        unit.subjects.put_status("reference-4", Status.QUARANTINED)
        unit.commit(HAPPENED)
    return database


def page(database: AnyDatabase, wanted: Wanted, after: str = "", limit: int = 10) -> Page:
    with database.read() as view:
        return view.holdings.page(wanted, after, limit)


def shown(database: AnyDatabase, wanted: Wanted) -> list[str]:
    """Ids of the references, or of subjects that show none."""
    whole = page(database, wanted)
    assert whole.following is None
    return [
        name for holding in whole.holdings for name in [one.id for one in holding.references] or [holding.subject.id]
    ]


def test_without_a_question_everybody_is_shown_whole(held: AnyDatabase) -> None:
    first, *_, last = page(held, Wanted()).holdings
    assert first == Holding(replace(subject(1), born_on=None), list(HELD[:2]))
    assert last == Holding(replace(subject(4), born_on=None), [])
    assert shown(held, Wanted()) == ["reference-1", "reference-2", "reference-3", "reference-4", "subject-4"]


@pytest.mark.parametrize(
    ("wanted", "references"),
    [
        (Wanted(source=Source.MISSING), [2]),
        (Wanted(source=Source.WANTED), []),
        (Wanted(status=Status.ACTIVE), [1, 2, 3]),
        (Wanted(status=Status.QUARANTINED), [4]),
        (Wanted(status=Status.WITHDRAWN), []),
        (Wanted(station="HARBOUR"), [3, 4]),
        (Wanted(station="Harb"), []),
        (Wanted(lawful_basis="warrant 3"), [3]),
        (Wanted(review_before=date(2026, 6, 1)), [2]),
        (Wanted(review_before=date(2026, 6, 2)), [2, 3]),
        (Wanted(review_before=date(2031, 1, 1)), [1, 2, 3, 4]),
        (Wanted(station="Harbour", status=Status.ACTIVE), [3]),
        (Wanted(station="Harbour", lawful_basis="Warrant 4"), []),
        (Wanted(source=Source.CUSTODY, record_prefix="rn-00001"), [1]),
    ],
    ids=lambda given: str(vars(given)) if isinstance(given, Wanted) else "",
)
def test_references_that_are_asked_for_are_shown(held: AnyDatabase, wanted: Wanted, references: list[int]) -> None:
    assert shown(held, wanted) == [f"reference-{number}" for number in references]


def test_a_record_is_found_by_how_its_number_begins(held: AnyDatabase) -> None:
    assert shown(held, Wanted(record_prefix="RN-00004")) == ["subject-4"]
    assert len(page(held, Wanted(record_prefix="rn-0000")).holdings) == 4
    assert shown(held, Wanted(record_prefix="00001")) == []


def test_pages_follow_one_another_without_a_gap(held: AnyDatabase) -> None:
    names, after = [], ""
    while True:
        one = page(held, Wanted(station="harbour"), after, limit=1)
        names += [holding.subject.id for holding in one.holdings]
        if one.following is None:
            break
        after = one.following
    assert names == ["subject-2", "subject-3"]


def test_a_photograph_is_kept_whatever_the_status(held: AnyDatabase) -> None:
    with held.read() as view:
        assert view.subjects.portrait("reference-4") == PORTRAIT + b"\x03"
        for look in (view.subjects.portrait, view.subjects.image):
            with pytest.raises(ReferenceUnknown):
                look("reference-9")
        with pytest.raises(ReferenceUnknown):
            view.subjects.image("reference-4")


def test_a_status_is_a_gallery_change_and_may_come_back(held: AnyDatabase) -> None:
    version = held.gallery.version()
    with held.write() as unit:
        assert unit.subjects.put_status("reference-4", Status.ACTIVE) == version + 1
        assert unit.subjects.put_status("reference-1", Status.WITHDRAWN) == version + 2
        with pytest.raises(ReferenceUnknown):
            unit.subjects.put_status("reference-9", Status.ACTIVE)
        unit.commit(HAPPENED)
    assert held.gallery.active(["reference-1", "reference-4"]) == {"reference-4"}
    assert held.gallery.version() == version + 2


def test_closed_searches_are_found_by_who_was_put_forward(held: AnyDatabase) -> None:
    other = (Candidate("A", "reference-3", "subject-3", 0.9),)
    with held.write() as unit:
        for number in (3, 1, 2, 4):
            asked = search(number, officer=number)
            asked = replace(asked, candidates=other) if number == 2 else asked
            unit.searches.add(asked, b"k" * 32)
            if number != 4:
                unit.searches.update(asked.expire(asked.answered_at + TIME_TO_DECIDE), asked)
        unit.commit(HAPPENED)
    with held.read() as view:
        assert [one.id for one in view.searches.closed_with("subject-1")] == ["search-1", "search-3"]
        assert [one.id for one in view.searches.closed_with("subject-3")] == ["search-2"]
        assert list(view.searches.closed_with("subject-9")) == []


def test_entries_are_found_by_whom_they_name(database: AnyDatabase) -> None:
    ids = ["a" * 32, "b" * 32, "c" * 32]
    with database.write() as unit:
        unit.commit(
            Event(Act.SUBJECT_ADDED, None, details={"subject": ids[0]}, private={"note": ids[2]}),
            Event(Act.SUBJECT_ADDED, None, details={"subject": ids[1]}),
            Event(Act.RECORDS_CONSULTED, None, details={"subjects": [ids[1], ids[0]]}),
        )
    with database.read() as view:
        found = list(view.trail.naming({ids[0]}))
        assert [(entry.index, entry.private) for entry in found] == [(0, None), (2, None)]
        assert [entry.index for entry in view.trail.naming(ids)] == [0, 1, 2]
        assert list(view.trail.naming({ids[2]})) == []


def test_a_moment_after_another_comes_later(held: AnyDatabase) -> None:
    """The order of `closed_with` is that of the answers, not of the ids."""
    early, late = search(9, officer=1), replace(search(1, officer=2), answered_at=search(9).answered_at + timedelta(1))
    with held.write() as unit:
        for one in (late, early):
            unit.searches.add(one, b"k" * 32)
            unit.searches.update(one.expire(one.answered_at), one)
        unit.commit(HAPPENED)
    with held.read() as view:
        assert [one.id for one in view.searches.closed_with("subject-1")] == ["search-9", "search-1"]
