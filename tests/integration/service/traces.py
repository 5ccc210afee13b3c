"""What an installation leaves behind, read from outside: its database, its vault, its files."""

from __future__ import annotations

import sqlite3
import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

from redis import Redis
from sqlalchemy import select

from server import stores
from server.audit.checkpoint import Verifier, verify
from server.audit.encoding import Entry
from server.audit.merkle import leaf_hash, verify_inclusion
from server.domain.search import Search, SearchState
from server.domain.search_errors import ProbeGone
from server.storage.tables import probe_keys, searches
from server.storage.trail_check import verify_database
from server.storage.unit_of_work import SqlDatabase
from tests.integration.service.installation import Installation

_OPENING = threading.Lock()
"""Tables are brought up to date by Alembic, whose context is one for the whole process."""


def proven(receipt: Mapping[str, Any], key: str) -> Entry:
    """The entry a receipt proves under the public key; raises AuditError when it does not."""
    checkpoint = verify(receipt["checkpoint"], Verifier.from_text(key))
    leaf = receipt["leaf"].encode()
    proof = [bytes.fromhex(node) for node in receipt["proof"]]
    verify_inclusion(leaf_hash(leaf), receipt["index"], checkpoint.size, proof, checkpoint.root)
    return Entry.from_leaf(leaf)


@contextmanager
def opened_database(installation: Installation) -> Iterator[SqlDatabase]:
    with ExitStack() as closing_later:
        with _OPENING:
            database = closing_later.enter_context(stores.opened_database(installation.settings))
        yield database


def searches_of(database: SqlDatabase) -> list[Search]:
    with database.snapshot() as connection:
        ids = list(connection.scalars(select(searches.c.id)))
    with database.read() as view:
        return [view.searches.get(search_id) for search_id in ids]


def entries_of(database: SqlDatabase) -> list[Entry]:
    with database.read() as view:
        return [Entry.from_leaf(entry.leaf) for entry in view.trail.stream()]


def assert_trail_intact(installation: Installation, database: SqlDatabase) -> None:
    report = verify_database(database, stores.verifier(installation.settings))
    assert report.problem is None, report.problem.reason


def assert_nothing_half_done(database: SqlDatabase) -> None:
    """State and trail agree on every search, and a probe's key is there exactly as long as it is undecided."""
    entries, stored = entries_of(database), searches_of(database)
    assert acts_on_searches(entries, "search-answered") == Counter(search.id for search in stored)
    decided = Counter(search.id for search in stored if search.state is SearchState.DECIDED)
    assert acts_on_searches(entries, "decision-recorded") == decided
    assert acts_on_searches(entries, "probe-shredded") == Counter(
        search.id for search in stored if not search.undecided
    )
    assert {search.id for search in stored if search.undecided} == probe_key_holders(database)


def acts_on_searches(entries: Iterable[Entry], kind: str) -> Counter[str | None]:
    return Counter(entry.search for entry in entries if entry.kind == kind)


def probe_key_holders(database: SqlDatabase) -> set[str]:
    """The searches whose vault key has not been shredded."""
    with database.snapshot() as connection:
        return set(connection.scalars(select(probe_keys.c.search_id)))


def probe_key(database: SqlDatabase, search_id: str) -> bytes | None:
    """The key that opens the vault, None once it is shredded."""
    try:
        with database.write() as unit:
            return unit.searches.probe_key(search_id)
    except ProbeGone:
        return None


@contextmanager
def embedded_redis_of(installation: Installation) -> Iterator[Redis]:
    """A client of the Redis that the running server keeps."""
    with closing(Redis(unix_socket_path=str(installation.home / "redis" / "redis.sock"))) as client:
        yield client


def vault_of(installation: Installation) -> set[str]:
    """The searches whose sealed probe lies in the running server's Redis."""
    with embedded_redis_of(installation) as client:
        return {key.decode().removeprefix("vault:") for key in client.scan_iter(b"vault:*")}


def copied_database(installation: Installation, to: Installation) -> sqlite3.Connection:
    """Copy keys and SQLite database into the home of `to`, and open the copy to be tampered with."""
    to.home.mkdir(mode=0o700)
    for name in ("master.key", "audit.key"):
        content = (installation.home / name).read_bytes()
        (to.home / name).touch(mode=0o600)
        (to.home / name).write_bytes(content)
    copy = sqlite3.connect(to.home / "oifr.sqlite")
    with closing(sqlite3.connect(installation.home / "oifr.sqlite")) as original:
        original.backup(copy)
    return copy


def files_written_by(installation: Installation) -> list[Path]:
    """Every file the server wrote: log, database with its write-ahead log, Redis' append-only file, keys."""
    weights = installation.home / ".deepface"
    return [
        path for path in sorted(installation.folder.rglob("*")) if path.is_file() and not path.is_relative_to(weights)
    ]


def files_holding(secret: bytes, installation: Installation) -> list[str]:
    return [path.name for path in files_written_by(installation) if secret in path.read_bytes()]
