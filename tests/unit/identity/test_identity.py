"""Real password hashes and real randomness."""

from __future__ import annotations

import re

import pytest

from server.domain.errors import PasswordUnfit
from server.identity.passwords import MAXIMUM_LENGTH, MINIMUM_LENGTH, Argon2Passwords
from server.identity.tokens import SystemRandomness

PASSWORD = "correct horse battery"


@pytest.fixture(scope="module")
def passwords() -> Argon2Passwords:
    return Argon2Passwords()


def test_a_password_has_its_hash_and_no_other(passwords: Argon2Passwords) -> None:
    encoded = passwords.hash(PASSWORD)
    assert encoded.startswith("$argon2id$")
    assert PASSWORD not in encoded
    assert passwords.verify(PASSWORD, encoded)
    assert not passwords.verify(PASSWORD + " ", encoded)


def test_the_same_password_has_another_hash_each_time(passwords: Argon2Passwords) -> None:
    assert passwords.hash(PASSWORD) != passwords.hash(PASSWORD)


@pytest.mark.parametrize("length", [0, MINIMUM_LENGTH - 1, MAXIMUM_LENGTH + 1])
def test_an_unfit_password_is_refused(passwords: Argon2Passwords, length: int) -> None:
    with pytest.raises(PasswordUnfit):
        passwords.hash("x" * length)


def test_a_password_past_the_longest_is_not_cut_to_fit(passwords: Argon2Passwords) -> None:
    longest = "x" * MAXIMUM_LENGTH
    assert not passwords.verify(longest + "y", passwords.hash(longest))


def test_without_an_account_no_password_is_right(passwords: Argon2Passwords) -> None:
    assert not passwords.verify(PASSWORD, None)
    assert not passwords.verify("the hash that is checked when there is no account", None)


@pytest.mark.parametrize("encoded", ["", "plain", "$argon2id$v=19$broken"])
def test_a_damaged_hash_lets_nobody_in(passwords: Argon2Passwords, encoded: str) -> None:
    assert not passwords.verify(PASSWORD, encoded)


def test_a_password_of_half_characters_is_only_wrong(passwords: Argon2Passwords) -> None:
    assert not passwords.verify("\ud800" * MINIMUM_LENGTH, passwords.hash(PASSWORD))


def test_identifiers_seeds_and_tokens_are_fresh_and_of_their_form() -> None:
    randomness = SystemRandomness()
    assert re.fullmatch(r"[0-9a-f]{32}", randomness.id())
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", randomness.token())
    assert 0 <= randomness.seed() < 2**31
    assert len({randomness.id() for _ in range(100)} | {randomness.token() for _ in range(100)}) == 200
