"""The hashes of a log's tree: RFC 9162 section 2.1 over SHA-256, without any storage.

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
