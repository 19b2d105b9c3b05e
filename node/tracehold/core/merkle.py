"""The tree of a log: RFC 9162 section 2.1 over SHA-256, without any storage.

A node (level, index) is the root of the 2**level leaves that start at index * 2**level. Where a function
takes `node`, it asks only for nodes whose leaves are all there; ragged right edges are folded here.
"""

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256

from tracehold.core.errors import Rejected
from tracehold.core.ids import Root

Node = Callable[[int, int], bytes]
"""(level, index) -> 32 bytes."""

EMPTY_ROOT = Root(sha256(b"").digest())


def leaf_hash(entry: bytes) -> bytes:
    """SHA-256(0x00 || entry); an entry of our logs is a fingerprint."""
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 || left || right)."""
    return sha256(b"\x01" + left + right).digest()


def root_of(leaf_hashes: Iterable[bytes]) -> Root:
    """The root over these leaf hashes."""
    tree = CompactRange()
    for leaf in leaf_hashes:
        tree.append(leaf)
    return tree.root()


def cover(begin: int, end: int) -> list[tuple[int, int]]:
    """The fewest nodes (level, index), left to right, whose leaves are exactly [begin, end)."""
    nodes = []
    while begin < end:
        level = (end - begin).bit_length() - 1
        if begin:
            level = min(level, (begin & -begin).bit_length() - 1)
        nodes.append((level, begin >> level))
        begin += 1 << level
    return nodes


class CompactRange:
    """The fewest hashes that stand for the leaves [begin, end), and grow by appending.

    Begun at 0 it is the right edge of a tree. A holder gets [0, start of its segment) and continues it.
    """

    def __init__(self, begin: int = 0, end: int = 0, hashes: Sequence[bytes] = ()) -> None:
        """`hashes` are those of `cover(begin, end)`; PROOF_INVALID where their number or length is not."""
        end = max(begin, end)
        if len(hashes) != len(cover(begin, end)) or any(len(entry) != 32 for entry in hashes):
            raise Rejected("PROOF_INVALID", f"no compact range of [{begin}, {end})")
        self.begin = begin
        self.end = end
        self._hashes = list(hashes)

    @classmethod
    def of(cls, begin: int, end: int, node: Node) -> "CompactRange":
        """The compact range of [begin, end) in a tree that is stored."""
        return cls(begin, end, [node(level, index) for level, index in cover(begin, end)])

    @property
    def size(self) -> int:
        """Number of leaves."""
        return self.end - self.begin

    @property
    def hashes(self) -> tuple[bytes, ...]:
        """Those of `cover(begin, end)`."""
        return tuple(self._hashes)

    def copy(self) -> "CompactRange":
        """An independent copy."""
        return CompactRange(self.begin, self.end, self._hashes)

    def append(self, leaf: bytes) -> None:
        """Add one leaf hash at the right."""
        level, node = 0, leaf
        # A left sibling that lies wholly in the range is the last hash; together they are the parent.
        while (left := (self.end >> level) - 1) & 1 == 0 and left << level >= self.begin:
            node = node_hash(self._hashes.pop(), node)
            level += 1
        self._hashes.append(node)
        self.end += 1

    def root(self) -> Root:
        """The root of the tree; only where the range begins at 0."""
        if self.begin:
            raise ValueError("only a range that begins at 0 has a root")
        return _fold(self._hashes)


def subtree_root(begin: int, end: int, node: Node) -> Root:
    """The RFC 9162 root over the leaves [begin, end), where begin is aligned as in a tree."""
    return _fold([node(level, index) for level, index in cover(begin, end)])


def _fold(hashes: Sequence[bytes]) -> Root:
    if not hashes:
        return EMPTY_ROOT
    root = hashes[-1]
    for left in reversed(hashes[:-1]):
        root = node_hash(left, root)
    return Root(root)


def inclusion_path(index: int, size: int, node: Node) -> list[bytes]:
    """PATH(index, D[size]) of RFC 9162 section 2.1.3.1, from the leaf up. ValueError unless 0 <= index <
    size.
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
    path: list[bytes] = []
    begin, end, whole = 0, size2, True
    while size1 < end:
        middle = begin + _split(end - begin)
        left = size1 <= middle
        path.append(subtree_root(*((middle, end) if left else (begin, middle)), node))
        begin, end, whole = (begin, middle, whole) if left else (middle, end, False)
    if not whole:
        path.append(subtree_root(begin, end, node))
    return path[::-1]


def _split(width: int) -> int:
    """The largest power of two below `width`, which is over 1."""
    return 1 << (width - 1).bit_length() - 1


def root_from_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> Root:
    """The root that this path leads to (RFC 9162 section 2.1.3.2); PROOF_INVALID where its length is not
    the one
    that (index, size) demand.
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
    """Returns if `leaf` (a leaf hash) is number `index` of the `size` leaves under `root`, else
    PROOF_INVALID.
    """
    _expect(root_from_inclusion(leaf, index, size, path), root)


def verify_consistency(size1: int, size2: int, root1: bytes, root2: bytes, proof: Sequence[bytes]) -> None:
    """Returns if the tree (size2, root2) begins with the tree (size1, root1), else PROOF_INVALID.

    RFC 9162 section 2.1.4.2. From the empty tree nothing can be proved, so size 0 is refused.
    """
    _check_hashes((root1, root2, *proof))
    if not 0 < size1 <= size2:
        raise Rejected("PROOF_INVALID", f"no consistency proof from {size1} to {size2}")
    if size1 == size2:
        if proof:
            raise Rejected("PROOF_INVALID", "equal sizes need no proof")
        return _expect(root1, root2)
    hashes = [root1, *proof] if size1 & (size1 - 1) == 0 else list(proof)
    old, new = _fold_consistency(size1 - 1, size2 - 1, hashes)
    _expect(old, root1)
    return _expect(new, root2)


def _fold_consistency(at: int, last: int, hashes: Sequence[bytes]) -> tuple[bytes, bytes]:
    if not hashes:
        raise Rejected("PROOF_INVALID", "the consistency proof is empty")
    while at & 1:
        at, last = at >> 1, last >> 1
    old = new = hashes[0]
    for sibling in hashes[1:]:
        if last == 0:
            raise Rejected("PROOF_INVALID", "the consistency proof is too long")
        if at & 1 or at == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            new = node_hash(new, sibling)
        at, last = at >> 1, last >> 1
    if last:
        raise Rejected("PROOF_INVALID", "the consistency proof is too short")
    return old, new


def _check_hashes(hashes: Iterable[bytes]) -> None:
    if any(len(entry) != 32 for entry in hashes):
        raise Rejected("PROOF_INVALID", "every hash has 32 bytes")


def _expect(got: bytes, expected: bytes) -> None:
    if got != expected:
        raise Rejected("PROOF_INVALID", f"the proof leads to root {got.hex()}, not to {expected.hex()}")
