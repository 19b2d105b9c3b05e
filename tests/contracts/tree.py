"""RFC 9162 sections 2.1.1 and 2.1.3 by recursion over the definition; shares no code with what it judges."""

from hashlib import sha256


def leaf(entry: bytes) -> bytes:
    """Hash of an entry."""
    return sha256(b"\x00" + entry).digest()


def root(leaves: list[bytes]) -> bytes:
    """Merkle tree hash of hashed entries."""
    if len(leaves) == 1:
        return leaves[0]
    split = _split(len(leaves))
    return sha256(b"\x01" + root(leaves[:split]) + root(leaves[split:])).digest()


def path(index: int, leaves: list[bytes]) -> list[bytes]:
    """Inclusion path of one entry, lowest sibling first."""
    if len(leaves) == 1:
        return []
    split = _split(len(leaves))
    if index < split:
        return [*path(index, leaves[:split]), root(leaves[split:])]
    return [*path(index - split, leaves[split:]), root(leaves[:split])]


def _split(size: int) -> int:
    power = 1
    while power * 2 < size:
        power *= 2
    return power


def depth(index: int, size: int) -> int:
    """Siblings in the path of an entry, by the same recursion, for trees too large to hold."""
    if size == 1:
        return 0
    split = _split(size)
    return 1 + (depth(index, split) if index < split else depth(index - split, size - split))


def climb(hashed: bytes, index: int, size: int, siblings: list[bytes]) -> bytes:
    """Root of the tree in which this hashed entry has these siblings, `depth` of them."""
    if size == 1:
        return hashed
    split, (*inner, last) = _split(size), siblings
    if index < split:
        return sha256(b"\x01" + climb(hashed, index, split, inner) + last).digest()
    return sha256(b"\x01" + last + climb(hashed, index - split, size - split, inner)).digest()
