"""The covering anchor of a receipt: where on which chain (log, size, root) was anchored, and the proof of it.

It stands in a receipt's unprotected header, because it is filled in after signing and is checked against
the chain, not against the log's operator (docs/spec/receipt.md).
"""

from dataclasses import dataclass
from typing import Any

from tracehold.core.errors import Rejected
from tracehold.core.ids import LogId, Root

MAX_HEADERS = 1024
"""Block headers in one proof."""

MAX_PATH_NODES = 64
"""Trie nodes in one proof; the index of a transaction needs at most nine."""

MAX_ACKS = 1024
"""Acknowledgements in one proof."""


@dataclass(frozen=True, slots=True)
class AnchorProof:
    """What shows the event without a chain: RLP of the headers of block B to B+d, and the path of its
    transaction's receipt (RLP of the trie nodes, from the root) to the receipts root of B.

    `acks` are the acknowledgements that the anchor was made with, as (number of the node, signature of 64
    bytes), and `prev_root` the root before, which they name: 32 bytes, zero before the first anchor. There
    are none where the anchor had none, and in proofs that were captured before they were kept.
    """

    headers: tuple[bytes, ...]
    tx_index: int
    receipt_path: tuple[bytes, ...]
    acks: tuple[tuple[int, bytes], ...] = ()
    prev_root: bytes = b""


@dataclass(frozen=True, slots=True)
class Anchor:
    """One `Anchored` event. `block_time` is in seconds since 1970.

    `tx_hash` and `log_index` (as JSON-RPC counts it, over the block) say where to
    look; the proof finds the event by what it says.
    """

    chain_id: int
    contract: bytes
    node: int
    log: LogId
    prev_size: int
    size: int
    root: Root
    block_number: int
    block_hash: bytes
    block_time: int
    tx_hash: bytes
    log_index: int
    proof: AnchorProof | None = None


_BYTES = {2: 20, 4: 32, 7: 32, 9: 32, 11: 32}
_NUMBERS = (1, 3, 5, 6, 8, 10, 12)
_PROOF = 13


def encode_anchor(anchor: Anchor) -> dict[int, Any]:
    """The CBOR map of an anchor: its fields numbered from 1 in
    their order, the proof absent where there is none.
    """
    fields: list[Any] = [
        anchor.chain_id,
        anchor.contract,
        anchor.node,
        anchor.log,
        anchor.prev_size,
        anchor.size,
        anchor.root,
        anchor.block_number,
        anchor.block_hash,
        anchor.block_time,
        anchor.tx_hash,
        anchor.log_index,
    ]
    parts = dict(enumerate(fields, start=1))
    if anchor.proof is not None:
        parts[_PROOF] = _encode_proof(anchor.proof)
    return parts


def decode_anchor(parts: Any) -> Anchor:
    """The anchor of such a map; MALFORMED_PROOF otherwise."""
    if type(parts) is not dict or parts.keys() - {_PROOF} != set(range(1, _PROOF)):
        raise _malformed("the anchor has not exactly its fields")
    for key, length in _BYTES.items():
        if type(parts[key]) is not bytes or len(parts[key]) != length:
            raise _malformed(f"field {key} of the anchor has {length} bytes")
    for key in _NUMBERS:
        if type(parts[key]) is not int or parts[key] < 0:
            raise _malformed(f"field {key} of the anchor is a number")
    proof = _decode_proof(parts[_PROOF]) if _PROOF in parts else None
    return Anchor(*[*(parts[key] for key in range(1, _PROOF)), proof])


def _encode_proof(proof: AnchorProof) -> list[Any]:
    parts: list[Any] = [list(proof.headers), proof.tx_index, list(proof.receipt_path)]
    return [*parts, [list(ack) for ack in proof.acks], proof.prev_root] if proof.acks else parts


def _decode_proof(parts: Any) -> AnchorProof:
    match parts:
        case [[*headers], int(tx_index), [*path], *more] if (
            0 < len(headers) <= MAX_HEADERS
            and 0 < len(path) <= MAX_PATH_NODES
            and type(tx_index) is int
            and tx_index >= 0
            and all(type(part) is bytes for part in (*headers, *path))
        ):
            return AnchorProof(tuple(headers), tx_index, tuple(path), *_decode_acks(more))
    raise _malformed("the anchor's proof is [headers, transaction index, receipt path]")


def _decode_acks(parts: list[Any]) -> tuple[tuple[tuple[int, bytes], ...], bytes]:
    match parts:
        case []:
            return (), b""
        case [[_, *_] as acks, bytes(prev_root)] if len(acks) <= MAX_ACKS and len(prev_root) == 32:
            found = tuple(map(_decode_ack, acks))
            if len({node for node, _ in found}) == len(found):
                return found, prev_root
    raise _malformed("after these stand acknowledgements, each of another node, and the root before")


def _decode_ack(parts: Any) -> tuple[int, bytes]:
    match parts:
        case [int(node), bytes(signature)] if type(node) is int and node > 0 and len(signature) == 64:
            return node, signature
    raise _malformed("an acknowledgement is [node, signature of 64 bytes]")


def _malformed(message: str) -> Rejected:
    return Rejected("MALFORMED_PROOF", message, path="anchor")
