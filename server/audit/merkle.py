"""The Merkle tree of RFC 6962, section 2.1, over nodes that a database can store.

A node is named by its level (leaves are level 0) and its position counted from the left:
node (level, position) covers the leaves position * 2**level up to (position + 1) * 2**level.
Only complete subtrees are stored and read, so a stored node never changes. Every function
here reads O(log n) nodes.
"""

from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import NamedTuple

from server.audit.errors import OutsideTree, ProofInvalid

EMPTY_ROOT = sha256(b"").digest()

ReadNode = Callable[[int, int], bytes]
"""Gives the 32-byte hash of the complete subtree (level, position)."""


class Node(NamedTuple):
    level: int
    position: int
    hash: bytes


def leaf_hash(leaf: bytes) -> bytes:
    """RFC 6962, 2.1: the prefix keeps a leaf from being taken for a node."""
    return sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


class Frontier:
    """The complete subtrees at the right edge of a growing tree: all that appending needs."""

    def __init__(self) -> None:
        self.size = 0
        self._peaks: list[bytes] = []

    def append(self, leaf_hash: bytes) -> None:
        node, subtrees = leaf_hash, self.size
        while subtrees & 1:
            node = node_hash(self._peaks.pop(), node)
            subtrees >>= 1
        self._peaks.append(node)
        self.size += 1

    def root(self) -> bytes:
        return _fold(self._peaks)


def nodes_completed_by(index: int, leaf_hash: bytes, read_node: ReadNode) -> list[Node]:
    """The nodes to store when leaf `index` is appended, its own first, then upwards."""
    completed = [Node(0, index, leaf_hash)]
    while completed[-1].position & 1:
        level, position, right = completed[-1]
        left = read_node(level, position - 1)
        completed.append(Node(level + 1, position >> 1, node_hash(left, right)))
    return completed


def root(size: int, read_node: ReadNode) -> bytes:
    """The root over the first `size` leaves; `EMPTY_ROOT` for none."""
    if size < 0:
        raise OutsideTree("a tree has no negative size")
    return _range_hash(0, size, read_node) if size else EMPTY_ROOT


def inclusion_proof(index: int, size: int, read_node: ReadNode) -> list[bytes]:
    """RFC 6962, 2.1.1: PATH(index, D[0:size]), from the leaf up."""
    if not 0 <= index < size:
        raise OutsideTree("the entry is not in a tree of this size")
    return _path(index, 0, size, read_node)


def consistency_proof(old_size: int, new_size: int, read_node: ReadNode) -> list[bytes]:
    """RFC 6962, 2.1.2: PROOF(old_size, D[0:new_size]); empty when there is nothing to prove."""
    if not 0 <= old_size <= new_size:
        raise OutsideTree("the old tree must not be larger than the new one")
    return _subproof(old_size, 0, new_size, read_node) if old_size else []


def verify_inclusion(leaf_hash: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """RFC 9162, 2.1.3.2. Raises `ProofInvalid` unless the leaf stands at `index` under `root`."""
    if not 0 <= index < size:
        raise ProofInvalid("the entry is not in a tree of this size")
    position, last, node = index, size - 1, leaf_hash
    for sibling in proof:
        if last == 0:
            raise ProofInvalid("the proof is too long")
        if position & 1 or position == last:
            node = node_hash(sibling, node)
            position, last = _climb_to_right_child(position, last)
        else:
            node = node_hash(node, sibling)
        position, last = position >> 1, last >> 1
    if last != 0 or node != root:
        raise ProofInvalid("the proof does not lead to the root")


def verify_consistency(old_size: int, new_size: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> None:
    """RFC 9162, 2.1.4.2. Raises `ProofInvalid` unless the new tree only appends to the old one."""
    if not 0 <= old_size <= new_size:
        raise ProofInvalid("the old tree must not be larger than the new one")
    if old_size in {0, new_size}:
        _verify_trivial_consistency(old_size, new_size, old_root, new_root, proof)
        return
    is_power_of_two = old_size & (old_size - 1) == 0
    path = [old_root, *proof] if is_power_of_two else list(proof)
    if not path:
        raise ProofInvalid("the proof is empty")
    if _replay(old_size, new_size, path) != (old_root, new_root):
        raise ProofInvalid("the proof does not lead to both roots")


def _verify_trivial_consistency(
    old_size: int, new_size: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]
) -> None:
    if proof:
        raise ProofInvalid("the proof should be empty")
    if old_size == 0 and old_root != EMPTY_ROOT:
        raise ProofInvalid("the old root is not that of an empty tree")
    if old_size == new_size and old_root != new_root:
        raise ProofInvalid("two roots for one size")


def _replay(old_size: int, new_size: int, path: Sequence[bytes]) -> tuple[bytes, bytes]:
    """The roots of the old and of the new tree that the path leads to."""
    position, last = old_size - 1, new_size - 1
    while position & 1:
        position, last = position >> 1, last >> 1
    old = new = path[0]
    for sibling in path[1:]:
        if last == 0:
            raise ProofInvalid("the proof is too long")
        if position & 1 or position == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            position, last = _climb_to_right_child(position, last)
        else:
            new = node_hash(new, sibling)
        position, last = position >> 1, last >> 1
    if last != 0:
        raise ProofInvalid("the proof is too short")
    return old, new


def _climb_to_right_child(position: int, last: int) -> tuple[int, int]:
    """Skip the levels where a node at the right edge has no sibling."""
    while position and not position & 1:
        position, last = position >> 1, last >> 1
    return position, last


def _path(index: int, start: int, end: int, read_node: ReadNode) -> list[bytes]:
    if end - start == 1:
        return []
    middle = _split(start, end)
    if index < middle:
        return [*_path(index, start, middle, read_node), _range_hash(middle, end, read_node)]
    return [*_path(index, middle, end, read_node), _range_hash(start, middle, read_node)]


def _subproof(old_size: int, start: int, end: int, read_node: ReadNode) -> list[bytes]:
    if old_size == end:
        # The verifier knows the old root, so a subtree that is the whole old tree is left out.
        return [] if start == 0 else [_range_hash(start, end, read_node)]
    middle = _split(start, end)
    if old_size <= middle:
        return [*_subproof(old_size, start, middle, read_node), _range_hash(middle, end, read_node)]
    return [*_subproof(old_size, middle, end, read_node), _range_hash(start, middle, read_node)]


def _range_hash(start: int, end: int, read_node: ReadNode) -> bytes:
    """MTH(D[start:end]) for a range that the RFC's splitting reaches."""
    peaks = []
    while start < end:
        level = (end - start).bit_length() - 1
        peaks.append(read_node(level, start >> level))
        start += 1 << level
    return _fold(peaks)


def _fold(peaks: Sequence[bytes]) -> bytes:
    """Join complete subtrees, given from left to right, into one root."""
    if not peaks:
        return EMPTY_ROOT
    *rest, node = peaks
    for peak in reversed(rest):
        node = node_hash(peak, node)
    return node


def _split(start: int, end: int) -> int:
    """Where RFC 6962 cuts D[start:end]: after the largest power of two below its length."""
    return start + (1 << (end - start - 1).bit_length() - 1)
