"""Proof of an anchor without a chain: from the `Anchored` event over its receipt and the receipts trie to a
block header, and from there by parent hashes to a later header that somebody trusts (protocol section 2).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from tracehold.core.anchor import Anchor, AnchorProof
from tracehold.core.errors import Rejected
from tracehold.core.ids import Root
from tracehold.core.rlp import Item, decode_rlp, encode_number
from tracehold.core.trie import keccak256, value_at

ANCHORED_TOPIC = keccak256(b"Anchored(uint32,uint64,uint64,bytes32,uint32[])")
"""Topic 0 of `event Anchored(uint32 indexed node, uint64 prevSize,
uint64 size, bytes32 root, uint32[] ackers)`.
"""

_WORD = 32
_HEADER_FIELDS = 15
_MAX_HEADER_ITEMS = 64  # the forks so far have brought it to 21 fields
_SUCCESS = b"\x01"


@dataclass(frozen=True, slots=True)
class AnchoredEvent:
    """What the contract said: node number, sizes before and after, root, and the nodes that acknowledged."""

    node: int
    prev_size: int
    size: int
    root: Root
    ackers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class BlockHeader:
    """The fields of a block header that a proof needs; `time` in seconds since 1970."""

    hash: bytes
    parent: bytes
    receipts_root: bytes
    number: int
    time: int


@dataclass(frozen=True, slots=True)
class Proved:
    """An event that was shown to be in a block, and the hashes of that block and those built on it."""

    event: AnchoredEvent
    block_hashes: tuple[bytes, ...]


def prove(anchor: Anchor, proof: AnchorProof) -> Proved:
    """The event that `proof` shows, in the block that `anchor` names and with what `anchor` says.

    Raises PROOF_INVALID or MALFORMED_PROOF. Whether the block is of a chain that matters is not looked at.
    """
    headers = [parse_header(raw) for raw in proof.headers]
    _check_chain(headers)
    first = headers[0]
    said = (anchor.block_number, anchor.block_time, anchor.block_hash.hex())
    if (first.number, first.time, first.hash.hex()) != said:
        raise _false(f"the first header is {(first.number, first.time, first.hash.hex())}, not {said}")
    receipt = value_at(first.receipts_root, encode_number(proof.tx_index), proof.receipt_path)
    event = find_event(receipt, anchor)
    _check_acks(event, proof)
    return Proved(event, tuple(header.hash for header in headers))


def check_event(event: AnchoredEvent, anchor: Anchor) -> None:
    """Returns if the event says what the anchor says, otherwise PROOF_INVALID."""
    got = (event.node, event.prev_size, event.size, event.root.hex())
    expected = (anchor.node, anchor.prev_size, anchor.size, anchor.root.hex())
    if got != expected:
        raise _false(f"the event says {got}, the anchor {expected} (node, previous size, size, root)")


def find_event(receipt: bytes, anchor: Anchor) -> AnchoredEvent:
    """The event of the anchor's contract in this transaction receipt (EIP-2718 typed or not) that says what
    the anchor says; PROOF_INVALID where there is none or the transaction failed.
    """
    # A typed receipt starts with its type, which is below the first byte of any list.
    fields = decode_rlp(receipt[1:] if receipt[:1] < b"\x80" else receipt)
    match fields:
        case [bytes(status), bytes(), bytes(), [*logs]]:
            if status != _SUCCESS:
                raise _false("the transaction failed")
        case _:
            raise Rejected("MALFORMED_PROOF", "no transaction receipt", path="receipt_path")
    events = [event for entry in logs if (event := _anchored(entry, anchor.contract)) is not None]
    for event in events:
        if event.node == anchor.node and event.size == anchor.size:
            check_event(event, anchor)
            return event
    raise _false(f"no Anchored event of node {anchor.node} and size {anchor.size} by this contract")


def parse_header(raw: bytes) -> BlockHeader:
    """A block header from its RLP; later forks append fields, which count in the hash only."""
    match decode_rlp(raw, _MAX_HEADER_ITEMS):
        case [*fields] if len(fields) >= _HEADER_FIELDS and all(isinstance(field, bytes) for field in fields):
            parent, root = _bytes(fields[0]), _bytes(fields[5])
            return BlockHeader(keccak256(raw), parent, root, _number(fields[8]), _number(fields[11]))
    raise Rejected("MALFORMED_PROOF", "no block header", path="headers")


def decode_anchored(topics: Sequence[bytes], data: bytes) -> AnchoredEvent:
    """The event out of a log's topics and ABI-encoded data; MALFORMED_PROOF where it is another event."""
    words = [data[at : at + _WORD] for at in range(0, len(data), _WORD)]
    shaped = len(topics) == 2 and topics[0] == ANCHORED_TOPIC and len(data) % _WORD == 0 and len(words) >= 5
    if not shaped or _number(words[3]) != 4 * _WORD or _number(words[4]) != len(words) - 5:
        raise Rejected("MALFORMED_PROOF", "no Anchored event", path="receipt_path")
    node, prev_size, size = _number(topics[1]), _number(words[0]), _number(words[1])
    return AnchoredEvent(node, prev_size, size, Root(words[2]), tuple(map(_number, words[5:])))


def _anchored(entry: Item, contract: bytes) -> AnchoredEvent | None:
    match entry:
        case [bytes(address), [*topics], bytes(data)] if address == contract:
            named = [_bytes(topic) for topic in topics]
            if named[:1] == [ANCHORED_TOPIC]:
                return decode_anchored(named, data)
    return None


def _check_acks(event: AnchoredEvent, proof: AnchorProof) -> None:
    """Acknowledgements, where there are any, are those that the event names. Their signatures are checked by
    those who know the accounts.
    """
    nodes = tuple(node for node, _ in proof.acks)
    if nodes and nodes != event.ackers:
        raise _false(f"acknowledgements of nodes {nodes}; the event names {event.ackers}")
    if nodes and not event.prev_size and any(proof.prev_root):
        raise _false("before the first anchor there is no previous root")


def _check_chain(headers: Sequence[BlockHeader]) -> None:
    for before, after in pairwise(headers):
        if after.parent != before.hash or after.number != before.number + 1:
            raise _false(f"block {after.number} does not follow block {before.number}")


def _bytes(item: Item) -> bytes:
    if not isinstance(item, bytes):
        raise Rejected("MALFORMED_PROOF", "bytes must stand here", path="receipt_path")
    return item


def _number(item: Item) -> int:
    return int.from_bytes(_bytes(item), "big")


def _false(message: str) -> Rejected:
    return Rejected("PROOF_INVALID", message, path="anchor.proof")
