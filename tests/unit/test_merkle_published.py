"""The published proofs of other logs, good and bad, and the hashes over all proofs of small trees."""

import json
from base64 import b64decode
from functools import cache
from hashlib import sha256

import pytest

from tests.shared_data import shared
from tracehold.core import merkle
from tracehold.core.errors import Rejected

VECTORS = "tlog/transparency-dev-merkle"


def cases(folder):
    """(path, case, proof) of every published case in a folder."""
    for path in sorted(shared(f"{VECTORS}/testdata/{folder}").rglob("*.json")):
        case = json.loads(path.read_bytes())
        yield path, case, [b64decode(entry) for entry in case["proof"] or []]


def verdict(verify, *claim):
    """Whether a claim is taken."""
    try:
        verify(*claim)
    except Rejected:
        return False
    return True


def inclusion_claim(case, proof):
    """Arguments of `verify_inclusion`."""
    return (
        b64decode(case["leafHash"]),
        case["leafIdx"],
        case["treeSize"],
        proof,
        b64decode(case["root"] or ""),
    )


def subtree_inclusion(case, proof):
    """Inclusion in a subtree is inclusion in a tree of its width."""
    start, end, index = case["start"], case["end"], case["leafIdx"]
    if not merkle.is_subtree(start, end) or not start <= index < end:
        raise Rejected("PROOF_INVALID", "no such subtree")
    leaf, top = b64decode(case["leafHash"]), b64decode(case["root"] or "")
    merkle.verify_inclusion(leaf, index - start, end - start, proof, top)


def consistency_claim(case, proof):
    """Arguments of `verify_consistency`."""
    roots = b64decode(case["root1"] or ""), b64decode(case["root2"] or "")
    return case["size1"], case["size2"], *roots, proof


def subtree_consistency_claim(case, proof):
    """Arguments of `verify_subtree_consistency`."""
    roots = b64decode(case["root1"] or ""), b64decode(case["root2"] or "")
    return case["start"], case["end"], case["size"], *roots, proof


@pytest.mark.parametrize(
    ("folder", "count", "verify", "claim"),
    [
        ("inclusion", 98, merkle.verify_inclusion, inclusion_claim),
        ("consistency", 98, merkle.verify_consistency, consistency_claim),
        ("subtreeinclusion", 204, subtree_inclusion, lambda case, proof: (case, proof)),
        ("subtreeconsistency", 118, merkle.verify_subtree_consistency, subtree_consistency_claim),
    ],
)
def test_published_proofs(folder, count, verify, claim):
    """All cases of transparency-dev/merkle, good and bad, with their verdicts."""
    seen = 0
    for path, case, proof in cases(folder):
        assert verdict(verify, *claim(case, proof)) is not case["wantErr"], path
        seen += 1
    assert seen == count


def test_published_constants():
    """Roots and nodes of the eight leaves of RFC 6962's reference tree."""
    constants = json.loads(shared(f"{VECTORS}/rfc6962-constants.json").read_bytes())
    leaves = [merkle.leaf_hash(bytes.fromhex(entry)) for entry in constants["leaf_inputs"]]
    for size, expected in enumerate(constants["root_hashes_by_size"]):
        assert merkle.root_of(leaves[:size]).hex() == expected
    row = leaves
    for expected in constants["node_hashes_by_level"]:
        assert [entry.hex() for entry in row] == expected
        row = [merkle.node_hash(row[at], row[at + 1]) for at in range(0, len(row) - 1, 2)]


@cache
def small(level, index):
    """A node of the tree whose leaves are the single bytes 0 to 129."""
    if level == 0:
        return merkle.leaf_hash(bytes([index]))
    return merkle.node_hash(small(level - 1, 2 * index), small(level - 1, 2 * index + 1))


def subtrees(size):
    """(start, end) of every aligned subtree of a tree, in the order of the draft."""
    for end in range(size + 1):
        for start in range(end + 1):
            if merkle.is_subtree(start, end):
                yield start, end


def accumulated(name, lines):
    """Compares the hash over all lines with the published one (draft-ietf-plants-merkle-tree-certs)."""
    constants = json.loads(shared(f"{VECTORS}/rfc6962-constants.json").read_bytes())
    assert sha256("".join(lines).encode()).hexdigest() == constants["accumulated"][name]["sha256"]


def test_all_subtree_roots_up_to_130():
    """One hash over every aligned subtree."""
    accumulated(
        "subtree_hash",
        (f"[{a}, {b}) {merkle.subtree_root(a, b, small).hex()}\n" for a, b in subtrees(130)),
    )


def test_all_inclusion_proofs_up_to_130():
    """One hash over every inclusion proof of every aligned subtree."""

    def lines():
        for start, end in subtrees(130):
            within = lambda level, index, start=start: small(level, index + (start >> level))  # noqa: E731
            for index in range(start, end):
                path = merkle.inclusion_path(index - start, end - start, within)
                yield " ".join([f"{index} [{start}, {end})", *(entry.hex() for entry in path)]) + "\n"

    accumulated("subtree_inclusion_proof", lines())


def test_all_consistency_proofs_up_to_130():
    """One hash over every consistency proof of every aligned subtree with every tree."""

    def lines():
        for size in range(131):
            for start, end in subtrees(size):
                proof = merkle.subtree_consistency_path(start, end, size, small)
                yield " ".join([f"[{start}, {end}) {size}", *(entry.hex() for entry in proof)]) + "\n"

    accumulated("subtree_consistency_proof", lines())
