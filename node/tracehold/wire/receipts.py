"""Receipts and anchors on the wire."""

from tracehold.core.anchorproof import prove
from tracehold.core.errors import Rejected
from tracehold.core.ids import Fingerprint
from tracehold.core.receipt import Anchor, parse_receipt
from tracehold.journey.holders import CopyCount
from tracehold.v1 import receipt_pb2
from tracehold.wire.standing import hex_0x
from tracehold.wire.times import from_ms, from_s
from tracehold.wire.words import copies_message


def receipt_message(
    fingerprint: Fingerprint, cose: bytes, copies: CopyCount | None = None
) -> receipt_pb2.Receipt:
    """The receipt with what it says beside it, to be read and not believed. Raises MALFORMED_PROOF."""
    receipt = parse_receipt(cose)
    message = receipt_pb2.Receipt(
        cose=cose,
        fingerprint=fingerprint.hex(),
        log=receipt.log.hex(),
        index=receipt.index,
        size=receipt.size,
        anchor_by=from_ms(receipt.head.anchor_by_ms),
        copies=copies_message(copies),
    )
    if receipt.anchor is not None:
        message.anchor.CopyFrom(anchor_message(receipt.anchor))
    return message


def anchor_message(anchor: Anchor) -> receipt_pb2.Anchor:
    """One `Anchored` event."""
    return receipt_pb2.Anchor(
        chain_id=anchor.chain_id,
        contract=hex_0x(anchor.contract),
        node=anchor.node,
        prev_size=anchor.prev_size,
        size=anchor.size,
        root=anchor.root.hex(),
        block_number=anchor.block_number,
        block_hash=hex_0x(anchor.block_hash),
        block_time=from_s(anchor.block_time),
        transaction_hash=hex_0x(anchor.tx_hash),
        log_index=anchor.log_index,
        acknowledgements=_acknowledgements(anchor),
    )


def _acknowledgements(anchor: Anchor) -> int:
    """How many operators the event names, as its proof shows it."""
    if anchor.proof is None:
        return 0
    try:
        return len(prove(anchor, anchor.proof).event.ackers)
    except Rejected:
        return 0  # what the proof is worth is for those who verify it
