"""Proofs in a log's tree: that an entry is in it, and that a later tree only grew (RFC 9162 section 2.1)."""

from collections.abc import Iterable, Sequence

from tracehold.core.errors import Rejected
from tracehold.core.ids import Root
from tracehold.core.tree import (
    EMPTY_ROOT,
    CompactRange,
    Node,
    cover,
    leaf_hash,
    node_hash,
    root_of,
    subtree_root,
)

__all__ = [
    "EMPTY_ROOT",
    "CompactRange",
    "Node",
    "consistency_path",
    "cover",
    "inclusion_path",
    "is_subtree",
    "leaf_hash",
    "node_hash",
    "root_from_inclusion",
    "root_of",
    "subtree_consistency_path",
    "subtree_root",
    "verify_consistency",
    "verify_inclusion",
    "verify_subtree_consistency",
]


def inclusion_path(index: int, size: int, node: Node) -> list[bytes]:
    """PATH(index, D[size]) of RFC 9162 section 2.1.3.1, from the
    leaf up. ValueError unless 0 <= index < size.
    """
    if not 0 <= index < size:
        raise ValueError(f"no leaf {index} in a tree of {size}")
    path: list[bytes] = []
    begin, end = 0, size
    while end - begin > 1:
        middle = begin + _split(end - begin)
        left = index < middle
        path.append(subtree_root(*((middle, end) if left else (begin, middle)), node))
        begin, end = (begin, middle) if left else (middle, end)
    return path[::-1]


def consistency_path(size1: int, size2: int, node: Node) -> list[bytes]:
    """PROOF(size1, D[size2]) of RFC 9162 section 2.1.4.1. ValueError unless 0 < size1 <= size2."""
    if not 0 < size1 <= size2:
        raise ValueError(f"no consistency proof from {size1} to {size2}")
    return subtree_consistency_path(0, size1, size2, node)


def subtree_consistency_path(start: int, end: int, size: int, node: Node) -> list[bytes]:
    """That the subtree [start, end) is part of the tree of `size`: as PROOF of RFC 9162 where start is 0, and
    as SUBTREE_PROOF of draft-ietf-plants-merkle-tree-certs for any aligned subtree, such as a segment.
    """
    path: list[bytes] = []
    low, high, whole = 0, size, True
    while start < end and (start, end) != (low, high):
        middle = low + _split(high - low)
        if end <= middle:
            path.append(subtree_root(middle, high, node))
            high = middle
            continue
        path.append(subtree_root(low, middle, node))
        if start < middle:
            start, whole = middle, False
        low = middle
    if not whole:
        path.append(subtree_root(low, high, node))
    return path[::-1]


def is_subtree(start: int, end: int) -> bool:
    """Whether [start, end) is aligned: empty, or beginning at
    a multiple of the power of two that holds it.
    """
    return 0 <= start <= end and start % (1 << max(end - start - 1, 0).bit_length()) == 0


def _split(width: int) -> int:
    """The largest power of two below `width`, which is over 1."""
    return 1 << (width - 1).bit_length() - 1


def root_from_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> Root:
    """The root that this path leads to (RFC 9162 section 2.1.3.2); PROOF_INVALID where its
    length is not the one that (index, size) demand.
    """
    _check_hashes((leaf, *path))
    if not 0 <= index < size:
        raise Rejected("PROOF_INVALID", f"no leaf {index} in a tree of {size}")
    node, at, last = leaf, index, size - 1
    for sibling in path:
        if last == 0:
            raise Rejected("PROOF_INVALID", "the inclusion path is too long")
        if at & 1 or at == last:
            node = node_hash(sibling, node)
            # On the right edge a node without right sibling is its own parent.
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            node = node_hash(node, sibling)
        at, last = at >> 1, last >> 1
    if last:
        raise Rejected("PROOF_INVALID", "the inclusion path is too short")
    return Root(node)


def verify_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> None:
    """Returns if `leaf` (a leaf hash) is number `index` of the
    `size` leaves under `root`, else PROOF_INVALID.
    """
    _expect(root_from_inclusion(leaf, index, size, path), root)


def verify_consistency(size1: int, size2: int, root1: bytes, root2: bytes, proof: Sequence[bytes]) -> None:
    """Returns if the tree (size2, root2) begins with the tree (size1, root1), else PROOF_INVALID.

    RFC 9162 section 2.1.4.2. From the empty tree nothing can be proved, so size 0 is refused.
    """
    if size1 < 1:
        raise Rejected("PROOF_INVALID", "there is no consistency proof from the empty tree")
    verify_subtree_consistency(0, size1, size2, root1, root2, proof)


def verify_subtree_consistency(
    start: int, end: int, size: int, subtree: bytes, root: bytes, proof: Sequence[bytes]
) -> None:
    """Returns if the subtree [start, end) of the tree (size, root) has root `subtree`, else PROOF_INVALID.

    draft-ietf-plants-merkle-tree-certs section 4.4.3, which is RFC 9162 section 2.1.4.2 where start is 0.
    """
    _check_hashes((subtree, *proof) if proof else ())
    if not is_subtree(start, end) or end > size:
        raise Rejected("PROOF_INVALID", f"no subtree [{start}, {end}) in a tree of {size}")
    if start == end:
        if proof:
            raise Rejected("PROOF_INVALID", "the empty subtree needs no proof")
        return _expect(subtree, EMPTY_ROOT)
    old, new = _fold_consistency(start, end - 1, size - 1, subtree, proof)
    _expect(old, subtree)
    return _expect(new, root)


def _fold_consistency(
    first: int, at: int, last: int, subtree: bytes, proof: Sequence[bytes]
) -> tuple[bytes, bytes]:
    """(root of the subtree, root of the tree) that the proof
    leads to; `at` and `last` are the last leaves.
    """
    # Climb to the lowest node that both trees have: the subtree itself, or the last node on its right edge.
    while first != at and (at & 1 or at == last):
        first, at, last = first >> 1, at >> 1, last >> 1
    hashes = [subtree, *proof] if first == at else list(proof)
    if not hashes:
        raise Rejected("PROOF_INVALID", "the consistency proof is empty")
    old = new = hashes[0]
    for sibling in hashes[1:]:
        if last == 0:
            raise Rejected("PROOF_INVALID", "the consistency proof is too long")
        if at & 1 or at == last:
            old = node_hash(sibling, old) if first < at else old
            new = node_hash(sibling, new)
            while not at & 1 and at:
                first, at, last = first >> 1, at >> 1, last >> 1
        else:
            new = node_hash(new, sibling)
        first, at, last = first >> 1, at >> 1, last >> 1
    if last:
        raise Rejected("PROOF_INVALID", "the consistency proof is too short")
    return old, new


def _check_hashes(hashes: Iterable[bytes]) -> None:
    if any(len(entry) != 32 for entry in hashes):
        raise Rejected("PROOF_INVALID", "every hash has 32 bytes")


def _expect(got: bytes, expected: bytes) -> None:
    if got != expected:
        raise Rejected("PROOF_INVALID", f"the proof leads to root {got.hex()}, not to {expected.hex()}")
