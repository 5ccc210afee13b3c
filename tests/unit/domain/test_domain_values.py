"""Small rules of the domain's values."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from server.domain.actors import Actor, Role, Session
from server.domain.errors import OifrError, RoleMissing
from server.domain.gallery_errors import RecordDatesInvalid, RecordInvalid, RecordTextInvalid
from tests.error_family import FAMILY
from tests.fakes.clock import NOON
from tests.fakes.samples import reference, subject

DAY = NOON.date()
ACTOR = Actor("actor-1", "4471", frozenset({Role.OFFICER}))


def test_any_one_of_the_roles_is_enough() -> None:
    ACTOR.require(Role.SUPERVISOR, Role.OFFICER)


def test_a_missing_role_is_refused() -> None:
    with pytest.raises(RoleMissing):
        ACTOR.require(Role.SUPERVISOR)


def test_a_session_lives_until_its_end_and_not_a_moment_longer() -> None:
    session = Session("digest", ACTOR, NOON, NOON + timedelta(hours=1))
    assert session.live(NOON)
    assert not session.live(session.expires_at)
    assert not replace(session, ended_at=NOON).live(NOON)


@pytest.mark.parametrize("number", ["", "  "])
def test_a_subject_needs_a_record_number(number: str) -> None:
    with pytest.raises(RecordInvalid):
        replace(subject(), record_number=number).check(DAY)


@pytest.mark.parametrize("basis", ["", "\n"])
def test_a_reference_needs_a_lawful_basis(basis: str) -> None:
    with pytest.raises(RecordInvalid):
        replace(reference(), lawful_basis=basis).check(DAY, None)


@pytest.mark.parametrize("sign", ["\r", "\n", "\x1b", "\x00", "\x85", "\ud800"])
def test_a_record_holds_no_control_character(sign: str) -> None:
    text = f"X{sign}=1+1"
    for named in (
        replace(subject(), record_number=text),
        replace(subject(), given_name=text),
        replace(subject(), family_name=text),
    ):
        with pytest.raises(RecordTextInvalid):
            named.check(DAY)
    for told in (replace(reference(), lawful_basis=text), replace(reference(), station=text)):
        with pytest.raises(RecordTextInvalid):
            told.check(DAY, None)


def test_nobody_is_born_or_photographed_in_the_future_or_before_the_birth() -> None:
    born = subject().born_on
    assert born is not None
    subject().check(born)
    with pytest.raises(RecordDatesInvalid):
        subject().check(born - timedelta(1))
    taken = reference()
    taken.check(taken.captured_on, taken.captured_on)
    with pytest.raises(RecordDatesInvalid):
        taken.check(taken.captured_on - timedelta(1), None)
    with pytest.raises(RecordDatesInvalid):
        taken.check(DAY, taken.captured_on + timedelta(1))


def test_a_subject_s_text_form_shows_no_name() -> None:
    assert "Quetzalowicz" not in repr(subject())


@pytest.mark.parametrize("kind", FAMILY, ids=lambda kind: kind.__name__)
def test_every_error_has_its_own_slug_and_a_sentence(kind: type[OifrError]) -> None:
    assert [other for other in FAMILY if other.slug == kind.slug] == [kind]
    assert kind.message.endswith(".")
