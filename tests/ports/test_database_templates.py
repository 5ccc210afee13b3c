"""Templates of several models: the fake, SQLite and PostgreSQL run the same tests."""

from __future__ import annotations

from dataclasses import replace

import pytest

from server.domain.gallery import Census, Status, Supplement
from tests.fakes.samples import HAPPENED, reference, subject
from tests.fakes.templates import MODEL, template
from tests.ports.database_kinds import AnyDatabase

NEW = "other-model/2"
IMAGE = b"\xff\xd8 a portrait"


@pytest.fixture
def enrolled(database: AnyDatabase) -> AnyDatabase:
    """Four references of one subject, all known to the first model alone."""
    with database.write() as unit:
        unit.subjects.add(subject(1))
        for number in (1, 2, 3, 4):
            unit.subjects.enrol(reference(number, 1), template(number), IMAGE)
        unit.commit(HAPPENED)
    return database


def supplemented(database: AnyDatabase, made: Supplement) -> tuple[int, Supplement]:
    with database.write() as unit:
        answer = unit.subjects.supplement(made)
        unit.commit(HAPPENED)
    return answer


def made(*numbers: int, **rejections: str) -> Supplement:
    return Supplement(NEW, {f"reference-{number}": template(number, NEW, 8) for number in numbers}, rejections)


def lacking(database: AnyDatabase, after: str = "", limit: int = 10) -> list[str]:
    with database.read() as view:
        return [found.id for found in view.subjects.lacking(NEW, after, limit)]


def test_references_that_a_model_does_not_know_come_by_id(enrolled: AnyDatabase) -> None:
    with enrolled.read() as view:
        assert view.subjects.lacking(NEW, "", 2) == [reference(1, 1), reference(2, 1)]
        assert view.subjects.lacking(MODEL, "", 2) == []
    assert lacking(enrolled, after="reference-2") == ["reference-3", "reference-4"]


def test_a_reference_holds_templates_of_two_models(enrolled: AnyDatabase) -> None:
    version, stored = supplemented(enrolled, made(1, 3))
    assert (version, sorted(stored.reference_ids)) == (5, ["reference-1", "reference-3"])
    assert lacking(enrolled) == ["reference-2", "reference-4"]
    _, new = enrolled.gallery.references(NEW)
    _, old = enrolled.gallery.references(MODEL)
    assert [entry.reference_id for entry in old] == [f"reference-{number}" for number in (1, 2, 3, 4)]
    assert [(entry.reference_id, entry.template.model, entry.template.vector.tobytes()) for entry in new] == [
        (f"reference-{number}", NEW, template(number, NEW, 8).vector.tobytes()) for number in (1, 3)
    ]


def test_an_image_that_was_refused_is_not_asked_for_again(enrolled: AnyDatabase) -> None:
    supplemented(enrolled, Supplement(NEW, {}, {"reference-2": "no-face", "reference-1": "several-faces"}))
    assert lacking(enrolled) == ["reference-3", "reference-4"]
    with enrolled.read() as view:
        refused = view.subjects.rejections(NEW)
        assert list(refused.items()) == [("reference-1", "several-faces"), ("reference-2", "no-face")]
        assert view.subjects.rejections(MODEL) == {}


def test_what_is_there_already_is_not_stored_twice(enrolled: AnyDatabase) -> None:
    supplemented(enrolled, Supplement(NEW, {"reference-1": template(1, NEW)}, {"reference-2": "no-face"}))
    again = Supplement(NEW, {name: template(9, NEW) for name in ("reference-1", "reference-2", "reference-9")}, {})
    assert supplemented(enrolled, again) == (5, Supplement(NEW))
    _, held = enrolled.gallery.references(NEW)
    assert [entry.template.vector.tobytes() for entry in held] == [template(1, NEW).vector.tobytes()]


def test_a_supplement_that_is_not_committed_leaves_nothing(enrolled: AnyDatabase) -> None:
    with enrolled.write() as unit:
        unit.subjects.supplement(made(1, 2))
    assert len(lacking(enrolled)) == 4
    assert enrolled.gallery.version() == 4


def test_the_census_counts_what_each_model_knows(enrolled: AnyDatabase) -> None:
    supplemented(enrolled, Supplement(NEW, {"reference-1": template(1, NEW)}, {"reference-2": "no-face"}))
    census = enrolled.gallery.census()
    assert (census.version, census.references) == (5, 4)
    assert (dict(census.templates), dict(census.rejections)) == ({MODEL: 4, NEW: 1}, {NEW: 1})
    assert (census.missing(MODEL), census.missing(NEW), census.missing("unheard-of/1")) == (0, 2, 4)


def test_the_census_leaves_withdrawn_references_out(database: AnyDatabase) -> None:
    with database.write() as unit:
        unit.subjects.add(subject(1))
        for number, status in ((1, Status.ACTIVE), (2, Status.WITHDRAWN), (3, Status.ACTIVE)):
            unit.subjects.enrol(replace(reference(number, 1), status=status), template(number), IMAGE)
        unit.commit(HAPPENED)
    census = database.gallery.census()
    assert (census.references, dict(census.templates), census.missing(MODEL)) == (2, {MODEL: 2}, 0)
    assert lacking(database) == ["reference-1", "reference-3"]
    assert supplemented(database, made(1, 2, 3))[1].reference_ids == {"reference-1", "reference-3"}


def test_an_empty_gallery_lacks_nothing(database: AnyDatabase) -> None:
    assert database.gallery.census() == Census(0, 0, {}, {})
    assert database.gallery.census().missing(NEW) == 0


def test_dropping_takes_every_template_and_rejection_of_one_model(enrolled: AnyDatabase) -> None:
    supplemented(enrolled, Supplement(NEW, {"reference-1": template(1, NEW)}, {"reference-2": "no-face"}))
    with enrolled.write() as unit:
        assert unit.subjects.drop_templates(NEW) == (6, 1)
        assert unit.subjects.drop_templates(NEW) == (6, 0)
        unit.commit(HAPPENED)
    assert enrolled.gallery.references(NEW) == (6, [])
    assert len(lacking(enrolled)) == 4
    assert enrolled.gallery.census() == Census(6, 4, {MODEL: 4}, {})


def test_erasing_a_reference_takes_the_templates_of_all_models(enrolled: AnyDatabase) -> None:
    supplemented(enrolled, Supplement(NEW, {"reference-1": template(1, NEW)}, {"reference-2": "no-face"}))
    with enrolled.write() as unit:
        for number in (1, 2, 3, 4):
            unit.subjects.erase_reference(f"reference-{number}")
        unit.subjects.erase("subject-1")
        unit.commit(HAPPENED)
    assert enrolled.gallery.census() == Census(9, 0, {}, {})
    assert [enrolled.gallery.references(model)[1] for model in (MODEL, NEW)] == [[], []]
