"""A stored image that was altered keeps nobody else from being found by a new model."""

from __future__ import annotations

from sqlalchemy import text

from server.storage.engine import open_engine, writing
from server.storage.unit_of_work import SqlDatabase
from server.workflow.re_embedding import Batch, ChangeOver, ReEmbedding
from tests.fakes.face_engine import MODEL, FakeFaceEngine, photo
from tests.fakes.memory_gallery import MemoryGallery
from tests.fakes.samples import HAPPENED, reference, subject
from tests.real_databases import OpenDatabase

NEW = "named-faces/2"


def test_an_image_that_does_not_open_is_a_rejection(sqlite_url: str, open_sql: OpenDatabase) -> None:
    database: SqlDatabase = open_sql(sqlite_url)
    with database.write() as unit:
        for number in (1, 2, 3):
            unit.subjects.add(subject(number))
            image = photo(f"person{number}")
            unit.subjects.enrol(reference(number), FakeFaceEngine(MODEL).template_of([image]), image)
        unit.commit(HAPPENED)
    engine = writing(open_engine(sqlite_url))
    with engine.begin() as connection:
        moved = "UPDATE refs SET image = (SELECT image FROM refs WHERE id = 'reference-1') WHERE id = 'reference-2'"
        connection.execute(text(moved))
    engine.dispose()
    made = ReEmbedding(database, FakeFaceEngine(NEW), MemoryGallery(NEW, database.gallery), 2)
    assert list(made.run()) == [Batch(1, 1), Batch(1, 0)]
    change = ChangeOver(database, database.gallery, NEW)
    assert change.rejections(NEW) == {"reference-2": "seal-broken"}
    assert change.census().missing(NEW) == 0
