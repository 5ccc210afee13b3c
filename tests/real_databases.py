"""Fixtures of real databases, SQLite files and a PostgreSQL of our own. A conftest imports them by name."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import timedelta
from functools import partial
from itertools import count
from pathlib import Path

import psycopg
import pytest

from server.audit.checkpoint import Signer
from server.storage.crypto import MasterKey
from server.storage.unit_of_work import SqlDatabase, open_database
from tests.fakes.clock import StoppedClock

MASTER = MasterKey(b"m" * 32)
SIGNER = Signer.from_seed("oifr.test", b"s" * 32)
SQL_KINDS = ("sqlite", "postgresql")

OpenDatabase = Callable[..., SqlDatabase]
"""`open_database` with a test's keys and clock; takes the URL, and what the test wants different."""


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock()


@pytest.fixture
def open_sql(clock: StoppedClock) -> Iterator[OpenDatabase]:
    """Opens databases that are closed after the test."""
    with ExitStack() as opened:

        def open_one(url: str, master: MasterKey = MASTER, patience: timedelta = timedelta(seconds=10)) -> SqlDatabase:
            fresh_salt = partial(os.urandom, 16)
            database = open_database(url, master, SIGNER, clock=clock, fresh_salt=fresh_salt, patience=patience)
            return opened.enter_context(closing(database))

        yield open_one


@pytest.fixture(params=SQL_KINDS)
def sql_url(request: pytest.FixtureRequest) -> str:
    """The URL of a database without tables, of each kind in turn."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'oifr.db'}"


@pytest.fixture
def postgresql_url(postgresql_folder: Path) -> str:
    name = f"test{next(_numbers)}"
    with psycopg.connect(host=str(postgresql_folder), user="oifr", dbname="postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    return f"postgresql://oifr@/{name}?host={postgresql_folder}"


@pytest.fixture(scope="session")
def postgresql_folder() -> Iterator[Path]:
    """The folder with the Unix socket of a PostgreSQL server that runs as long as the session."""
    programs = _postgresql_programs()
    if programs is None:
        pytest.skip("needs PostgreSQL: make setup-all")
    with _private_folder() as folder, _running(programs, folder):
        yield folder


_numbers = count(1)


def _postgresql_programs() -> Path | None:
    """The folder with initdb and postgres: Debian keeps them off the PATH."""
    for program in sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), reverse=True):
        return program.parent
    found = shutil.which("initdb")
    return None if found is None else Path(found).resolve().parent


def _owner() -> str | None:
    """Who runs the server: PostgreSQL refuses root."""
    if os.geteuid() != 0:
        return None
    accounts = {account.pw_name for account in pwd.getpwall()}
    return "postgres" if "postgres" in accounts else "nobody"


@contextmanager
def _private_folder() -> Iterator[Path]:
    # Not pytest's folder: its path is too long for a Unix socket, and closed to another owner.
    folder = Path(tempfile.mkdtemp(prefix="oifr-pg-"))
    if owner := _owner():
        shutil.chown(folder, owner)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


@contextmanager
def _running(programs: Path, folder: Path) -> Iterator[None]:
    data = folder / "data"
    options = f"-k {folder} -c listen_addresses= -c fsync=off -c max_connections=60"
    control = partial(subprocess.run, user=_owner(), cwd=folder, check=True, stdout=subprocess.DEVNULL)
    control([programs / "initdb", "-D", data, "-U", "oifr", "-A", "trust", "-E", "UTF8", "--no-locale", "-N"])
    log = folder / "log"
    control([programs / "pg_ctl", "start", "-w", "-D", data, "-l", log, "-o", options])
    try:
        yield
    finally:
        control([programs / "pg_ctl", "stop", "-w", "-m", "immediate", "-D", data])
