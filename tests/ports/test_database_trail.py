"""What every Database does with the audit trail: the commit takes an event and gives its receipt."""

from __future__ import annotations

from datetime import timedelta

import pytest

from server.audit.checkpoint import verify
from server.audit.encoding import Entry, commitment
from server.audit.export import verify_export
from server.audit.merkle import EMPTY_ROOT, leaf_hash, verify_inclusion
from server.domain.errors import EntryUnknown, RequestInvalid
from server.domain.events import Act, Event
from server.storage.trail_export import export_trail
from server.workflow.storage_ports import Receipt
from tests.fakes.clock import NOON, StoppedClock
from tests.ports.database_kinds import AnyDatabase
from tests.real_databases import SIGNER

ANSWERED = Event(Act.SEARCH_ANSWERED, "officer-1", "search-1", {"candidates": 2, "records": ["r1", "r2"]})
REFUSED = Event(Act.SIGN_IN_REFUSED, None, private={"name": "PC 0404 \N{EM DASH} Zoë"})


def commit(database: AnyDatabase, *events: Event) -> Receipt:
    with database.write() as unit:
        return unit.commit(*events)


def check(receipt: Receipt) -> None:
    """Verify as a handheld does, which knows the receipt and the verifier key only."""
    checkpoint = verify(receipt.checkpoint, SIGNER.verifier)
    assert checkpoint.size == receipt.size
    verify_inclusion(leaf_hash(receipt.leaf), receipt.index, receipt.size, receipt.proof, checkpoint.root)


def test_every_receipt_verifies_from_1_to_40_entries(database: AnyDatabase) -> None:
    for index in range(40):
        receipt = commit(database, ANSWERED)
        assert (receipt.index, receipt.size) == (index, index + 1)
        check(receipt)
    with database.read() as view:
        for index in range(40):
            receipt = view.trail.receipt(index)
            assert (receipt.index, receipt.size, receipt.leaf) == (index, 40, view.trail.entry(index).leaf)
            check(receipt)


def test_one_commit_of_several_events_signs_once_and_answers_for_the_first(database: AnyDatabase) -> None:
    commit(database, REFUSED)
    receipt = commit(database, ANSWERED, REFUSED, REFUSED)
    assert (receipt.index, receipt.size) == (1, 4)
    check(receipt)
    with database.read() as view:
        sizes = [verify(note, SIGNER.verifier).size for note in view.trail.checkpoints()]
        assert sizes == [1, 4]
        assert view.trail.checkpoint() == receipt.checkpoint


def test_an_entry_says_what_the_event_said(database: AnyDatabase) -> None:
    commit(database, ANSWERED, REFUSED)
    with database.read() as view:
        answered, refused = view.trail.stream()
    assert (answered.index, answered.at, answered.act) == (0, NOON, "search-answered")
    assert (answered.actor_id, answered.search_id, answered.private, answered.salt) == (
        "officer-1",
        "search-1",
        None,
        None,
    )
    assert Entry.from_leaf(answered.leaf) == Entry(
        0, NOON, "search-answered", "officer-1", "search-1", {"candidates": 2, "records": ["r1", "r2"]}, None
    )
    assert refused.actor_id is None
    assert refused.private == REFUSED.private
    assert refused.salt is not None
    bound = Entry.from_leaf(refused.leaf)
    assert (bound.actor, bound.commitment) == ("nobody", commitment(refused.salt, REFUSED.private))


def test_time_in_the_trail_never_runs_back(database: AnyDatabase, clock: StoppedClock) -> None:
    commit(database, ANSWERED)
    clock.move(-timedelta(hours=3))
    commit(database, ANSWERED)
    clock.move(timedelta(hours=4))
    commit(database, ANSWERED)
    with database.read() as view:
        assert [entry.at for entry in view.trail.stream()] == [NOON, NOON, NOON + timedelta(hours=1)]


def test_an_empty_trail_has_a_signed_checkpoint(database: AnyDatabase) -> None:
    with database.read() as view:
        checkpoint = verify(view.trail.checkpoint(), SIGNER.verifier)
        assert (checkpoint.size, checkpoint.root) == (0, EMPTY_ROOT)
        assert list(view.trail.checkpoints()) == []
        for index in (-1, 0):
            with pytest.raises(EntryUnknown):
                view.trail.entry(index)
            with pytest.raises(EntryUnknown):
                view.trail.receipt(index)


def test_pages_go_back_from_the_newest(database: AnyDatabase) -> None:
    commit(database, ANSWERED, REFUSED, ANSWERED, REFUSED, ANSWERED)
    with database.read() as view:
        assert [entry.index for entry in view.trail.page(None, 2)] == [4, 3]
        assert [entry.index for entry in view.trail.page(3, 2)] == [2, 1]
        assert [entry.index for entry in view.trail.page(None, 9, act="sign-in-refused")] == [3, 1]
        assert [entry.index for entry in view.trail.page(4, 9, actor_id="officer-1")] == [2, 0]
        assert [entry.index for entry in view.trail.of_search("search-1")] == [0, 2, 4]
        assert view.trail.of_search("search-9") == []


def test_text_that_no_json_can_hold_is_refused_and_undone(database: AnyDatabase) -> None:
    with pytest.raises(RequestInvalid):
        commit(database, Event(Act.REFUSED, None, private={"name": "\ud800"}))
    with database.read() as view:
        assert view.trail.size() == 0


def test_an_export_verifies_without_the_database(database: AnyDatabase) -> None:
    commit(database, REFUSED)
    commit(database, ANSWERED, REFUSED)
    with database.read() as view:
        lines = list(export_trail(view.trail, SIGNER.verifier))
    found = verify_export(lines, SIGNER.verifier.text()).report
    assert (found.problem, found.entries, found.signed_entries, found.checkpoints) == (None, 3, 3, 2)
