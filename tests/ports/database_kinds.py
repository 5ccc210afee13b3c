"""The `database` fixture: the fake, SQLite and PostgreSQL in turn."""

from __future__ import annotations

import os
from functools import partial

import pytest

from server.storage.unit_of_work import SqlDatabase
from tests.fakes.clock import StoppedClock
from tests.fakes.memory_database import MemoryDatabase
from tests.real_databases import SIGNER, SQL_KINDS, OpenDatabase

AnyDatabase = MemoryDatabase | SqlDatabase


@pytest.fixture(params=["memory", *SQL_KINDS])
def database(request: pytest.FixtureRequest, clock: StoppedClock, open_sql: OpenDatabase) -> AnyDatabase:
    if request.param == "memory":
        return MemoryDatabase(SIGNER, clock=clock, fresh_salt=partial(os.urandom, 16))
    return open_sql(request.getfixturevalue(f"{request.param}_url"))
