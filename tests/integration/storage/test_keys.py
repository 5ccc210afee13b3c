"""Keys: files that only their owner reads, and ciphertext that opens in its own place only."""

from __future__ import annotations

import stat
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import update

from server.domain.errors import SealBroken
from server.storage.crypto import MasterKey
from server.storage.signing_key import load_signer
from server.storage.tables import accounts, templates
from tests.fakes.samples import HAPPENED, account, reference, subject
from tests.fakes.templates import MODEL, template
from tests.real_databases import OpenDatabase

TEXT = b64encode(bytes(range(32))).decode()


def make_master_key(path: Path) -> object:
    return MasterKey.from_file(path)


def make_signer(path: Path) -> object:
    return load_signer(path, "oifr.test").verifier


@pytest.mark.parametrize("make", [make_master_key, make_signer])
class TestKeyFile:
    def test_it_is_made_once_for_its_owner_alone(self, make: type, tmp_path: Path) -> None:
        file = tmp_path / "keys" / "key"
        assert make(file) == make(file)
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert list(file.parent.iterdir()) == [file]

    def test_it_is_refused_when_others_can_read_it(self, make: type, tmp_path: Path) -> None:
        file = tmp_path / "key"
        make(file)
        for mode in (0o640, 0o604, 0o620):
            file.chmod(mode)
            with pytest.raises(SealBroken):
                make(file)

    def test_a_damaged_file_is_refused(self, make: type, tmp_path: Path) -> None:
        file = tmp_path / "key"
        for content in (b"", b"not a key", b"\xff\xfe", b64encode(b"k" * 31)):
            file.write_bytes(content)
            file.chmod(0o600)
            with pytest.raises(SealBroken):
                make(file)

    def test_of_two_first_starts_one_key_wins(self, make: type, tmp_path: Path) -> None:
        with ThreadPoolExecutor(4) as pool:
            first, *others = pool.map(make, [tmp_path / "key"] * 4)
        assert all(other == first for other in others)


def test_a_master_key_text_holds_32_bytes() -> None:
    assert MasterKey.from_text(f" {TEXT}\n").secret == bytes(range(32))
    for text in ("", "short", TEXT[4:], TEXT.replace("A", "!")):
        with pytest.raises(SealBroken):
            MasterKey.from_text(text)


def test_no_text_form_shows_a_key() -> None:
    assert "secret" not in repr(MasterKey.from_text(TEXT))


def test_what_is_opened_to_be_overwritten_is_the_same_and_refused_alike() -> None:
    cipher = MasterKey.from_text(TEXT).derived_cipher("cache")
    sealed = cipher.seal(b"template", b"block 1")
    opened = cipher.open_own(sealed, b"block 1")
    assert opened == bytearray(b"template")
    opened[:] = bytes(8)
    assert cipher.open_own(cipher.seal(b"", b"block 1"), b"block 1") == bytearray()
    for other, context in (
        (sealed, b"block 2"),
        (sealed[:-1] + b"x", b"block 1"),
        (sealed[:20], b"block 1"),
        (b"", b""),
    ):
        with pytest.raises(SealBroken):
            cipher.open_own(other, context)


def test_derived_ciphers_are_told_apart_by_purpose_context_and_master_key() -> None:
    cipher = MasterKey.from_text(TEXT).derived_cipher("cache")
    sealed = cipher.seal(b"template", b"block 1")
    assert MasterKey.from_text(TEXT).derived_cipher("cache").open(sealed, b"block 1") == b"template"
    assert cipher.seal(b"template", b"block 1") != sealed
    for other, context in (
        (cipher, b"block 2"),
        (MasterKey.from_text(TEXT).derived_cipher("vault"), b"block 1"),
        (MasterKey(b"x" * 32).derived_cipher("cache"), b"block 1"),
    ):
        with pytest.raises(SealBroken):
            other.open(sealed, context)
    for damaged in (b"", sealed[:11], sealed[:-1], sealed[:-1] + bytes([sealed[-1] ^ 1])):
        with pytest.raises(SealBroken):
            cipher.open(damaged, b"block 1")


def test_another_master_key_does_not_open_the_database(sql_url: str, open_sql: OpenDatabase) -> None:
    open_sql(sql_url)
    with pytest.raises(SealBroken):
        open_sql(sql_url, master=MasterKey(b"x" * 32))


def test_sealed_values_stay_readable_after_a_restart(sql_url: str, open_sql: OpenDatabase) -> None:
    with open_sql(sql_url).write() as unit:
        unit.accounts.add(account())
        unit.commit(HAPPENED)
    with open_sql(sql_url).read() as view:
        assert view.accounts.by_name(account().actor.name) == account()


def test_a_value_moved_to_another_row_or_model_does_not_open(sqlite_url: str, open_sql: OpenDatabase) -> None:
    database = open_sql(sqlite_url)
    with database.write() as unit:
        unit.accounts.add(account(1))
        unit.accounts.add(account(2))
        unit.subjects.add(subject())
        unit.subjects.enrol(reference(), template(1), b"image")
        unit.commit(HAPPENED)
    with database.snapshot() as connection:
        stolen = connection.scalar(accounts.select().with_only_columns(accounts.c.password_hash))
        connection.execute(update(accounts).values(password_hash=stolen))
        connection.execute(update(templates).values(model="newer-model/1"))
    assert database.gallery.references(MODEL) == (1, [])
    with pytest.raises(SealBroken):
        database.gallery.references("newer-model/1")
    with database.read() as view:
        assert view.accounts.by_name("PC 0001") == account(1)
        with pytest.raises(SealBroken):
            view.accounts.by_name("PC 0002")
