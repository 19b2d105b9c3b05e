"""A path in an Ethereum Merkle-Patricia trie, from its root to one value (Yellow Paper, appendix D)."""

from collections.abc import Iterator, Sequence

from Crypto.Hash import keccak

from tracehold.core.errors import Rejected
from tracehold.core.rlp import Item, decode_rlp

_MAX_ITEMS = 512  # in a node: 16 children that are short enough to stand in it, each of a few items
_LEAF, _ODD = 2, 1


def keccak256(data: bytes) -> bytes:
    """Keccak-256, the hash of Ethereum (not SHA3-256)."""
    return keccak.new(data=data, digest_bits=256).digest()


def value_at(root: bytes, key: bytes, path: Sequence[bytes]) -> bytes:
    """The value under `key` in the trie with this root; `path` is the RLP of its nodes from the root down.

    Raises PROOF_INVALID where the path does not lead there or holds more than it
    needs, MALFORMED_PROOF for bad RLP.
    """
    nodes = iter(path)
    node = _next(nodes, root)
    nibbles = key.hex()
    while True:
        prefix, target, final = _step(node, nibbles)
        if not nibbles.startswith(prefix):
            raise _false("the path leads to another key")
        nibbles = nibbles[len(prefix) :]
        if final:
            break
        node = target if isinstance(target, list) else _next(nodes, target)
    if nibbles or not isinstance(target, bytes) or not target:
        raise _false("there is no value under this key")
    if next(nodes, None) is not None:
        raise _false("the path goes on past the value")
    return target


def _step(node: Item, nibbles: str) -> tuple[str, Item, bool]:
    """(nibbles that this node takes, where it leads, whether that is the value)."""
    if not isinstance(node, list):
        raise _false("a trie node is a list")
    if len(node) == 17:
        return (nibbles[0], node[int(nibbles[0], 16)], False) if nibbles else ("", node[16], True)
    if len(node) != 2 or not isinstance(node[0], bytes) or not node[0]:
        raise _false("a trie node has 17 items, or 2")
    flags, packed = int(node[0].hex()[0], 16), node[0].hex()
    if flags > _LEAF + _ODD or (not flags & _ODD and packed[1] != "0"):
        raise _false("the prefix of a trie node is malformed")
    return packed[1:] if flags & _ODD else packed[2:], node[1], bool(flags & _LEAF)


def _next(nodes: Iterator[bytes], reference: bytes) -> Item:
    encoded = next(nodes, None)
    if encoded is None:
        raise _false("the path ends early")
    if keccak256(encoded) != reference:
        raise _false(f"a node hashes to {keccak256(encoded).hex()}, not to {reference.hex()}")
    return decode_rlp(encoded, _MAX_ITEMS)


def _false(message: str) -> Rejected:
    return Rejected("PROOF_INVALID", message, path="receipt_path")
