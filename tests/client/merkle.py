"""Receipts by the recursive definitions of RFC 6962, section 2.1: slow, and independent of the handheld's check."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from hashlib import sha256
from typing import Any


def receipt_of(leaves: Sequence[bytes], index: int) -> dict[str, Any]:
    """The receipt of one entry, in the form of the wire; its signature line signs nothing."""
    root = b64encode(tree_hash(leaves)).decode()
    note = f"oifr.example\n{len(leaves)}\n{root}\n\n\u2014 oifr.example c2lnbmF0dXJlIG5vdCBjaGVja2VkIGhlcmU=\n"
    proof = [sibling.hex() for sibling in audit_path(index, leaves)]
    return {"index": index, "leaf": leaves[index].decode(), "size": len(leaves), "proof": proof, "checkpoint": note}


def tree_hash(leaves: Sequence[bytes]) -> bytes:
    if len(leaves) == 1:
        return sha256(b"\x00" + leaves[0]).digest()
    split = _split(len(leaves))
    return sha256(b"\x01" + tree_hash(leaves[:split]) + tree_hash(leaves[split:])).digest()


def audit_path(index: int, leaves: Sequence[bytes]) -> list[bytes]:
    if len(leaves) == 1:
        return []
    split = _split(len(leaves))
    if index < split:
        return [*audit_path(index, leaves[:split]), tree_hash(leaves[split:])]
    return [*audit_path(index - split, leaves[split:]), tree_hash(leaves[:split])]


def _split(size: int) -> int:
    """The largest power of two below `size`."""
    return 1 << (size - 1).bit_length() - 1
