"""A process killed between a write and its commit leaves nothing; killed after it, everything."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from server.domain.search_errors import ProbeGone
from server.storage.trail_check import verify_database
from tests.real_databases import SIGNER, OpenDatabase

ROOT = Path(__file__).parents[3]
DYING = """
import os, signal, sys
from functools import partial
from server.storage.unit_of_work import open_database
from tests.fakes.clock import StoppedClock
from tests.fakes.samples import HAPPENED, search
from tests.real_databases import MASTER, SIGNER

def die():
    os.kill(os.getpid(), signal.SIGKILL)

database = open_database(sys.argv[1], MASTER, SIGNER, clock=StoppedClock(), fresh_salt=partial(os.urandom, 16))
with database.write() as unit:
    unit.searches.add(search(1), b"1" * 32)
    unit.commit(HAPPENED)
with database.write() as unit:
    now = search(1).answered_at
    expired = search(1).expire(now)
    unit.searches.update(expired, search(1))
    unit.searches.shred_probe_key("search-1")
    unit.searches.add(search(2), b"2" * 32)
    if sys.argv[2] == "before":
        die()
    unit.commit(HAPPENED, HAPPENED)
    die()
"""


def run_and_die(url: str, moment: str) -> None:
    ended = subprocess.run([sys.executable, "-c", DYING, url, moment], cwd=ROOT, check=False)
    assert ended.returncode == -signal.SIGKILL


def test_killed_before_the_commit_it_leaves_nothing(sql_url: str, open_sql: OpenDatabase) -> None:
    run_and_die(sql_url, "before")
    database = open_sql(sql_url)
    with database.write() as unit:
        assert [search.id for search in unit.searches.recent(9)] == ["search-1"]
        assert unit.searches.get("search-1").undecided
        assert unit.searches.probe_key("search-1") == b"1" * 32
    report = verify_database(database, SIGNER.verifier)
    assert (report.problem, report.entries, report.checkpoints) == (None, 1, 1)


def test_killed_after_the_commit_it_leaves_everything(sql_url: str, open_sql: OpenDatabase) -> None:
    run_and_die(sql_url, "after")
    database = open_sql(sql_url)
    with database.write() as unit:
        assert not unit.searches.get("search-1").undecided
        assert unit.searches.get("search-2").undecided
        assert unit.searches.probe_key("search-2") == b"2" * 32
        with pytest.raises(ProbeGone):
            unit.searches.probe_key("search-1")
    report = verify_database(database, SIGNER.verifier)
    assert (report.problem, report.entries, report.checkpoints) == (None, 3, 2)
