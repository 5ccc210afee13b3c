"""Changing the model: batches that can be ended anywhere, and a search that waits until nobody can be missed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import islice

import pytest

from server.domain.errors import Unavailable
from server.domain.events import Act
from server.domain.face import Template
from server.domain.gallery import Census, Source
from server.domain.gallery_errors import GalleryIncomplete
from server.domain.model_errors import ModelInUse, ModelUnknown
from server.workflow.coverage import Coverage
from server.workflow.re_embedding import Batch, ChangeOver, ReEmbedding
from tests.fakes.face_engine import MODEL, FakeFaceEngine, photo
from tests.fakes.memory_database import MemoryGallery as DatabaseGallery
from tests.fakes.memory_gallery import MemoryGallery
from tests.world import World

NEW = "named-faces/2"
PEOPLE = ("ada", "bo", "cleo", "dag", "eva")


class CountingEngine(FakeFaceEngine):
    """Counts what it is asked; fails like a lost part after `lasts` images."""

    def __init__(self, refused: frozenset[str] = frozenset(), lasts: int = 1000) -> None:
        super().__init__(NEW, refused)
        self.asked = 0
        self._lasts = lasts

    def template_of(self, images: Sequence[bytes]) -> Template:
        self.asked += 1
        if self.asked > self._lasts:
            raise Unavailable
        return super().template_of(images)


class CountedGallery(DatabaseGallery):
    counted = 0

    def census(self) -> Census:
        self.counted += 1
        return super().census()


def re_embedding(world: World, engine: FakeFaceEngine, batch: int = 2) -> ReEmbedding:
    return ReEmbedding(world.database, engine, MemoryGallery(NEW, world.database.gallery), batch)


def change_over(world: World, active: str) -> ChangeOver:
    return ChangeOver(world.database, world.database.gallery, active)


@pytest.fixture
def enrolled(world: World) -> World:
    for person in PEOPLE:
        world.enrol(person)
    return world


def test_every_reference_gets_a_template_of_the_new_model(enrolled: World) -> None:
    batches = list(re_embedding(enrolled, CountingEngine()).run())
    assert batches == [Batch(2, 0), Batch(2, 0), Batch(1, 0)]
    census = enrolled.database.gallery.census()
    assert (census.missing(NEW), dict(census.templates)) == (0, {MODEL: 5, NEW: 5})


def test_the_new_templates_find_the_same_people(enrolled: World) -> None:
    list(re_embedding(enrolled, CountingEngine()).run())
    engine = FakeFaceEngine(NEW)
    index = MemoryGallery(NEW, enrolled.database.gallery)
    found = index.search(engine.template_of([photo("ada", "lying")]), frozenset(Source), 0.6, 5)
    old = MemoryGallery(MODEL, enrolled.database.gallery)
    expected = old.search(enrolled.engine.template_of([photo("ada", "lying")]), frozenset(Source), 0.6, 5)
    assert [scored.reference_id for scored in found] == [scored.reference_id for scored in expected] != []


def test_each_batch_is_one_entry_that_names_what_it_brought(enrolled: World) -> None:
    list(re_embedding(enrolled, CountingEngine(frozenset({"ada"}))).run())
    entries = [entry for entry in enrolled.entries() if entry.act == Act.TEMPLATES_MADE]
    assert len(entries) == 3
    text = b"".join(entry.leaf for entry in entries)
    references = enrolled.database.state.references
    assert all(text.count(name.encode()) == 1 for name in references)
    assert text.count(b"no-face") == 1
    assert text.count(NEW.encode()) == 3
    assert {entry.private for entry in entries} == {None}


def test_a_refused_image_is_listed_and_stays_without_a_template(enrolled: World) -> None:
    batches = list(re_embedding(enrolled, CountingEngine(frozenset({"ada", "bo"}))).run())
    assert sum(batch.rejections for batch in batches) == 2
    rejections = change_over(enrolled, MODEL).rejections(NEW)
    assert set(rejections.values()) == {"no-face"}
    census = enrolled.database.gallery.census()
    assert (census.templates[NEW], census.rejections[NEW], census.missing(NEW)) == (3, 2, 0)


def test_what_was_committed_before_an_end_is_not_made_again(enrolled: World) -> None:
    first = CountingEngine(lasts=3)
    with pytest.raises(Unavailable):
        list(re_embedding(enrolled, first).run())
    assert enrolled.database.gallery.census().templates[NEW] == 2
    second = CountingEngine()
    list(re_embedding(enrolled, second).run())
    assert second.asked == 3
    assert enrolled.database.gallery.census().missing(NEW) == 0
    assert list(re_embedding(enrolled, CountingEngine()).run()) == []


def test_a_reference_erased_in_the_midst_is_left_out(enrolled: World) -> None:
    work = re_embedding(enrolled, CountingEngine()).run()
    next(work)
    last = max(enrolled.database.state.references)
    subject = enrolled.database.state.references[last].reference.subject_id
    enrolled.workflows.enrolment.erase_reference(enrolled.manager(), subject, last)
    list(work)
    assert enrolled.database.gallery.census().missing(NEW) == 0
    assert enrolled.database.gallery.census().templates[NEW] == 4


def test_a_reference_enrolled_in_the_midst_is_not_forgotten(enrolled: World) -> None:
    work = re_embedding(enrolled, CountingEngine()).run()
    next(work)
    enrolled.enrol("fay")
    list(work)
    assert enrolled.database.gallery.census().missing(NEW) == 0


def test_two_runs_side_by_side_make_no_template_twice(enrolled: World) -> None:
    one, other = (re_embedding(enrolled, CountingEngine()).run() for _ in range(2))
    for _ in range(4):
        list(islice(one, 1))
        list(islice(other, 1))
    made = [entry.leaf for entry in enrolled.entries() if entry.act == Act.TEMPLATES_MADE]
    assert all(b"".join(made).count(name.encode()) == 1 for name in enrolled.database.state.references)


# --- coverage --------------------------------------------------------------------------------------------------


def test_a_gallery_without_the_models_templates_is_incomplete_until_it_is_re_embedded(enrolled: World) -> None:
    coverage = Coverage(enrolled.database.gallery, NEW)
    work = re_embedding(enrolled, CountingEngine(frozenset({"ada"}))).run()
    for _ in range(3):
        with pytest.raises(GalleryIncomplete, match="oifr gallery re-embed"):
            coverage.check()
        next(work)
    coverage.check()
    enrolled.enrol("fay")
    with pytest.raises(GalleryIncomplete):
        coverage.check()


def test_it_is_counted_anew_only_when_the_gallery_has_changed(enrolled: World) -> None:
    watched = CountedGallery(enrolled.database)
    coverage = Coverage(watched, MODEL)
    for _ in range(5):
        coverage.check()
    assert watched.counted == 1
    enrolled.enrol("fay")
    for _ in range(5):
        coverage.check()
    assert watched.counted == 2


# --- dropping the old ones ------------------------------------------------------------------------------------


def test_old_templates_go_once_the_new_model_covers_the_gallery(enrolled: World) -> None:
    list(re_embedding(enrolled, CountingEngine(frozenset({"ada"}))).run())
    change = change_over(enrolled, NEW)
    assert change.droppable(MODEL) == 5
    assert change.drop(MODEL, MemoryGallery(MODEL, enrolled.database.gallery)) == 5
    assert dict(change.census().templates) == {NEW: 4}
    assert change.census().missing(NEW) == 0
    entry = enrolled.last(Act.TEMPLATES_DROPPED)
    assert MODEL.encode() in entry.leaf
    assert b'"templates":5' in entry.leaf


def test_the_active_models_templates_are_never_dropped(enrolled: World) -> None:
    before = (enrolled.stored(), enrolled.acts())
    for act in (change_over(enrolled, MODEL).droppable, _drop(enrolled, MODEL)):
        with pytest.raises(ModelInUse):
            act(MODEL)
    assert (enrolled.stored(), enrolled.acts()) == before


def test_a_model_that_the_gallery_does_not_know_is_named(enrolled: World) -> None:
    before = (enrolled.stored(), enrolled.acts())
    with pytest.raises(ModelUnknown, match="named-faces'"):
        _drop(enrolled, MODEL)("named-faces")
    assert (enrolled.stored(), enrolled.acts()) == before


def test_old_templates_stay_while_the_new_model_misses_somebody(enrolled: World) -> None:
    next(re_embedding(enrolled, CountingEngine()).run())
    before = (enrolled.stored(), enrolled.acts())
    with pytest.raises(GalleryIncomplete):
        _drop(enrolled, NEW)(MODEL)
    assert (enrolled.stored(), enrolled.acts()) == before


def _drop(world: World, active: str) -> Callable[[str], int]:
    index = MemoryGallery(MODEL, world.database.gallery)
    return lambda model: change_over(world, active).drop(model, index)
