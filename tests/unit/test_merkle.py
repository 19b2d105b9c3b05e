"""The tree and its proofs, against the published vectors and against a plain definition of our own."""

from functools import cache
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracehold.core import merkle
from tracehold.core.errors import Rejected

LEAVES = [merkle.leaf_hash(bytes([n % 256, n // 256])) for n in range(600)]


@cache
def node(level, index):
    """A node of the test tree, straight from its definition."""
    if level == 0:
        return LEAVES[index]
    return merkle.node_hash(node(level - 1, 2 * index), node(level - 1, 2 * index + 1))


@cache
def root(begin, end):
    """MTH of RFC 9162 section 2.1.1, as it is written there."""
    if end - begin < 2:
        return LEAVES[begin] if end > begin else merkle.EMPTY_ROOT
    middle = begin + 2 ** max(k for k in range(20) if 2**k < end - begin)
    return merkle.node_hash(root(begin, middle), root(middle, end))


sizes = st.integers(1, 600)


def flip(entry, bit):
    """The hash with one bit changed."""
    return bytes([entry[0] ^ 1 << bit]) + entry[1:]


# -- the tree


@given(st.integers(0, 600))
def test_roots_follow_the_definition(size):
    """Appending one by one, folding stored nodes and the RFC's recursion agree."""
    assert merkle.root_of(LEAVES[:size]) == merkle.subtree_root(0, size, node) == root(0, size)


@given(st.integers(0, 600), st.integers(0, 600))
def test_cover_is_exact_and_smallest(one, other):
    """The nodes join without gap, and no two of them could be one."""
    begin, end = sorted((one, other))
    nodes = merkle.cover(begin, end)
    spans = [(index << level, (index + 1) << level) for level, index in nodes]
    edges = [begin, *(edge for span in spans for edge in span), end]
    assert edges[::2] == edges[1::2]
    for left, right in pairwise(nodes):
        assert not (left[0] == right[0] and left[1] % 2 == 0 and right[1] == left[1] + 1)


@given(st.integers(0, 300), st.integers(0, 300))
def test_compact_ranges_grow_as_they_are_loaded(begin, more):
    """A range that grew by appending is the range of the stored tree, wherever it begins."""
    grown = merkle.CompactRange(begin, begin)
    for leaf in LEAVES[begin : begin + more]:
        grown.append(leaf)
    loaded = merkle.CompactRange.of(begin, begin + more, node)
    assert (grown.hashes, grown.begin, grown.end, grown.size) == (loaded.hashes, begin, begin + more, more)


@given(st.integers(0, 300), st.integers(0, 300))
def test_a_holder_continues_the_creators_range(start, more):
    """From the hashes at a segment's start and the entries after it, the same root."""
    edge = merkle.CompactRange.of(0, start, node)
    copy = edge.copy()
    for leaf in LEAVES[start : start + more]:
        edge.append(leaf)
    assert edge.root() == root(0, start + more)
    assert copy.root() == root(0, start)


@pytest.mark.parametrize(
    ("end", "hashes"), [(1, []), (0, [bytes(32)]), (3, [bytes(32)]), (2, [bytes(31)]), (7, [bytes(32)] * 4)]
)
def test_compact_ranges_of_other_shapes_are_refused(end, hashes):
    """A range has the hashes of its cover, no more and no fewer."""
    with pytest.raises(Rejected, match="PROOF_INVALID"):
        merkle.CompactRange(0, end, hashes)


def test_a_range_from_the_middle_has_no_root():
    """It would be the root of another tree."""
    with pytest.raises(ValueError, match="begins at 0"):
        merkle.CompactRange.of(2, 4, node).root()


# -- inclusion


@given(sizes, st.data())
def test_inclusion(size, data):
    """Every path leads to the root."""
    index = data.draw(st.integers(0, size - 1))
    path = merkle.inclusion_path(index, size, node)
    merkle.verify_inclusion(LEAVES[index], index, size, path, root(0, size))


@given(sizes, st.data())
def test_false_inclusion_is_refused(size, data):
    """Another leaf, root, order or length of path does not pass, nor another index where size is fixed."""
    index = data.draw(st.integers(0, size - 1))
    path, top, leaf = merkle.inclusion_path(index, size, node), root(0, size), LEAVES[index]
    bit = data.draw(st.integers(0, 7))
    false = [
        (flip(leaf, bit), index, path, top),
        (leaf, index, path, flip(top, bit)),
        (leaf, index, [*path, bytes(32)], top),
        (leaf, index, [bytes(32), *path], top),
        (leaf, size, path, top),
        (leaf, -1, path, top),
        *((leaf, other, path, top) for other in {index ^ 1, index + 1, 0, size - 1} - {index}),
        *((leaf, index, [*path[:at], flip(path[at], bit), *path[at + 1 :]], top) for at in range(len(path))),
        *((leaf, index, [*path[:at], *path[at + 1 :]], top) for at in range(len(path))),
        *((leaf, index, [*path[:at], path[at] + b"\0", *path[at + 1 :]], top) for at in range(len(path))),
    ]
    for claim_leaf, claim_index, claim_path, claim_root in false:
        with pytest.raises(Rejected, match="PROOF_INVALID"):
            merkle.verify_inclusion(claim_leaf, claim_index, size, claim_path, claim_root)


def test_size_is_not_in_the_root():
    """Why receipts sign the size: one path of leaf 4 of 5 fits five other (size, index) pairs as well."""
    path = merkle.inclusion_path(4, 5, node)
    others = [(2, 1), (3, 2), (9, 8), (17, 16), (33, 32)]
    for size, index in others:
        merkle.verify_inclusion(LEAVES[4], index, size, path, root(0, 5))


@pytest.mark.parametrize(("index", "size"), [(0, 0), (5, 5), (-1, 5)])
def test_there_is_no_path_outside_of_the_tree(index, size):
    """Asking for one is a programming error."""
    with pytest.raises(ValueError, match="no leaf"):
        merkle.inclusion_path(index, size, node)


# -- consistency


@given(sizes, sizes)
def test_consistency(one, other):
    """Every tree begins with every earlier one."""
    old, new = sorted((one, other))
    proof = merkle.consistency_path(old, new, node)
    merkle.verify_consistency(old, new, root(0, old), root(0, new), proof)


@given(sizes, sizes, st.integers(0, 7))
def test_false_consistency_is_refused(one, other, bit):
    """Another root, size, order or length of proof does not pass: a log that forgot or changed is caught."""
    old, new = sorted((one, other))
    proof, first, last = merkle.consistency_path(old, new, node), root(0, old), root(0, new)
    false = [
        (old, new, flip(first, bit), last, proof),
        (old, new, first, flip(last, bit), proof),
        (old, new, first, last, [*proof, bytes(32)]),
        (new + 1, new, first, last, proof),
        (0, new, merkle.EMPTY_ROOT, last, []),
        *((old, new, first, last, [*proof[:at], *proof[at + 1 :]]) for at in range(len(proof))),
        *(
            (old, new, first, last, [*proof[:at], flip(proof[at], bit), *proof[at + 1 :]])
            for at in range(len(proof))
        ),
        *((old, new, first, last, [*proof[:at], b"", *proof[at + 1 :]]) for at in range(len(proof))),
    ]
    for claim in false:
        with pytest.raises(Rejected, match="PROOF_INVALID"):
            merkle.verify_consistency(*claim)


@pytest.mark.parametrize(("old", "new"), [(0, 0), (0, 5), (6, 5), (-1, 5)])
def test_there_is_no_consistency_from_nothing(old, new):
    """From the empty tree everything grows, so nothing is proved (three published vectors agree)."""
    with pytest.raises(ValueError, match="no consistency proof"):
        merkle.consistency_path(old, new, node)


@given(st.integers(0, 5), st.integers(0, 60), st.integers(1, 600))
def test_segments_are_part_of_the_tree(height, number, size):
    """An aligned subtree is consistent with every tree that holds it, and no other root is."""
    start, end = number << height, min((number + 1) << height, size)
    if start >= end:
        return
    proof = merkle.subtree_consistency_path(start, end, size, node)
    merkle.verify_subtree_consistency(start, end, size, root(start, end), root(0, size), proof)
    with pytest.raises(Rejected, match="PROOF_INVALID"):
        merkle.verify_subtree_consistency(start, end, size, bytes(32), root(0, size), proof)
