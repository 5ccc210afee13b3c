"""How far an erasure has come, and the entry that proves its end."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import pytest

from server.domain.errors import EntryUnknown, RoleMissing
from server.domain.events import Act, Event
from server.domain.gallery import Reference, Status
from server.domain.matchers import Matcher, Standing
from server.workflow.storage_ports import Receipt
from tests.fakes.face_engine import photo
from tests.world import World

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def matchers(*versions: int) -> Sequence[Matcher]:
    return [Matcher(f"m{number}", "fake/1", version, 5, NOON) for number, version in enumerate(versions)]


def stand(world: World, *versions: int, stored: Mapping[str, int], whole: bool = True) -> None:
    world.matchers.stands = Standing(stored, matchers(*versions), whole)


def erased(world: World, reference: Reference) -> Receipt:
    return world.workflows.enrolment.erase_reference(world.manager(), reference.subject_id, reference.id)


def completions(world: World) -> list[dict[str, object]]:
    return [json.loads(entry.leaf)["details"] for entry in world.entries() if entry.act == Act.ERASURE_COMPLETED]


def test_an_erasure_is_complete_once_everybody_has_reached_it(world: World) -> None:
    ada = world.enrol("ada")
    receipt = erased(world, ada)
    stand(world, 2, 1, stored={"fake/1": 2})
    erasure = world.workflows.erasures.asked(world.manager(), receipt.index)
    assert (erasure.version, erasure.receipt) == (2, None)
    assert [matcher.id for matcher in erasure.standing.behind(2)] == ["m1"]
    assert completions(world) == []
    stand(world, 2, 2, stored={"fake/1": 2})
    erasure = world.workflows.erasures.asked(world.supervisor(), receipt.index)
    assert erasure.receipt is not None
    assert erasure.receipt.leaf == world.last(Act.ERASURE_COMPLETED).leaf
    [completed] = completions(world)
    assert completed["references"] == [ada.id]
    assert completed["version"] == 2
    assert completed["cache"] == {"fake/1": 2}
    assert completed["matchers"] == [
        {"matcher": name, "model": "fake/1", "version": 2, "at": NOON.isoformat()} for name in ("m0", "m1")
    ]


@pytest.mark.parametrize(
    "standing",
    [
        Standing({"fake/1": 1}, matchers(2)),
        Standing({"fake/1": 2, "other/1": 0}, matchers(2)),
        Standing({"fake/1": 2}, matchers(2), whole=False),
        Standing({}, []),
    ],
    ids=["rows stored before", "another model's rows", "list lost a moment ago", "nobody alive"],
)
def test_it_is_not_complete_while_anything_could_hold_it(world: World, standing: Standing) -> None:
    receipt = erased(world, world.enrol("ada"))
    world.matchers.stands = standing
    assert world.workflows.erasures.look(receipt.index).receipt is None


def test_what_nobody_asks_about_is_recorded_all_the_same_and_once(world: World) -> None:
    references = [world.enrol(name) for name in ("ada", "ben", "cyn")]
    receipts = [erased(world, reference) for reference in references]
    stand(world, 5, stored={})
    world.workflows.erasures.settle()
    stand(world, 6, stored={})
    world.workflows.erasures.settle()
    world.workflows.erasures.settle()
    assert [done["references"] for done in completions(world)] == [
        [reference.id for reference in references[:2]],
        [references[2].id],
    ]
    proofs = [world.workflows.erasures.look(receipt.index).receipt for receipt in receipts]
    assert [proof and json.loads(proof.leaf)["details"]["version"] for proof in proofs] == [5, 5, 6]


def test_a_subject_is_complete_with_its_last_reference(world: World) -> None:
    ada = world.enrol("ada")
    receipt = world.workflows.enrolment.erase_subject(world.manager(), ada.subject_id)
    stand(world, 2, stored={})
    assert world.workflows.erasures.look(receipt.index).receipt is not None


def test_a_withdrawn_reference_goes_the_same_way(world: World) -> None:
    ada = world.enrol("ada")
    receipt = world.put(ada, Status.WITHDRAWN)
    assert world.database.gallery.active([ada.id]) == frozenset()
    assert world.search(world.officer(), photo("ada")).candidates == ()
    stand(world, 2, stored={})
    assert world.workflows.erasures.look(receipt.index).receipt is not None
    assert json.loads(receipt.leaf)["details"]["status"] == Status.WITHDRAWN


def test_an_erasure_from_before_versions_were_noted_waits_for_the_newest_change(world: World) -> None:
    world.enrol("ada")
    with world.database.write() as unit:
        old = unit.commit(Event(Act.REFERENCE_ERASED, None, details={"subject": "s", "reference": "r"}))
    world.enrol("ben")
    stand(world, 1, stored={})
    assert world.workflows.erasures.look(old.index).receipt is None
    stand(world, 2, stored={})
    assert world.workflows.erasures.look(old.index).receipt is not None


def test_only_erasures_are_told_of_and_only_to_who_may_ask(world: World) -> None:
    world.enrol("ada")
    with pytest.raises(EntryUnknown):
        world.workflows.erasures.asked(world.manager(), world.last(Act.REFERENCE_ENROLLED).index)
    with pytest.raises(RoleMissing):
        world.workflows.erasures.asked(world.officer(), 0)
