"""Photographs that are judged before a search: what stops one, what shortens its list, and what is only advice."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from server.domain.capture import Agreement, Capture
from server.domain.errors import OifrError
from server.domain.events import Act
from server.domain.face import NamedFace
from server.domain.image_errors import FaceNotNamed, PoorImage, SeveralFaces
from server.domain.probe import Ground, Purpose
from server.domain.quality import Component, cap
from server.domain.search import Search
from server.domain.search_errors import LifeAtRiskUnfounded
from tests.fakes.face_engine import BOXES, photo
from tests.fakes.samples import PURPOSE
from tests.world import POLICY, World

FAMILY = [f"berg-{number}" for number in range(1, 9)]
HARM = "Breathes badly and may need a medicine we do not know."
AT_RISK = replace(PURPOSE, ground=Ground.UNABLE_TO_IDENTIFY, harm=HARM, life_at_risk=True)
CROWD = photo("ada", "several-faces")


def search_named(world: World, *named: NamedFace) -> Search:
    return world.workflows.identification.search(world.officer(), PURPOSE, [CROWD], named)


def details(world: World) -> dict[str, Any]:
    """Of the newest answer in the trail."""
    found: dict[str, Any] = json.loads(world.last(Act.SEARCH_ANSWERED).leaf)["details"]
    return found


def enrol_family(world: World) -> None:
    for member in FAMILY:
        world.enrol(member)


# --- one face among several -------------------------------------------------------------------------------------


def test_the_named_face_is_searched_and_the_trail_counts_it(world: World) -> None:
    ada = world.enrol("ada")
    with pytest.raises(SeveralFaces) as refused:
        search_named(world)
    assert refused.value.image == 0
    search = search_named(world, NamedFace(refused.value.image, refused.value.boxes[0]))
    assert [candidate.reference_id for candidate in search.candidates] == [ada.id]
    assert details(world)["faces_named"] == 1


def test_the_refusal_says_which_photograph_has_several_faces(world: World) -> None:
    with pytest.raises(SeveralFaces) as refused:
        world.search(world.officer(), photo("ada"), CROWD)
    assert refused.value.image == 1


def test_without_a_named_face_the_trail_counts_none(world: World) -> None:
    world.search(world.officer(), photo("ada"))
    assert details(world)["faces_named"] == 0


def test_where_no_face_stands_nothing_is_searched(world: World) -> None:
    officer = world.officer()
    before = (world.stored(), world.acts())
    with pytest.raises(FaceNotNamed):
        search_named(world, NamedFace(0, replace(BOXES[0], left=900)))
    assert (world.stored(), world.acts()) == before
    assert world.search(officer, photo("ada")).undecided


# --- what stops a search ----------------------------------------------------------------------------------------

REFUSED: list[tuple[str, Purpose, type[OifrError]]] = [
    ("a poor photograph", PURPOSE, PoorImage),
    ("a poor photograph on a welfare ground", replace(AT_RISK, life_at_risk=False), PoorImage),
    ("a life at risk without harm", replace(AT_RISK, harm=""), LifeAtRiskUnfounded),
    ("a life at risk against the person's will", replace(AT_RISK, ground=Ground.REFUSES), LifeAtRiskUnfounded),
]


@pytest.mark.parametrize(("purpose", "error"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_a_smeared_photograph_is_refused_and_leaves_nothing(
    world: World, purpose: Purpose, error: type[OifrError]
) -> None:
    officer = world.officer()
    world.enrol("ada")
    before = (world.stored(), world.acts())
    with pytest.raises(error):
        world.search(officer, photo("ada", "smeared"), purpose=purpose)
    assert (world.stored(), world.acts()) == before


@pytest.mark.parametrize("ground", [Ground.UNABLE_TO_IDENTIFY, Ground.MISSING_OR_AT_RISK])
def test_a_life_at_risk_lifts_the_gate_and_is_on_record(world: World, ground: Ground) -> None:
    ada = world.enrol("ada")
    search = world.search(world.officer(), photo("ada", "smeared"), purpose=replace(AT_RISK, ground=ground))
    assert [candidate.reference_id for candidate in search.candidates] == [ada.id]
    assert search.capture == Capture((Component.SHARPNESS,), overridden=True)
    assert (details(world)["life_at_risk"], details(world)["faults_overridden"]) == (True, True)


def test_a_life_at_risk_overrides_nothing_where_nothing_stops(world: World) -> None:
    search = world.search(world.officer(), photo("ada", "blurred"), purpose=AT_RISK)
    assert search.capture == Capture((Component.SHARPNESS,))
    assert (details(world)["life_at_risk"], details(world)["faults_overridden"]) == (True, False)


# --- what shortens the list -------------------------------------------------------------------------------------


@pytest.mark.parametrize("conditions", [(), ("blurred",), ("blurred", "masked"), ("blurred", "masked", "dark")])
def test_a_poor_image_shortens_the_list_as_the_rule_says(world: World, conditions: tuple[str, ...]) -> None:
    enrol_family(world)
    probe = photo("berg-1", *conditions)
    length = cap(world.engine.sample_of([probe]).quality, POLICY.cap)
    assert len(world.search(world.officer(), probe).candidates) == length
    assert 1 <= length <= POLICY.cap
    assert (length < POLICY.cap) == bool(conditions)


def test_the_worst_image_still_puts_the_likest_forward(world: World) -> None:
    enrol_family(world)
    search = world.search(world.officer(), photo("berg-1", "smeared", "masked"), purpose=AT_RISK)
    likest = world.gallery.search(
        world.engine.template_of([photo("berg-1", "smeared", "masked")]), POLICY.sources(AT_RISK.ground), -1.0, 1
    )
    assert [entry.reference_id for entry in likest] == [candidate.reference_id for candidate in search.candidates] != []


@pytest.mark.parametrize("conditions", [("blurred",), ("blurred", "masked", "dark")])
def test_a_poor_image_lengthens_no_short_list(world: World, conditions: tuple[str, ...]) -> None:
    world.enrol("ada")
    assert len(world.search(world.officer(), photo("ada", *conditions)).candidates) == 1
    assert world.search(world.officer("3982"), photo("stranger", *conditions)).candidates == ()


# --- what is only advice ----------------------------------------------------------------------------------------


def test_a_recapture_hint_leaves_the_list_as_long_as_it_is(world: World) -> None:
    enrol_family(world)
    search = world.search(world.officer(), photo("berg-1", "screen"))
    assert search.capture == Capture(recapture=True)
    assert len(search.candidates) == POLICY.cap


@pytest.mark.parametrize(
    ("images", "agreement"),
    [
        ([photo("ada")], None),
        ([photo("ada"), photo("ada")], Agreement.CLEAR),
        ([photo("ada"), photo("ada", "unlike")], Agreement.WEAK),
    ],
)
def test_the_agreement_of_frames_is_kept(world: World, images: list[bytes], agreement: Agreement | None) -> None:
    world.enrol("ada")
    search = world.search(world.officer(), *images)
    assert (search.capture.agreement, len(search.candidates)) == (agreement, 1)
    assert details(world)["agreement"] == (agreement.value if agreement else None)


def test_the_trail_keeps_faults_by_name_and_no_value(world: World) -> None:
    world.search(world.officer(), photo("ada", "dark", "masked", "screen"))
    found = details(world)
    assert (found["faults"], found["recapture"]) == (["dark", "lower-face"], True)
    numbers = {name for name, value in found.items() if type(value) in {int, float}}
    assert numbers == {"frames", "faces_named", "seed"}


def test_the_capture_stays_with_the_search_to_its_end(world: World) -> None:
    search = world.decided(world.officer(), photo("ada", "dark"))
    assert search.capture == Capture((Component.DARK,))
