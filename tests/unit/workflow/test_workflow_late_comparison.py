"""Who was enrolled while the index was down is compared when it is back: once, with an entry, and never forgotten."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from server.domain.candidates import Scored
from server.domain.duplicates import Verdict
from server.domain.errors import CacheUnavailable
from server.domain.events import Act
from server.domain.face import Template
from server.domain.gallery import Reference, Source, Status
from server.workflow.late_comparison import AT_ONCE, LateComparison
from tests.fakes.face_engine import photo
from tests.fakes.memory_gallery import MemoryGallery
from tests.world import POLICY, PROVENANCE, World


def late(world: World) -> LateComparison:
    return LateComparison(
        world.database,
        world.database.gallery,
        world.gallery,
        world.engine.model,
        world.clock,
        world.randomness,
        POLICY.threshold,
    )


def enrolled_blindly(world: World, person: str) -> Reference:
    world.gallery.down = True
    reference = world.enrol(person)
    world.gallery.down = False
    return reference


def waiting(world: World) -> int:
    return world.workflows.duplicates.count_uncompared()


def pairs(world: World) -> int:
    return world.workflows.duplicates.count(Verdict.OPEN)


def test_a_pair_that_was_missed_is_found_later_and_recorded(world: World) -> None:
    world.enrol("berg-1")
    missed = enrolled_blindly(world, "berg-2")
    assert b'"compared":false' in world.last(Act.REFERENCE_ENROLLED).leaf
    assert (waiting(world), pairs(world)) == (1, 0)
    assert late(world).catch_up() == 1
    assert (waiting(world), pairs(world)) == (0, 1)
    assert world.acts()[-2:] == [Act.REFERENCE_COMPARED, Act.DUPLICATE_FOUND]
    entry = world.last(Act.REFERENCE_COMPARED)
    assert entry.actor_id is None
    assert missed.id.encode() in entry.leaf
    assert b'"pairs":1' in entry.leaf


def test_two_that_were_both_missed_are_one_pair(world: World) -> None:
    enrolled_blindly(world, "berg-1")
    enrolled_blindly(world, "berg-2")
    assert late(world).catch_up() == 2
    assert (waiting(world), pairs(world)) == (0, 1)


def test_who_looks_like_nobody_is_recorded_as_compared(world: World) -> None:
    enrolled_blindly(world, "ada")
    late(world).catch_up()
    assert pairs(world) == 0
    assert b'"pairs":0' in world.last(Act.REFERENCE_COMPARED).leaf


def test_a_comparison_is_made_once(world: World) -> None:
    enrolled_blindly(world, "ada")
    assert [late(world).catch_up() for _ in range(2)] == [1, 0]
    assert world.acts().count(Act.REFERENCE_COMPARED) == 1


def test_who_was_compared_at_once_does_not_wait(world: World) -> None:
    world.enrol("ada")
    assert waiting(world) == 0
    assert late(world).catch_up() == 0


def test_while_the_index_is_down_they_go_on_waiting(world: World) -> None:
    enrolled_blindly(world, "ada")
    world.gallery.down = True
    with pytest.raises(CacheUnavailable):
        late(world).catch_up()
    assert waiting(world) == 1
    world.gallery.down = False
    assert late(world).catch_up() == 1


def test_who_was_erased_meanwhile_waits_no_more(world: World) -> None:
    ada = enrolled_blindly(world, "ada")
    world.workflows.enrolment.erase_reference(world.manager(), ada.subject_id, ada.id)
    assert waiting(world) == 0
    assert late(world).catch_up() == 0


def test_who_was_withdrawn_is_compared_with_nobody(world: World) -> None:
    ada = enrolled_blindly(world, "ada")
    world.workflows.withdrawal.put(world.manager(), ada.subject_id, ada.id, Status.WITHDRAWN, "Complaint 12")
    assert late(world).catch_up() == 0


def test_more_than_are_looked_at_together_are_all_compared(world: World) -> None:
    ada = world.enrol("ada")
    world.gallery.down = True
    for number in range(AT_ONCE + 3):
        world.workflows.enrolment.enrol(world.manager(), ada.subject_id, PROVENANCE, photo("ada", f"year-{number}"))
    world.gallery.down = False
    assert late(world).catch_up() == AT_ONCE + 3
    assert (waiting(world), pairs(world)) == (0, 0)


class LookedAwayFrom(MemoryGallery):
    """An index to which somebody is enrolled by another process just after it has been searched."""

    def __init__(self, world: World) -> None:
        super().__init__(world.engine.model, world.database.gallery)
        self.meanwhile: Callable[[], object] = lambda: None

    def search(self, template: Template, sources: frozenset[Source], threshold: float, limit: int) -> Sequence[Scored]:
        found = super().search(template, sources, threshold, limit)
        meanwhile, self.meanwhile = self.meanwhile, lambda: None
        meanwhile()
        return found


def test_two_that_are_enrolled_at_the_same_moment_are_compared_later(world: World) -> None:
    world.gallery = index = LookedAwayFrom(world)
    world.workflows = world.compose()
    index.meanwhile = lambda: world.enrol("berg-2")
    world.enrol("berg-1")
    assert (waiting(world), pairs(world)) == (1, 0)
    late(world).catch_up()
    assert (waiting(world), pairs(world)) == (0, 1)
