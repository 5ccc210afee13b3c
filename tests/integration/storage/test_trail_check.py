"""Whoever changes the audit tables is found, and the first bad entry is named."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text

from server.audit.export import verify_export
from server.audit.verify import ProblemKind
from server.domain.events import Act, Event
from server.storage.engine import open_engine, writing
from server.storage.trail_check import verify_database
from server.storage.trail_export import write_export
from server.storage.unit_of_work import SqlDatabase
from tests.fakes.samples import HAPPENED
from tests.real_databases import SIGNER, OpenDatabase

PRIVATE = Event(Act.SIGN_IN_REFUSED, None, private={"name": "PC Mistyped"})
ENTRIES = 20
MOVED = """
    UPDATE audit_entries SET
        private = (SELECT private FROM audit_entries WHERE entry_index = 3),
        salt = (SELECT salt FROM audit_entries WHERE entry_index = 3)
    WHERE entry_index = 9
"""


@pytest.fixture
def database(sql_url: str, open_sql: OpenDatabase) -> SqlDatabase:
    """Ten commits of two entries: the even ones plain, the odd ones with a private part."""
    database = open_sql(sql_url)
    for _ in range(ENTRIES // 2):
        with database.write() as unit:
            unit.commit(HAPPENED, PRIVATE)
    return database


def tamper(url: str, *statements: str) -> None:
    engine = writing(open_engine(url))
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


def test_an_honest_trail_holds(database: SqlDatabase) -> None:
    report = verify_database(database, SIGNER.verifier)
    assert report.problem is None
    assert (report.entries, report.signed_entries, report.checkpoints) == (ENTRIES, ENTRIES, ENTRIES // 2)


def test_an_empty_trail_has_no_checkpoint(sql_url: str, open_sql: OpenDatabase) -> None:
    problem = verify_database(open_sql(sql_url), SIGNER.verifier).problem
    assert problem is not None
    assert problem.kind is ProblemKind.NO_CHECKPOINT


@pytest.mark.parametrize(
    ("statement", "kind", "first"),
    [
        ("UPDATE audit_entries SET leaf = leaf_hash WHERE entry_index = 7", ProblemKind.EDITED, 7),
        ("UPDATE audit_entries SET leaf_hash = leaf WHERE entry_index = 7", ProblemKind.EDITED, 7),
        ("UPDATE audit_entries SET act = 'signed-out' WHERE entry_index = 8", ProblemKind.EDITED, 8),
        ("UPDATE audit_entries SET actor_id = 'officer-2' WHERE entry_index = 0", ProblemKind.EDITED, 0),
        ("UPDATE audit_entries SET search_id = 'search-2' WHERE entry_index = 19", ProblemKind.EDITED, 19),
        ("UPDATE audit_entries SET at = '2026-03-02 12:00:01+00' WHERE entry_index = 3", ProblemKind.EDITED, 3),
        ("DELETE FROM audit_entries WHERE entry_index = 12", ProblemKind.MISSING, 12),
        ("DELETE FROM audit_entries WHERE entry_index >= 18", ProblemKind.TRUNCATED, 18),
        ("UPDATE audit_entries SET salt = NULL WHERE entry_index = 5", ProblemKind.PRIVATE_DATA_CHANGED, 5),
        ("UPDATE audit_entries SET private = salt WHERE entry_index = 5", ProblemKind.PRIVATE_DATA_CHANGED, 5),
        (MOVED, ProblemKind.PRIVATE_DATA_CHANGED, 9),
        ("UPDATE audit_nodes SET hash = (SELECT leaf_hash FROM audit_entries WHERE entry_index = 0) "
         "WHERE level = 2 AND position = 1", ProblemKind.REWRITTEN, 7),
        ("DELETE FROM audit_nodes WHERE level = 0 AND position = 4", ProblemKind.REWRITTEN, 4),
        ("INSERT INTO audit_nodes (level, position, hash) SELECT 0, 20, hash FROM audit_nodes "
         "WHERE level = 0 AND position = 0", ProblemKind.REWRITTEN, None),
        ("DELETE FROM audit_checkpoints", ProblemKind.NO_CHECKPOINT, None),
        ("UPDATE audit_checkpoints SET note = 'mine' WHERE size = 4", ProblemKind.CHECKPOINT_INVALID, None),
    ],
)  # fmt: skip
def test_tampering_is_named(
    database: SqlDatabase, sql_url: str, statement: str, kind: ProblemKind, first: int | None
) -> None:
    tamper(sql_url, statement)
    problem = verify_database(database, SIGNER.verifier).problem
    assert problem is not None
    assert (problem.kind, problem.first) == (kind, first)


def test_an_erased_private_part_leaves_the_trail_sound(database: SqlDatabase, sql_url: str) -> None:
    tamper(sql_url, "UPDATE audit_entries SET private = NULL, salt = NULL WHERE entry_index = 9")
    assert verify_database(database, SIGNER.verifier).problem is None
    with database.read() as view:
        assert view.trail.entry(9).private is None


def test_a_trail_cut_with_its_checkpoints_is_caught_by_a_remembered_one(database: SqlDatabase, sql_url: str) -> None:
    with database.read() as view:
        remembered = view.trail.checkpoint()
    tamper(
        sql_url,
        "DELETE FROM audit_entries WHERE entry_index >= 16",
        "DELETE FROM audit_checkpoints WHERE size > 16",
        "DELETE FROM audit_nodes WHERE (position + 1) << level > 16",
    )
    assert verify_database(database, SIGNER.verifier).problem is None
    problem = verify_database(database, SIGNER.verifier, [remembered]).problem
    assert problem is not None
    assert (problem.kind, problem.first, problem.last) == (ProblemKind.TRUNCATED, 16, 19)


def test_an_export_is_a_private_file_that_verifies_alone(database: SqlDatabase, tmp_path: Path) -> None:
    file = tmp_path / "trail.jsonl"
    with database.read() as view:
        write_export(view.trail, SIGNER.verifier, file)
    assert file.stat().st_mode & 0o777 == 0o600
    report = verify_export(file, SIGNER.verifier.text()).report
    assert (report.problem, report.entries, report.checkpoints) == (None, ENTRIES, ENTRIES // 2)
    with database.read() as view, pytest.raises(FileExistsError):
        write_export(view.trail, SIGNER.verifier, file)
