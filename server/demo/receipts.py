"""What a handheld does with a receipt: prove that the entry stands in the signed trail."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from server.audit.checkpoint import Verifier, verify
from server.audit.encoding import Entry
from server.audit.errors import ProofInvalid
from server.audit.merkle import leaf_hash, verify_inclusion
from server.demo.outcome import CheckedReceipt


def checked(receipt: Mapping[str, Any], verifier: Verifier, kind: str, search: str) -> CheckedReceipt:
    """Raises AuditError unless the receipt proves an entry of `kind` on `search` under a signed checkpoint."""
    checkpoint = verify(receipt["checkpoint"], verifier)
    leaf = receipt["leaf"].encode()
    proof = [bytes.fromhex(node) for node in receipt["proof"]]
    verify_inclusion(leaf_hash(leaf), receipt["index"], checkpoint.size, proof, checkpoint.root)
    entry = Entry.from_leaf(leaf)
    if (entry.index, entry.kind, entry.search) != (receipt["index"], kind, search):
        raise ProofInvalid("the receipt proves another act")
    return CheckedReceipt(entry.index, checkpoint.size, len(proof))
