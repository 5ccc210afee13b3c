"""What was found about a search's photographs stays with it when the database is closed and opened again."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace

import pytest
from alembic import command

from server.domain.capture import Agreement, Capture
from server.domain.quality import Component
from server.domain.search import Search
from server.storage.engine import open_engine, writing
from server.storage.schema import alembic_config
from server.storage.unit_of_work import SqlDatabase
from server.web.api.views import SearchView
from server.workflow.adjudication import OpenedSearch
from tests.fakes.samples import HAPPENED, search
from tests.real_databases import OpenDatabase

KEY = b"k" * 32
CAPTURES = [
    Capture(),
    Capture((Component.DARK, Component.EYES), recapture=True, agreement=Agreement.WEAK),
    Capture((Component.SHARPNESS,), agreement=Agreement.CLEAR, overridden=True),
]


def store(database: SqlDatabase, one: Search) -> None:
    with database.write() as unit:
        unit.searches.add(one, KEY)
        unit.commit(HAPPENED)


def stored(database: SqlDatabase) -> Search:
    with database.read() as view:
        return view.searches.get(search().id)


@pytest.mark.parametrize("capture", CAPTURES)
def test_the_view_is_the_same_after_reopening(open_sql: OpenDatabase, sqlite_url: str, capture: Capture) -> None:
    answered = replace(search(), capture=capture)
    with closing(open_sql(sqlite_url)) as database:
        store(database, answered)
    again = stored(open_sql(sqlite_url))
    assert again.capture == capture
    assert SearchView.of(OpenedSearch(again, {})) == SearchView.of(OpenedSearch(answered, {}))


def test_a_search_of_the_schema_before_found_nothing(open_sql: OpenDatabase, sqlite_url: str) -> None:
    with closing(open_sql(sqlite_url)) as database:
        store(database, replace(search(), capture=CAPTURES[1]))
    engine = writing(open_engine(sqlite_url))
    with engine.begin() as connection:
        command.downgrade(alembic_config(connection), "0002")
    engine.dispose()
    assert stored(open_sql(sqlite_url)) == search()
