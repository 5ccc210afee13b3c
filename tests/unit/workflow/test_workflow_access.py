"""Signing in, the gate, and that every refusal is an act."""

from __future__ import annotations

import pytest

from server.domain.actors import Role
from server.domain.errors import NameTaken, NotSignedIn, PasswordUnfit, RoleMissing, SessionExpired, SignInRefused
from server.domain.events import Act
from server.workflow.access import RIGHTS, Right, permit
from tests.world import PASSWORD, SESSION_LENGTH, World


def test_who_signs_in_is_known_by_the_token(world: World) -> None:
    officer = world.officer()
    assert world.workflows.access.actor(world.token(officer)) == officer
    assert world.last(Act.SIGNED_IN).actor_id == officer.id


def test_the_token_is_kept_nowhere(world: World) -> None:
    signed_in = world.workflows.access.sign_in(world.officer().name, PASSWORD)
    assert signed_in.token not in repr(world.database.state)
    assert signed_in.token not in repr(signed_in)


def test_an_unknown_name_and_a_wrong_password_are_refused_alike(world: World) -> None:
    officer, access = world.officer(), world.workflows.access
    with pytest.raises(SignInRefused) as wrong_password:
        access.sign_in(officer.name, "not the pass phrase")
    with pytest.raises(SignInRefused) as unknown_name:
        access.sign_in("nobody", PASSWORD)
    assert str(wrong_password.value) == str(unknown_name.value)
    assert len(world.passwords.checked) == 2, "both compare one hash"
    assert world.passwords.checked[1] is None


def test_a_refused_sign_in_is_recorded_without_the_name_typed(world: World) -> None:
    officer, access = world.officer(), world.workflows.access
    for name in (officer.name, "typed-by-mistake"):
        with pytest.raises(SignInRefused):
            access.sign_in(name, "not the pass phrase")
    *_, known, unknown = world.entries()
    assert (known.act, known.actor_id) == (Act.SIGN_IN_REFUSED, officer.id)
    assert (unknown.act, unknown.actor_id) == (Act.SIGN_IN_REFUSED, None)
    assert "typed-by-mistake" not in repr(unknown)


def test_a_session_ends_by_the_clock(world: World) -> None:
    token = world.token(world.officer())
    world.clock.move(SESSION_LENGTH)
    with pytest.raises(SessionExpired):
        world.workflows.access.actor(token)


def test_a_session_ends_by_signing_out(world: World) -> None:
    officer, access = world.officer(), world.workflows.access
    token = world.token(officer)
    access.sign_out(token)
    assert world.last(Act.SIGNED_OUT).actor_id == officer.id
    with pytest.raises(SessionExpired):
        access.actor(token)


def test_the_owner_of_an_ended_session_is_still_known(world: World) -> None:
    officer, access = world.officer(), world.workflows.access
    token = world.token(officer)
    access.sign_out(token)
    assert access.owner(token) == officer
    assert access.owner("made-up") is None


def test_a_made_up_token_is_nobody(world: World) -> None:
    with pytest.raises(NotSignedIn):
        world.workflows.access.actor("made-up")
    with pytest.raises(NotSignedIn):
        world.workflows.access.sign_out("made-up")


def test_a_name_is_taken_once(world: World) -> None:
    world.officer("4471")
    with pytest.raises(NameTaken):
        world.workflows.access.add_account("4471", PASSWORD, frozenset({Role.SUPERVISOR}))
    assert world.acts().count(Act.ACCOUNT_ADDED) == 1


def test_an_unfit_password_adds_no_account(world: World) -> None:
    with pytest.raises(PasswordUnfit):
        world.workflows.access.add_account("4471", "short", frozenset({Role.OFFICER}))
    assert world.acts() == []


def test_an_added_account_is_recorded_by_id_and_roles(world: World) -> None:
    officer = world.officer("4471")
    leaf = world.last(Act.ACCOUNT_ADDED).leaf.decode()
    assert officer.id in leaf
    assert "officer" in leaf
    assert "4471" not in leaf


def test_a_refusal_is_recorded_with_what_was_attempted(world: World) -> None:
    officer = world.officer()
    world.workflows.access.record_refusal(officer, "role-missing", "POST /v1/subjects")
    entry = world.last(Act.REFUSED)
    assert entry.actor_id == officer.id
    assert b"role-missing" in entry.leaf
    assert b"POST /v1/subjects" in entry.leaf


@pytest.mark.parametrize("right", Right)
@pytest.mark.parametrize("role", Role)
def test_each_right_belongs_to_its_roles_alone(world: World, right: Right, role: Role) -> None:
    actor = world.actor("anyone", role)
    if role in RIGHTS[right]:
        permit(actor, right)
    else:
        with pytest.raises(RoleMissing):
            permit(actor, right)


def test_who_searches_neither_enrols_nor_reviews() -> None:
    officer_rights = {right for right, roles in RIGHTS.items() if Role.OFFICER in roles}
    assert officer_rights == {Right.SEARCH, Right.ADJUDICATE, Right.PROVE}
