"""The forger is caught, on a real database, and only in the copy."""

from functools import partial
from pathlib import Path

import pytest

from server.audit.checkpoint import Signer
from server.audit.verify import Report
from server.demo.tampering import tampered
from server.domain.events import Act, Event
from server.storage.crypto import MasterKey
from server.storage.trail_check import verify_database
from server.storage.unit_of_work import SqlDatabase, open_database
from tests.fakes.clock import StoppedClock

SIGNER = Signer.from_seed("demo.example/trail", bytes(32))
OFFICER = "a" * 32
ENTRIES = 6


def _open(file: Path) -> SqlDatabase:
    clock = StoppedClock()
    return open_database(f"sqlite:///{file}", MasterKey(bytes(32)), SIGNER, clock=clock, fresh_salt=partial(bytes, 16))


def _verify(file: Path) -> Report:
    database = _open(file)
    try:
        return verify_database(database, SIGNER.verifier)
    finally:
        database.close()


@pytest.fixture
def trail(tmp_path: Path) -> Path:
    file = tmp_path / "oifr.sqlite"
    database = _open(file)
    for number in range(ENTRIES):
        with database.write() as unit:
            unit.commit(Event(Act.SIGNED_IN, OFFICER, details={"number": number}))
    database.close()
    return file


@pytest.mark.parametrize("index", range(ENTRIES))
def test_whichever_entry_is_forged_it_is_named(trail: Path, index: int) -> None:
    found = tampered(trail, trail.with_name("copy.sqlite"), index, _verify)
    assert (found.entries, found.altered, found.broken_before) == (ENTRIES, index, None)
    assert [forgery.found for forgery in found.forgeries] == [index, index]
    assert found.surprise is None
    assert _verify(trail).problem is None


def test_a_verification_that_sees_nothing_is_a_surprise(trail: Path) -> None:
    sound = _verify(trail)
    found = tampered(trail, trail.with_name("copy.sqlite"), 0, lambda _copy: sound)
    assert found.surprise is not None
