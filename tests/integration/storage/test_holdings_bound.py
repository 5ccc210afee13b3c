"""A page of records never opens more than a bounded number of subjects, and tells where to go on."""

from __future__ import annotations

from dataclasses import replace

import pytest

from server.domain.gallery import Subject
from server.domain.holdings import Wanted
from server.storage import holdings
from server.storage.unit_of_work import SqlDatabase
from tests.fakes.samples import HAPPENED, reference
from tests.fakes.templates import template
from tests.real_databases import OpenDatabase

PEOPLE = 23


@pytest.fixture
def database(sql_url: str, open_sql: OpenDatabase, monkeypatch: pytest.MonkeyPatch) -> SqlDatabase:
    monkeypatch.setattr(holdings, "SUBJECTS_AT_A_TIME", 4)
    monkeypatch.setattr(holdings, "MOST_LOOKED_AT", 6)
    database = open_sql(sql_url)
    with database.write() as unit:
        for number in range(PEOPLE):
            name = f"{number:032x}"
            unit.subjects.add(Subject(name, f"RN-{number}", "Wilhelmina", "Quetzalowicz"))
            unit.subjects.enrol(replace(reference(1), id=name, subject_id=name), template(number), b"portrait")
        unit.commit(HAPPENED)
    return database


def pages(database: SqlDatabase, wanted: Wanted, limit: int) -> list[list[str]]:
    found, after = [], ""
    while True:
        with database.read() as view:
            page = view.holdings.page(wanted, after, limit)
        found.append([holding.subject.record_number for holding in page.holdings])
        if page.following is None:
            return found
        after = page.following


def test_a_rare_record_is_found_over_empty_pages(database: SqlDatabase) -> None:
    assert pages(database, Wanted(record_prefix="RN-22"), 10) == [[], [], [], ["RN-22"]]


def test_everybody_is_found_once_whatever_the_limit(database: SqlDatabase) -> None:
    for limit in (1, 3, 4, 5, 6, 7, 100):
        found = pages(database, Wanted(station="Quayside custody suite"), limit)
        assert [name for page in found for name in page] == [f"RN-{number}" for number in range(PEOPLE)]
        assert max(map(len, found)) <= min(limit, 6)
