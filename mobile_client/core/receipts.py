"""Does a receipt prove that the decision stands in the trail?

The proof is RFC 6962, section 2.1.1, checked as RFC 9162, section 2.1.3.2 describes. The checkpoint is read as a
C2SP signed note. Its signature is not checked here: that needs the server's public key on the handheld, which comes
with the handheld's enrolment. A proof therefore says that the entry stands in the tree the server showed.
"""

from __future__ import annotations

import binascii
import json
from base64 import b64decode
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from mobile_client.core.reading import WireInvalid, fields_of, moment
from mobile_client.core.wire import Receipt

_HASH_SIZE = 32


class ReceiptInvalid(Exception):
    """The receipt proves nothing about this search; the text says which part fails."""


@dataclass(frozen=True)
class Checkpoint:
    """The head of the tree: how many entries, and the hash over all of them."""

    origin: str
    size: int
    root: bytes


@dataclass(frozen=True)
class Proof:
    """What the officer may rely on: entry `index` of `size` is this search's decision of `at`, under `root`."""

    index: int
    size: int
    at: datetime
    entry: bytes
    root: bytes


def prove(receipt: Receipt, search: str) -> Proof:
    """Check the receipt of the decision on `search`; raises ReceiptInvalid."""
    checkpoint = read_checkpoint(receipt.checkpoint)
    if checkpoint.size != receipt.size:
        raise ReceiptInvalid("the checkpoint is of another tree size")
    at = _time_of_decision(receipt, search)
    entry = hash_leaf(receipt.leaf.encode())
    if root_over(entry, receipt.index, receipt.size, receipt.proof) != checkpoint.root:
        raise ReceiptInvalid("the proof does not lead to the checkpoint")
    return Proof(receipt.index, receipt.size, at, entry, checkpoint.root)


def read_checkpoint(note: str) -> Checkpoint:
    """Origin, tree size and root of a signed note; raises ReceiptInvalid."""
    body, blank, signatures = note.partition("\n\n")
    lines = body.split("\n")
    if not blank or not signatures.startswith("\u2014 ") or len(lines) < 3:
        raise ReceiptInvalid("the checkpoint is not a signed note")
    origin, size, root = lines[:3]
    if not size.isascii() or not size.isdecimal():
        raise ReceiptInvalid("the checkpoint has no tree size")
    return Checkpoint(origin, int(size), _root(root))


def hash_leaf(leaf: bytes) -> bytes:
    return sha256(b"\x00" + leaf).digest()


def hash_node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


def root_over(entry: bytes, index: int, size: int, proof: tuple[bytes, ...]) -> bytes:
    """The root that `proof` leads to from leaf hash `entry`; raises ReceiptInvalid when its length is wrong."""
    if not 0 <= index < size:
        raise ReceiptInvalid("the entry lies outside the tree")
    position, last, root = index, size - 1, entry
    for sibling in proof:
        if last == 0:
            raise ReceiptInvalid("the proof is too long")
        if position % 2 or position == last:
            root = hash_node(sibling, root)
            while position % 2 == 0 and position:
                position, last = position // 2, last // 2
        else:
            root = hash_node(root, sibling)
        position, last = position // 2, last // 2
    if last:
        raise ReceiptInvalid("the proof is too short")
    return root


def _root(encoded: str) -> bytes:
    try:
        root = b64decode(encoded, validate=True)
    except binascii.Error:
        root = b""
    if len(root) != _HASH_SIZE:
        raise ReceiptInvalid("the checkpoint has no root")
    return root


def _time_of_decision(receipt: Receipt, search: str) -> datetime:
    try:
        entry = fields_of(json.loads(receipt.leaf), "entry")
        at = moment(entry, "at")
    except (ValueError, WireInvalid):
        raise ReceiptInvalid("the entry cannot be read") from None
    expected = {"index": receipt.index, "kind": "decision-recorded", "search": search}
    if any(entry.get(name) != value for name, value in expected.items()):
        raise ReceiptInvalid("the entry is not the decision on this search")
    return at
