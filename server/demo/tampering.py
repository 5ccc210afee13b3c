"""A forger at work: one audit row of a copy is rewritten with plain SQL, and the copy is verified."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from server.audit.verify import Report
from server.demo.outcome import Forgery, Tampering

Verify = Callable[[Path], Report]
"""Verifies the trail in a SQLite file."""

Forge = Callable[[sqlite3.Connection, int], None]
"""Alters the entry of that index."""

SOMEBODY_ELSE = "f" * 32


def tampered(database: Path, copy: Path, index: int, verify: Verify) -> Tampering:
    """Copy a database in use to `copy`, verify it, forge entry `index` there in two ways, verifying after each."""
    with closing(sqlite3.connect(database)) as original, closing(sqlite3.connect(copy)) as target:
        original.backup(target)
    before = verify(copy)
    careless = _forged("put down to another officer", _put_down_to_another, copy, index, verify)
    careful = _forged("with its hash made to fit", _fit_hash, copy, index, verify)
    broken = before.problem.reason if before.problem else None
    return Tampering(before.entries, index, broken, (careless, careful))


def _forged(change: str, forge: Forge, copy: Path, index: int, verify: Verify) -> Forgery:
    with closing(sqlite3.connect(copy)) as connection, connection:
        forge(connection, index)
    problem = verify(copy).problem
    return Forgery(change, problem.first, problem.reason) if problem else Forgery(change, None, "nothing was found")


def _put_down_to_another(connection: sqlite3.Connection, index: int) -> None:
    leaf, actor = connection.execute(
        "SELECT leaf, actor_id FROM audit_entries WHERE entry_index = ?", (index,)
    ).fetchone()
    forged = leaf.replace(f'"actor":"{actor}"'.encode(), f'"actor":"{SOMEBODY_ELSE}"'.encode())
    new = (forged, SOMEBODY_ELSE, index)
    connection.execute("UPDATE audit_entries SET leaf = ?, actor_id = ? WHERE entry_index = ?", new)


def _fit_hash(connection: sqlite3.Connection, index: int) -> None:
    """RFC 6962, 2.1: the hash of a leaf."""
    (leaf,) = connection.execute("SELECT leaf FROM audit_entries WHERE entry_index = ?", (index,)).fetchone()
    digest = hashlib.sha256(b"\x00" + leaf).digest()
    connection.execute("UPDATE audit_entries SET leaf_hash = ? WHERE entry_index = ?", (digest, index))
