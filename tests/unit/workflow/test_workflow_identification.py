"""One probe with its purpose: who is put forward, who never is, and what is kept of a refusal: nothing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from server.domain.candidates import Scored
from server.domain.capture import Agreement, Capture
from server.domain.errors import CacheUnavailable, DatabaseUnavailable, OifrError, RoleMissing
from server.domain.events import Act
from server.domain.face import Box, NamedFace
from server.domain.gallery import IndexedReference, Source
from server.domain.image_errors import (
    FaceNotFound,
    FaceNotNamed,
    FramesDisagree,
    ImageCountInvalid,
    PoorImage,
    SeveralFaces,
)
from server.domain.probe import Ground, Purpose
from server.domain.quality import Component
from server.domain.search_errors import LifeAtRiskUnfounded, NecessityMissing, ProbeGone, UnresolvedSearch
from tests.fakes.face_engine import BOXES, photo
from tests.fakes.memory_gallery import MemoryGallery, MemoryGallerySource
from tests.fakes.samples import PURPOSE
from tests.world import POLICY, World

FAMILY = [f"berg-{number}" for number in range(1, 9)]


def test_a_person_is_found_under_a_condition(world: World) -> None:
    ada = world.enrol("ada")
    world.enrol("bo")
    search = world.search(world.officer(), photo("ada", "lying", "eyes-closed"))
    assert [candidate.reference_id for candidate in search.candidates] == [ada.id]


def test_a_stranger_gets_an_empty_list(world: World) -> None:
    world.enrol("ada")
    assert world.search(world.officer(), photo("stranger")).candidates == ()


def test_the_list_is_capped_however_many_look_alike(world: World) -> None:
    for member in FAMILY:
        world.enrol(member)
    search = world.search(world.officer(), photo("berg-1"))
    assert len(search.candidates) == POLICY.cap
    assert len({candidate.subject_id for candidate in search.candidates}) == POLICY.cap


def test_several_frames_of_one_person_are_one_probe(world: World) -> None:
    world.enrol("ada")
    search = world.search(world.officer(), photo("ada", "dim"), photo("ada", "lying"))
    assert len(search.candidates) == 1


@pytest.mark.parametrize(
    ("ground", "found"), [(Ground.MISSING_OR_AT_RISK, 1), (Ground.UNABLE_TO_IDENTIFY, 1), (Ground.REFUSES, 0)]
)
def test_missing_persons_are_searched_for_their_own_sake_only(world: World, ground: Ground, found: int) -> None:
    world.enrol("ada", Source.MISSING)
    search = world.search(world.officer(), photo("ada"), purpose=replace(PURPOSE, ground=ground))
    assert len(search.candidates) == found


def test_a_reference_that_the_index_still_holds_but_the_record_lost_is_not_put_forward(world: World) -> None:
    ada = world.enrol("ada")
    behind = MemoryGallerySource()
    behind.enrol(IndexedReference(ada.id, ada.subject_id, ada.source, world.engine.template_of([photo("ada")])))
    world.workflows.enrolment.erase_subject(world.manager(), ada.subject_id)
    identification = replace(world.workflows.identification, gallery=MemoryGallery(world.engine.model, behind))
    assert identification.search(world.officer(), PURPOSE, [photo("ada")]).candidates == ()


def test_whoever_leaves_the_gallery_meanwhile_keeps_nobody_off_the_list(world: World) -> None:
    members = [world.enrol(member) for member in FAMILY]
    likest = world.search(world.officer(), photo("berg-1")).candidates
    assert len(likest) == POLICY.cap

    class LeavingGallery(MemoryGallery):
        def search(self, *asked: Any) -> Sequence[Scored]:
            scored = super().search(*asked)
            if likest[0].subject_id in {entry.subject_id for entry in scored}:
                world.workflows.enrolment.erase_subject(world.manager(), likest[0].subject_id)
            return scored

    gallery = LeavingGallery(world.engine.model, world.database.gallery)
    identification = replace(world.workflows.identification, gallery=gallery)
    shown = identification.search(world.officer("3982"), PURPOSE, [photo("berg-1")]).candidates
    left = {member.id for member in members} - {likest[0].reference_id}
    assert len(shown) == POLICY.cap
    assert {candidate.reference_id for candidate in shown} <= left


def test_the_search_keeps_what_it_ran_under(world: World) -> None:
    world.enrol("ada")
    search = world.search(world.officer(), photo("ada"))
    assert (search.model, search.threshold, search.policy_version) == (
        world.engine.model,
        POLICY.threshold,
        POLICY.version,
    )
    assert search.expires_at - search.answered_at == POLICY.time_to_decide


def test_the_answer_is_recorded_with_its_seed_and_references(world: World) -> None:
    officer, ada = world.officer(), world.enrol("ada")
    search = world.search(officer, photo("ada"))
    entry = world.last(Act.SEARCH_ANSWERED)
    assert (entry.actor_id, entry.search_id) == (officer.id, search.id)
    leaf = entry.leaf.decode()
    assert ada.id in leaf
    assert f'"seed":{search.seed}' in leaf


def test_the_officer_s_words_stand_outside_the_leaf(world: World) -> None:
    world.search(world.officer(), photo("ada"))
    entry = world.last(Act.SEARCH_ANSWERED)
    assert entry.private is not None
    assert entry.private["necessity"] == PURPOSE.necessity
    for words in (PURPOSE.necessity, PURPOSE.power, PURPOSE.incident):
        assert words.encode() not in entry.leaf


def test_no_score_stands_in_the_trail(world: World) -> None:
    world.enrol("ada")
    search = world.search(world.officer(), photo("ada", "lying"))
    score = str(search.candidates[0].score)[:5]
    assert score not in repr(world.entries())


def test_the_probe_waits_in_the_vault_under_its_own_key(world: World) -> None:
    search = world.search(world.officer(), photo("ada"))
    with world.database.write() as unit:
        key = unit.searches.probe_key(search.id)
    assert world.vault.open(search.id, key) == (photo("ada"),)
    world.run_out()
    with pytest.raises(ProbeGone):
        world.vault.open(search.id, key)


# --- what was found about the photographs ----------------------------------------------------------------------

AT_RISK = replace(
    PURPOSE, ground=Ground.MISSING_OR_AT_RISK, harm="The tide comes in and he has no coat.", life_at_risk=True
)
SEVERAL = photo("ada", "several-faces")


@pytest.mark.parametrize(
    ("images", "capture"),
    [
        ([photo("ada")], Capture()),
        ([photo("ada", "dark")], Capture((Component.DARK,))),
        ([photo("ada", "masked", "blurred")], Capture((Component.SHARPNESS, Component.LOWER_FACE))),
        ([photo("ada", "screen")], Capture(recapture=True)),
        ([photo("ada"), photo("ada", "screen")], Capture(recapture=True, agreement=Agreement.CLEAR)),
        ([photo("ada"), photo("ada", "unlike")], Capture(agreement=Agreement.WEAK)),
    ],
)
def test_a_search_keeps_what_was_found_and_is_answered_all_the_same(
    world: World, images: Sequence[bytes], capture: Capture
) -> None:
    ada = world.enrol("ada")
    search = world.search(world.officer(), *images)
    assert search.capture == capture
    assert [candidate.reference_id for candidate in search.candidates] == [ada.id]


@pytest.mark.parametrize(
    ("condition", "length"), [("", POLICY.cap), ("dark", POLICY.cap // 2), ("smeared", 1), ("screen", POLICY.cap)]
)
def test_a_poor_photograph_shortens_the_list_and_never_empties_it(world: World, condition: str, length: int) -> None:
    for member in FAMILY:
        world.enrol(member)
    image = photo("berg-1", condition) if condition else photo("berg-1")
    lenient = replace(world.workflows.identification, policy=replace(POLICY, threshold=0.5))
    search = lenient.search(world.officer(), AT_RISK, [image])
    assert len(search.candidates) == length


def test_a_poor_photograph_of_one_who_is_alone_lengthens_nothing(world: World) -> None:
    world.enrol("ada")
    assert len(world.search(world.officer(), photo("ada", "blurred")).candidates) == 1
    assert world.search(world.officer("3982"), photo("stranger", "blurred")).candidates == ()


def test_a_life_at_risk_lifts_the_gate_and_the_trail_says_so(world: World) -> None:
    ada = world.enrol("ada")
    search = world.search(world.officer(), photo("ada", "smeared"), purpose=AT_RISK)
    assert [candidate.reference_id for candidate in search.candidates] == [ada.id]
    assert search.capture == Capture((Component.SHARPNESS,), overridden=True)
    details = json.loads(world.last(Act.SEARCH_ANSWERED).leaf)["details"]
    assert (details["life_at_risk"], details["faults_overridden"]) == (True, True)


def test_the_named_face_is_searched(world: World) -> None:
    ada = world.enrol("ada")
    named = [NamedFace(1, BOXES[0])]
    search = world.workflows.identification.search(world.officer(), PURPOSE, [photo("ada"), SEVERAL], named)
    assert [candidate.reference_id for candidate in search.candidates] == [ada.id]


def test_the_trail_holds_what_was_found_in_words(world: World) -> None:
    images = [photo("ada", "dark", "screen"), photo("ada", "several-faces", "unlike")]
    ada = world.enrol("ada")
    search = world.workflows.identification.search(world.officer(), PURPOSE, images, [NamedFace(1, BOXES[0])])
    assert json.loads(world.last(Act.SEARCH_ANSWERED).leaf)["details"] == {
        "ground": "refuses",
        "place": "public",
        "alternatives": ["asked-person", "documents"],
        "frames": 2,
        "faces_named": 1,
        "faults": ["dark"],
        "recapture": True,
        "agreement": "weak",
        "life_at_risk": False,
        "faults_overridden": False,
        "references": {"A": ada.id},
        "seed": search.seed,
        "model": search.model,
        "policy": search.policy_version,
    }


def test_a_face_named_where_none_stands_leaves_nothing(world: World) -> None:
    officer = world.officer()
    before = (world.stored(), world.acts())
    with pytest.raises(FaceNotNamed):
        world.workflows.identification.search(officer, PURPOSE, [SEVERAL], [NamedFace(0, Box(900, 900, 50, 50))])
    assert (world.stored(), world.acts()) == before


# --- refusals --------------------------------------------------------------------------------------------------

INCOMPLETE = replace(PURPOSE, necessity="")
REFUSED: list[tuple[str, Purpose, Sequence[bytes], type[OifrError]]] = [
    ("incomplete purpose", INCOMPLETE, [photo("ada")], NecessityMissing),
    ("incomplete purpose before six images", INCOMPLETE, [photo("ada")] * 6, NecessityMissing),
    ("no image", PURPOSE, [], ImageCountInvalid),
    ("six images", PURPOSE, [photo("ada")] * 6, ImageCountInvalid),
    ("no face", PURPOSE, [photo("ada", "no-face")], FaceNotFound),
    ("several faces", PURPOSE, [photo("ada", "several-faces")], SeveralFaces),
    ("two persons", PURPOSE, [photo("ada"), photo("bo")], FramesDisagree),
    ("too poor", PURPOSE, [photo("ada", "smeared")], PoorImage),
    ("no harm stated", replace(AT_RISK, harm=""), [photo("ada")], LifeAtRiskUnfounded),
    ("a life at risk that refuses", replace(AT_RISK, ground=Ground.REFUSES), [photo("ada")], LifeAtRiskUnfounded),
]


@pytest.mark.parametrize(("purpose", "images", "error"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_a_refused_probe_leaves_nothing(
    world: World, purpose: Purpose, images: Sequence[bytes], error: type[OifrError]
) -> None:
    officer = world.officer()
    before = (world.stored(), world.acts())
    with pytest.raises(error):
        world.search(officer, *images, purpose=purpose)
    assert (world.stored(), world.acts()) == before


def test_only_officers_search(world: World) -> None:
    for actor in (world.supervisor(), world.manager()):
        with pytest.raises(RoleMissing):
            world.search(actor, photo("ada"))


def test_an_undecided_search_blocks_its_officer_and_nobody_else(world: World) -> None:
    undecided = world.search(world.officer(), photo("ada"))
    with pytest.raises(UnresolvedSearch) as refused:
        world.search(world.officer(), photo("bo"))
    assert refused.value.search_id == undecided.id
    assert world.search(world.officer("3982"), photo("bo")).undecided


def test_a_decision_unblocks(world: World) -> None:
    world.decided(world.officer(), photo("ada"))
    assert world.search(world.officer(), photo("bo")).undecided


def test_an_overdue_search_expires_at_the_next_act_and_blocks_no_more(world: World) -> None:
    first = world.search(world.officer(), photo("ada"))
    world.run_out()
    world.search(world.officer(), photo("bo"))
    assert world.last(Act.SEARCH_EXPIRED).search_id == first.id


def test_a_vault_that_is_down_stores_nothing(world: World) -> None:
    officer = world.officer()
    before, acts = world.stored(), world.acts()
    world.vault.down = True
    with pytest.raises(CacheUnavailable):
        world.search(officer, photo("ada"))
    assert (world.stored(), world.acts()) == (before, acts)
    world.vault.down = False
    assert world.search(officer, photo("ada")).undecided


def test_an_index_that_is_down_stores_nothing(world: World) -> None:
    officer = world.officer()
    before = world.stored()
    world.gallery.down = True
    with pytest.raises(CacheUnavailable):
        world.search(officer, photo("ada"))
    assert world.stored() == before


def test_a_database_that_is_down_answers_nothing(world: World) -> None:
    officer = world.officer()
    world.database.available = False
    with pytest.raises(DatabaseUnavailable):
        world.search(officer, photo("ada"))
