"""The handheld's own proof check against trees built by the recursive definition."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobile_client.core.receipts import ReceiptInvalid, hash_leaf, prove, read_checkpoint, root_over
from mobile_client.core.wire import Receipt
from tests.client.merkle import audit_path, receipt_of, tree_hash

SEARCH = "f3a1" * 8
LEAF = {"v": 1, "at": "2026-11-23T02:14:00.000000Z", "kind": "decision-recorded", "search": SEARCH}


def leaf_at(index: int, **changes: object) -> bytes:
    return json.dumps({**LEAF, "index": index, **changes}).encode()


def receipt(index: int = 5, size: int = 11, **changes: object) -> Receipt:
    leaves = [f"entry {number}".encode() for number in range(size)]
    leaves[index] = leaf_at(index, **changes)
    return Receipt.parse(receipt_of(leaves, index))


@given(st.integers(1, 70).flatmap(lambda size: st.tuples(st.just(size), st.integers(0, size - 1))))
def test_every_path_leads_to_the_root(shape: tuple[int, int]) -> None:
    size, index = shape
    leaves = [bytes([number]) for number in range(size)]
    path = tuple(audit_path(index, leaves))
    assert root_over(hash_leaf(leaves[index]), index, size, path) == tree_hash(leaves)


@given(st.integers(0, 10).flatmap(lambda index: st.tuples(st.just(index), st.integers(0, 3), st.integers(0, 255))))
def test_a_changed_path_never_leads_to_the_root(change: tuple[int, int, int]) -> None:
    index, step, bit = change
    good = receipt(index)
    step %= len(good.proof)
    number = int.from_bytes(good.proof[step], "big") ^ (1 << bit)
    proof = (*good.proof[:step], number.to_bytes(32, "big"), *good.proof[step + 1 :])
    with pytest.raises(ReceiptInvalid):
        prove(replace(good, proof=proof), SEARCH)


def test_a_good_receipt_says_where_the_entry_stands() -> None:
    proof = prove(receipt(5, 11), SEARCH)
    assert (proof.index, proof.size) == (5, 11)
    assert proof.at == datetime(2026, 11, 23, 2, 14, tzinfo=UTC)


@pytest.mark.parametrize(
    "bad",
    [
        replace(receipt(), index=6),
        replace(receipt(), size=12),
        replace(receipt(), index=11),
        replace(receipt(), proof=receipt().proof[:-1]),
        replace(receipt(), proof=(*receipt().proof, bytes(32))),
        replace(receipt(), proof=()),
        replace(receipt(), leaf=leaf_at(5).decode() + " "),
        replace(receipt(), leaf="not JSON"),
        replace(receipt(), leaf="[]"),
        replace(receipt(), checkpoint=""),
        replace(receipt(), checkpoint="oifr.example\n11\nAAAA\n\n\u2014 oifr.example AAAA\n"),
        replace(receipt(), checkpoint=receipt().checkpoint.partition("\n\n")[0]),
        replace(receipt(), checkpoint=receipt(4, 11).checkpoint),
        receipt(search="0" * 32),
        receipt(kind="search-answered"),
        receipt(at="some time"),
        Receipt.parse(receipt_of([leaf_at(7)] * 11, 5)),
    ],
)
def test_a_bad_receipt_proves_nothing(bad: Receipt) -> None:
    with pytest.raises(ReceiptInvalid):
        prove(bad, SEARCH)


@pytest.mark.parametrize("size", ["-1", "1.0", "\u0661", "", "eleven"])
def test_a_tree_size_is_plain_digits(size: str) -> None:
    with pytest.raises(ReceiptInvalid):
        read_checkpoint(f"oifr.example\n{size}\n{'A' * 43}=\n\n\u2014 oifr.example AAAA\n")
