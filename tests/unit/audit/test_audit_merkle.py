"""The tree against the vectors of the certificate-transparency reference implementation."""

from itertools import product

import pytest

from server.audit.errors import OutsideTree, ProofInvalid
from server.audit.merkle import (
    EMPTY_ROOT,
    Frontier,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    nodes_completed_by,
    root,
    verify_consistency,
    verify_inclusion,
)

CT_LEAVES = [
    bytes.fromhex(leaf)
    for leaf in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
CT_ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
CT_INCLUSION = {
    (0, 1): [],
    (0, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (5, 8): [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 3): ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"],
    (1, 5): [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}
CT_CONSISTENCY = {
    (1, 1): [],
    (1, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (6, 8): [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 5): [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}


class NodeStore:
    """Holds complete subtrees as a database would, and counts the reads."""

    def __init__(self, leaves: list[bytes]) -> None:
        self.reads = 0
        self._nodes: dict[tuple[int, int], bytes] = {}
        for index, leaf in enumerate(leaves):
            for level, position, node in nodes_completed_by(index, leaf_hash(leaf), self.read):
                assert (level, position) not in self._nodes
                self._nodes[level, position] = node

    def read(self, level: int, position: int) -> bytes:
        self.reads += 1
        return self._nodes[level, position]


def numbered_leaves(count: int) -> list[bytes]:
    return [index.to_bytes(4) for index in range(count)]


def root_by_definition(leaves: list[bytes]) -> bytes:
    """RFC 6962, 2.1, word for word."""
    if not leaves:
        return EMPTY_ROOT
    if len(leaves) == 1:
        return leaf_hash(leaves[0])
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    return node_hash(root_by_definition(leaves[:half]), root_by_definition(leaves[half:]))


def as_hex(hashes: list[bytes]) -> list[str]:
    return [each.hex() for each in hashes]


CT_STORE = NodeStore(CT_LEAVES)
STORE = NodeStore(numbered_leaves(64))
ROOTS = [root_by_definition(numbered_leaves(size)) for size in range(65)]


def test_known_roots() -> None:
    assert as_hex([root(size, CT_STORE.read) for size in range(9)]) == CT_ROOTS


def test_known_inclusion_proofs() -> None:
    for (index, size), proof in CT_INCLUSION.items():
        assert as_hex(inclusion_proof(index, size, CT_STORE.read)) == proof


def test_known_consistency_proofs() -> None:
    for (old, new), proof in CT_CONSISTENCY.items():
        assert as_hex(consistency_proof(old, new, CT_STORE.read)) == proof


def test_roots_follow_the_definition() -> None:
    frontier = Frontier()
    for size in range(65):
        assert root(size, STORE.read) == frontier.root() == ROOTS[size]
        frontier.append(leaf_hash(size.to_bytes(4)))


@pytest.mark.parametrize("size", range(1, 65))
def test_every_entry_is_proven_and_no_other(size: int) -> None:
    for index in range(size):
        proof = inclusion_proof(index, size, STORE.read)
        verify_inclusion(leaf_hash(index.to_bytes(4)), index, size, proof, ROOTS[size])
        for other in range(size):
            if other != index:
                with pytest.raises(ProofInvalid):
                    verify_inclusion(leaf_hash(index.to_bytes(4)), other, size, proof, ROOTS[size])


@pytest.mark.parametrize("size", range(1, 33))
def test_a_spoiled_inclusion_proof_is_refused(size: int) -> None:
    for index in range(size):
        proof = inclusion_proof(index, size, STORE.read)
        for spoiled in spoiled_proofs(proof):
            with pytest.raises(ProofInvalid):
                verify_inclusion(leaf_hash(index.to_bytes(4)), index, size, spoiled, ROOTS[size])
        with pytest.raises(ProofInvalid):
            verify_inclusion(leaf_hash(index.to_bytes(4)), index, size, proof, ROOTS[size - 1])


@pytest.mark.parametrize("new", range(33))
def test_every_pair_of_sizes_is_consistent_and_no_other_root_is(new: int) -> None:
    for old in range(new + 1):
        proof = consistency_proof(old, new, STORE.read)
        verify_consistency(old, new, ROOTS[old], ROOTS[new], proof)
        wrong = leaf_hash(b"another history")
        with pytest.raises(ProofInvalid):
            verify_consistency(old, new, wrong, ROOTS[new], proof)
        if old:
            with pytest.raises(ProofInvalid):
                verify_consistency(old, new, ROOTS[old], wrong, proof)
        for spoiled in spoiled_proofs(proof):
            with pytest.raises(ProofInvalid):
                verify_consistency(old, new, ROOTS[old], ROOTS[new], spoiled)


def spoiled_proofs(proof: list[bytes]) -> list[list[bytes]]:
    return [
        [*proof, bytes(32)],
        *([proof[:-1]] if proof else []),
        *([[*proof[:at], bytes(32), *proof[at + 1 :]] for at in range(len(proof))]),
    ]


def test_what_lies_outside_the_tree_is_refused() -> None:
    for index, size in [(0, 0), (-1, 3), (3, 3)]:
        with pytest.raises(OutsideTree):
            inclusion_proof(index, size, STORE.read)
        with pytest.raises(ProofInvalid):
            verify_inclusion(ROOTS[1], index, size, [], ROOTS[1])
    for old, new in [(-1, 2), (3, 2)]:
        with pytest.raises(OutsideTree):
            consistency_proof(old, new, STORE.read)
        with pytest.raises(ProofInvalid):
            verify_consistency(old, new, ROOTS[2], ROOTS[2], [])
    with pytest.raises(OutsideTree):
        root(-1, STORE.read)


def test_an_empty_consistency_proof_proves_nothing() -> None:
    with pytest.raises(ProofInvalid):
        verify_consistency(3, 5, ROOTS[3], ROOTS[5], [])


def test_reads_grow_with_the_logarithm() -> None:
    store = NodeStore(numbered_leaves(1000))
    for old, new in product(range(1, 1001, 37), range(1, 1001, 41)):
        if old <= new:
            store.reads = 0
            root(new, store.read)
            consistency_proof(old, new, store.read)
            inclusion_proof(old - 1, new, store.read)
            assert store.reads <= 5 * new.bit_length()
