"""What lies on the disk: no image, template, name, free text or secret in clear, and nothing of it after erasure."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from sqlalchemy import text

from server.domain.decision import Decision, Judgement, Outcome
from server.domain.events import Act, Event
from server.domain.search import Review, ReviewOutcome
from server.storage.unit_of_work import SqlDatabase
from tests.fakes.clock import NOON
from tests.fakes.samples import CANDIDATES, HAPPENED, PURPOSE, account, reference, search, subject
from tests.fakes.templates import MODEL, template
from tests.real_databases import OpenDatabase

IMAGE = b"\xff\xd8\xff\xe0 forty bytes of somebody's face, in clear"
PROBE_KEY = bytes(range(100, 132))
EVIDENCE = "The left ear looks different."
NOTE = "Asked for the document."
REFUSED_NAME = "PC Mistyped"

SECRETS = {
    "image": IMAGE,
    "template": template(1).vector.tobytes(),
    "part of the template": template(1).vector.tobytes()[:12],
    "given name": subject().given_name.encode(),
    "family name": subject().family_name.encode(),
    "record number": subject().record_number.encode(),
    "lawful basis": reference().lawful_basis.encode(),
    "station": reference().station.encode(),
    "sign-in name": account().actor.name.encode(),
    "password hash": account().password_hash.encode(),
    "necessity": PURPOSE.necessity.encode(),
    "incident": PURPOSE.incident.encode(),
    "score": str(CANDIDATES[1].score).encode(),
    "probe key": PROBE_KEY,
    "evidence against": EVIDENCE.encode(),
    "review note": NOTE.encode(),
    "private part of an entry": REFUSED_NAME.encode(),
}


@pytest.fixture
def database(sqlite_url: str, open_sql: OpenDatabase) -> SqlDatabase:
    """A database in which every table has a row."""
    database = open_sql(sqlite_url)
    at = search().answered_at
    judged = search().judge("A", Judgement.DIFFERENT, at).judge("B", Judgement.CANNOT_TELL, at)
    decided = judged.decide(Decision(Outcome.NONE_OF_THESE, evidence_against=EVIDENCE), at)
    with database.write() as unit:
        unit.accounts.add(account())
        unit.subjects.add(subject())
        unit.subjects.enrol(reference(), template(1), IMAGE)
        unit.searches.add(search(), PROBE_KEY)
        unit.searches.update(decided, search())
        unit.searches.add_review(Review("search-1", "supervisor-1", ReviewOutcome.JUSTIFIED, NOTE, NOON))
        unit.commit(Event(Act.SIGN_IN_REFUSED, None, private={"name": REFUSED_NAME}))
    return database


def on_disk(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in sorted(folder.glob("oifr.db*")))


def test_nothing_personal_stands_on_the_disk_in_clear(database: SqlDatabase, tmp_path: Path) -> None:
    assert (tmp_path / "oifr.db-wal").stat().st_size > 0
    in_log = on_disk(tmp_path)
    database.close()
    in_file = on_disk(tmp_path)
    for content in (in_log, in_file):
        assert b"search-1" in content
        assert [name for name, secret in SECRETS.items() if secret in content] == []


def test_the_files_belong_to_their_owner_alone(database: SqlDatabase, tmp_path: Path) -> None:
    files = list(tmp_path.glob("oifr.db*"))
    assert len(files) == 3
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


def test_erased_ciphertext_leaves_the_file_with_the_next_checkpoint(database: SqlDatabase, tmp_path: Path) -> None:
    with database.snapshot() as connection:
        sealed = [
            connection.scalar(text("SELECT image FROM refs")),
            connection.scalar(text("SELECT template FROM templates")),
            connection.scalar(text("SELECT key FROM probe_keys")),
            connection.scalar(text("SELECT person FROM subjects")),
        ]
    assert all(part in on_disk(tmp_path) for part in sealed)
    with database.write() as unit:
        unit.subjects.erase_reference("reference-1")
        unit.subjects.erase("subject-1")
        unit.searches.shred_probe_key("search-1")
        unit.commit(HAPPENED)
    database.close()
    assert [part for part in sealed if part in on_disk(tmp_path)] == []


def test_a_shredded_key_is_in_no_file_though_the_database_stays_open(database: SqlDatabase, tmp_path: Path) -> None:
    with database.snapshot() as connection:
        key = connection.scalar(text("SELECT key FROM probe_keys"))
    assert key in on_disk(tmp_path)
    with database.write() as unit:
        unit.searches.shred_probe_key("search-1")
        unit.commit(HAPPENED, Event(Act.PROBE_SHREDDED, None, "search-1"))
    assert key not in on_disk(tmp_path)


def test_dropped_templates_are_in_no_file_though_the_database_stays_open(database: SqlDatabase, tmp_path: Path) -> None:
    with database.snapshot() as connection:
        sealed = connection.scalar(text("SELECT template FROM templates"))
    assert sealed in on_disk(tmp_path)
    with database.write() as unit:
        assert unit.subjects.drop_templates(MODEL)[1] == 1
        unit.commit(Event(Act.TEMPLATES_DROPPED, None))
    assert sealed not in on_disk(tmp_path)


def test_a_log_that_a_reader_held_is_emptied_by_a_later_write(database: SqlDatabase, tmp_path: Path) -> None:
    with database.snapshot() as connection:
        key = connection.scalar(text("SELECT key FROM probe_keys"))
        with database.write() as unit:
            unit.searches.shred_probe_key("search-1")
            unit.commit(Event(Act.PROBE_SHREDDED, None, "search-1"))
        assert key in on_disk(tmp_path)
    with database.write() as unit:
        unit.commit(HAPPENED)
    assert key not in on_disk(tmp_path)
