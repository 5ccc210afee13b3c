"""Whoever changes the audit tables is found, and the first bad entry is named."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text

from server.audit.checkpoint import verify
from server.audit.export import verify_export
from server.audit.merkle import leaf_hash, verify_inclusion
from server.audit.verify import ProblemKind
from server.domain.errors import SealBroken, StoredValueAltered
from server.domain.events import Act, Event
from server.storage.engine import open_engine, writing
from server.storage.trail_check import verify_address, verify_database
from server.storage.trail_export import export_to_file
from server.storage.unit_of_work import SqlDatabase
from tests.fakes.samples import HAPPENED
from tests.real_databases import MASTER, SIGNER, OpenDatabase

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
    return filled(open_sql(sql_url))


def filled(database: SqlDatabase) -> SqlDatabase:
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
        ("UPDATE audit_nodes SET position = 9223372036854775807 WHERE level = 0 AND position = 4",
         ProblemKind.REWRITTEN, 4),
        ("INSERT INTO audit_nodes (level, position, hash) SELECT 70, 9223372036854775807, hash FROM audit_nodes "
         "WHERE level = 0 AND position = 0", ProblemKind.REWRITTEN, None),
        ("UPDATE audit_entries SET actor_id = '' WHERE entry_index = 5", ProblemKind.EDITED, 5),
        ("UPDATE audit_checkpoints SET note = 'mine' WHERE size = 4", ProblemKind.CHECKPOINT_INVALID, None),
        ("UPDATE audit_checkpoints SET size = 4611686018427387904 WHERE size = 20",
         ProblemKind.CHECKPOINT_INVALID, None),
        ("UPDATE audit_checkpoints SET size = 5 WHERE size = 4", ProblemKind.CHECKPOINT_INVALID, None),
    ],
)  # fmt: skip
def test_tampering_is_named(
    database: SqlDatabase, sql_url: str, statement: str, kind: ProblemKind, first: int | None
) -> None:
    tamper(sql_url, statement)
    problem = verify_database(database, SIGNER.verifier).problem
    assert problem is not None
    assert (problem.kind, problem.first) == (kind, first)


NO_UTF_8 = "cast(x'ff80' AS TEXT)"
ENTRY, NODE, CHECKPOINT = "audit_entries", "audit_nodes", "audit_checkpoints"
PLACE = {ENTRY: "entry_index = 7", NODE: "level = 0 AND position = 7", CHECKPOINT: "size = 4"}
TIMES = ("'garbage'", "''", "1.5", "7", "x'00'", "x'ff80'", NO_UTF_8, "'2026-03-02'")


def put(table: str, column: str, value: str, place: str = "") -> str:
    return f"UPDATE {table} SET {column} = {value} WHERE {place or PLACE[table]}"  # noqa: S608 - an intruder's own SQL


NOT_OF_THEIR_TYPE = [
    *((put(ENTRY, "at", value), ProblemKind.EDITED, 7) for value in TIMES),
    *(
        (put(ENTRY, column, value), ProblemKind.EDITED, 7)
        for column in ("act", "actor_id", "search_id")
        for value in ("7", "x'00'", NO_UTF_8)
    ),
    *(
        (put(ENTRY, column, value), ProblemKind.EDITED, 7)
        for column in ("leaf", "leaf_hash")
        for value in ("7", "'text'", f"cast({column} AS TEXT)", NO_UTF_8)
    ),
    *(
        (put(ENTRY, column, value), ProblemKind.PRIVATE_DATA_CHANGED, 7)
        for column in ("private", "salt")
        for value in ("7", "1.5", "''", "'text'", "x''", f"cast({column} AS TEXT)", NO_UTF_8)
    ),
    *(
        (put(NODE, column, value), ProblemKind.REWRITTEN, 7)
        for column in ("level", "position", "hash")
        for value in ("'text'", "7.5", "x'00'", NO_UTF_8)
    ),
    *(
        (put(CHECKPOINT, "note", value), ProblemKind.CHECKPOINT_INVALID, None)
        for value in ("7", "cast(note AS BLOB)", NO_UTF_8, "cast(cast(note AS BLOB) || x'ff80' AS TEXT)")
    ),
]


@pytest.mark.parametrize(("statement", "kind", "first"), NOT_OF_THEIR_TYPE)
def test_a_value_of_another_type_is_named(
    sqlite_url: str, open_sql: OpenDatabase, statement: str, kind: ProblemKind, first: int | None
) -> None:
    """SQLite takes any value in any column, also text that is no UTF-8."""
    database = filled(open_sql(sqlite_url))
    tamper(sqlite_url, statement)
    problem = verify_database(database, SIGNER.verifier).problem
    assert problem is not None
    assert (problem.kind, problem.first) == (kind, first)


@pytest.mark.parametrize("moment", ["infinity", "-infinity", "12026-03-02 12:00:00+00", "0044-03-15 12:00:00+00 BC"])
def test_a_time_that_only_postgresql_knows_is_named(postgresql_url: str, open_sql: OpenDatabase, moment: str) -> None:
    database = filled(open_sql(postgresql_url))
    tamper(postgresql_url, put(ENTRY, "at", f"'{moment}'", "entry_index = 19"))
    problem = verify_database(database, SIGNER.verifier).problem
    assert problem is not None
    assert (problem.kind, problem.first) == (ProblemKind.EDITED, 19)
    with pytest.raises(StoredValueAltered, match="oifr audit verify"), database.write() as unit:
        unit.commit(HAPPENED)


@pytest.mark.parametrize("value", TIMES[:-1])
def test_no_commit_follows_an_entry_whose_time_cannot_be_read(
    sqlite_url: str, open_sql: OpenDatabase, value: str
) -> None:
    database = filled(open_sql(sqlite_url))
    tamper(sqlite_url, put(ENTRY, "at", value, f"entry_index = {ENTRIES - 1}"))
    with pytest.raises(StoredValueAltered, match="oifr audit verify"), database.write() as unit:
        unit.commit(HAPPENED)
    assert verify_address(sqlite_url, MASTER, SIGNER.verifier).problem is not None


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("wrapped", "x'00'"),
        ("wrapped", "7"),
        ("wrapped", "cast(wrapped AS TEXT)"),
        ("id", "'no hex'"),
        ("id", NO_UTF_8),
        ("purpose", "'others'"),
    ],
)
def test_private_data_whose_data_key_was_altered_are_named(
    sqlite_url: str, open_sql: OpenDatabase, column: str, value: str
) -> None:
    filled(open_sql(sqlite_url))
    tamper(sqlite_url, put("data_keys", column, value, "purpose = 'columns'"))
    problem = verify_address(sqlite_url, MASTER, SIGNER.verifier).problem
    assert problem is not None
    assert (problem.kind, problem.first) == (ProblemKind.PRIVATE_DATA_CHANGED, 1)
    assert "data key" in problem.reason


def test_commits_and_their_receipts_go_on_beside_a_checkpoint_kept_under_another_size(
    database: SqlDatabase, sql_url: str
) -> None:
    """The act is recorded; the false size is named, by whoever asks for the latest checkpoint and by the check."""
    tamper(sql_url, put(CHECKPOINT, "size", "4611686018427387904", f"size = {ENTRIES}"))
    with database.write() as unit:
        receipt = unit.commit(HAPPENED)
    assert (receipt.index, receipt.size) == (ENTRIES, ENTRIES + 1)
    checkpoint = verify(receipt.checkpoint, SIGNER.verifier)
    verify_inclusion(leaf_hash(receipt.leaf), receipt.index, receipt.size, receipt.proof, checkpoint.root)
    with database.read() as view, pytest.raises(StoredValueAltered):
        view.trail.receipt(ENTRIES)
    problem = verify_database(database, SIGNER.verifier).problem
    assert problem is not None
    assert "4611686018427387904" in problem.reason


@pytest.mark.parametrize("note", ["'mine'", "7", "cast(note AS BLOB)"])
def test_no_receipt_comes_from_a_note_that_is_none(sqlite_url: str, open_sql: OpenDatabase, note: str) -> None:
    database = filled(open_sql(sqlite_url))
    tamper(sqlite_url, put(CHECKPOINT, "note", note, f"size = {ENTRIES}"))
    with database.read() as view, pytest.raises(StoredValueAltered):
        view.trail.receipt(3)


def test_a_database_that_opens_is_verified_by_its_address_too(database: SqlDatabase, sql_url: str) -> None:
    assert verify_address(sql_url, MASTER, SIGNER.verifier) == verify_database(database, SIGNER.verifier)


def test_a_database_reads_strictly_again_after_a_verification(sqlite_url: str, open_sql: OpenDatabase) -> None:
    database = filled(open_sql(sqlite_url))
    verify_database(database, SIGNER.verifier)
    tamper(sqlite_url, "UPDATE audit_entries SET act = cast(x'ff80' AS TEXT) WHERE entry_index = 7")
    with database.read() as view, pytest.raises(StoredValueAltered):
        view.trail.page(None, ENTRIES)


def test_private_parts_that_are_gone_are_named_in_the_database_and_in_its_export(
    database: SqlDatabase, sql_url: str, tmp_path: Path
) -> None:
    tamper(sql_url, "UPDATE audit_entries SET private = NULL, salt = NULL WHERE entry_index IN (9, 10, 13)")
    with database.read() as view:
        assert view.trail.entry(9).private is None
    export_to_file(database, SIGNER.verifier, tmp_path / "trail.jsonl")
    found = verify_database(database, SIGNER.verifier)
    assert found.problem is not None
    assert (found.problem.kind, found.problem.first, found.without_private) == (ProblemKind.PRIVATE_DATA_MISSING, 9, 2)
    assert verify_export(tmp_path / "trail.jsonl", SIGNER.verifier.text()).report == found


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
    assert export_to_file(database, SIGNER.verifier, file) == ENTRIES + 1
    assert file.stat().st_mode & 0o777 == 0o600
    report = verify_export(file, SIGNER.verifier.text()).report
    assert (report.problem, report.entries, report.checkpoints) == (None, ENTRIES + 1, ENTRIES // 2 + 1)


def test_an_export_that_cannot_begin_is_no_entry(database: SqlDatabase, tmp_path: Path) -> None:
    (tmp_path / "old.jsonl").write_text("kept")
    for file, error in (
        (tmp_path / "old.jsonl", FileExistsError),
        (tmp_path / "nowhere" / "trail.jsonl", FileNotFoundError),
        (tmp_path, FileExistsError),
    ):
        with pytest.raises(error):
            export_to_file(database, SIGNER.verifier, file)
    with database.read() as view:
        assert view.trail.size() == ENTRIES
    assert (tmp_path / "old.jsonl").read_text() == "kept"


def test_an_export_that_fails_leaves_no_file(sqlite_url: str, open_sql: OpenDatabase, tmp_path: Path) -> None:
    database = filled(open_sql(sqlite_url))
    tamper(sqlite_url, put(ENTRY, "private", "x'00'"))
    with pytest.raises(SealBroken):
        export_to_file(database, SIGNER.verifier, tmp_path / "trail.jsonl")
    assert not (tmp_path / "trail.jsonl").exists()
