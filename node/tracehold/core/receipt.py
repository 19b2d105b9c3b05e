"""The receipt: proof that a fingerprint is in a log under a checkpoint (RFC 9942, docs/spec/receipt.md).

The checkpoint's one signature serves all its receipts; index, path and anchor are unprotected, and each
is checked against something signed or anchored. A receipt of a final record carries its covering anchor.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from tracehold.core import cbor, labels
from tracehold.core.anchor import Anchor, AnchorProof, decode_anchor, encode_anchor
from tracehold.core.checkpoint import Checkpoint, Head, parse_head
from tracehold.core.cose import encode_sign1, parse_sign1, sig_structure
from tracehold.core.errors import Rejected
from tracehold.core.ids import KeyId, LogId, Root
from tracehold.core.keys import SIGNATURE_BYTES, PublicKey
from tracehold.core.merkle import root_from_inclusion

__all__ = [
    "Anchor",
    "AnchorProof",
    "Receipt",
    "check_receipt",
    "encode_receipt",
    "make_receipt",
    "parse_receipt",
    "upgrade_receipt",
]

_MAX_HASHES = 128
"""Hashes of an inclusion or consistency path: twice the 64 levels that a 64-bit size can have."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """A receipt, read and not verified. `size` and `index` are the proof's; `head.size` is the signed one."""

    head: Head
    size: int
    index: int
    path: tuple[bytes, ...]
    protected: bytes
    signature: bytes
    anchor: Anchor | None = None
    consistency: tuple[bytes, ...] | None = None

    @property
    def log(self) -> LogId:
        """The signed log id."""
        return self.head.log

    @property
    def kid(self) -> KeyId:
        """The key that signed the checkpoint."""
        return self.head.kid

    @property
    def time_ms(self) -> int:
        """When the checkpoint was signed, as it says."""
        return self.head.time_ms

    @property
    def anchor_by_ms(self) -> int:
        """Until when the covering anchor was promised."""
        return self.head.anchor_by_ms


def make_receipt(
    checkpoint: Checkpoint,
    index: int,
    path: Sequence[bytes],
    anchor: Anchor | None = None,
    consistency: Sequence[bytes] | None = None,
) -> bytes:
    """The receipt of entry `index` under `checkpoint`; with its covering anchor it is final.

    `consistency` leads from the checkpoint's size to the anchor's and is left out where they are equal.
    Raises MALFORMED_PROOF where size, anchor and consistency do not go together.
    """
    head, signature = checkpoint.head, checkpoint.cose_signature
    proof = None if consistency is None else tuple(consistency)
    return encode_receipt(
        Receipt(
            head, checkpoint.size, index, tuple(path), checkpoint.cose_protected, signature, anchor, proof
        )
    )


def upgrade_receipt(raw: bytes, anchor: Anchor, consistency: Sequence[bytes] | None = None) -> bytes:
    """A SEALED receipt with its covering anchor: same index, same signature, and a consistency path where the
    sizes differ. Raises as `make_receipt` and `parse_receipt` do.
    """
    proof = None if consistency is None else tuple(consistency)
    return encode_receipt(replace(parse_receipt(raw), anchor=anchor, consistency=proof))


def encode_receipt(receipt: Receipt) -> bytes:
    """The receipt's one encoding. Raises MALFORMED_PROOF for what `parse_receipt` refuses."""
    _check_form(receipt)
    proof = cbor.encode([receipt.size, receipt.index, list(receipt.path)])
    parts: dict[int, Any] = {labels.VDP: {labels.INCLUSION: [proof]}}
    if receipt.anchor is not None:
        parts[labels.ANCHOR] = encode_anchor(receipt.anchor)
    if receipt.consistency is not None:
        parts[labels.CONSISTENCY] = list(receipt.consistency)
    return encode_sign1(receipt.protected, None, receipt.signature, cbor.encode(parts))


def parse_receipt(raw: bytes) -> Receipt:
    """A receipt of our profile, in form; MALFORMED_PROOF otherwise. Nothing is verified yet."""
    try:
        sign1 = parse_sign1(raw)
        parts = cbor.decode(sign1.unprotected)
        match parts:
            case {labels.VDP: {labels.INCLUSION: [bytes(encoded)], **more}, **others} if not more:
                size, index, path = _inclusion(cbor.decode(encoded, _MAX_HASHES + 3))
            case _:
                raise _malformed("exactly one inclusion proof stands at 396")
    except Rejected as error:
        raise _malformed(error.message) from error
    if sign1.payload is not None or len(sign1.signature) != SIGNATURE_BYTES:
        raise _malformed("the payload is null and the signature has 64 bytes")
    anchor = decode_anchor(others.pop(labels.ANCHOR)) if labels.ANCHOR in others else None
    consistency = _hashes(others.pop(labels.CONSISTENCY)) if labels.CONSISTENCY in others else None
    if others:
        raise _malformed(f"unknown labels {sorted(others, key=str)}")
    head = parse_head(sign1.protected)
    receipt = Receipt(head, size, index, path, sign1.protected, sign1.signature, anchor, consistency)
    _check_form(receipt)
    return receipt


def check_receipt(receipt: Receipt, leaf: bytes, key: PublicKey) -> Root:
    """The root that `leaf` (a leaf hash) leads to, which `key` signed together with the same size.

    Raises PROOF_INVALID or BAD_SIGNATURE. The anchor is not looked at.
    """
    if receipt.head.size != receipt.size:
        # The root does not commit to the size: the same signature would fit other (size, index) pairs.
        raise Rejected("PROOF_INVALID", f"size {receipt.head.size} is signed, {receipt.size} is proved")
    root = root_from_inclusion(leaf, receipt.index, receipt.size, receipt.path)
    if receipt.kid != key.kid:
        raise Rejected("BAD_SIGNATURE", "the receipt names another key", path="kid")
    key.verify(receipt.signature, sig_structure(receipt.protected, root))
    return root


def _inclusion(parts: Any) -> tuple[int, int, tuple[bytes, ...]]:
    match parts:
        case [int(size), int(index), [_, *_] as path] if type(size) is int and type(index) is int:
            return size, index, _hashes(path)
    # RFC 9942 section 5.2 wants at least one hash; our logs never sign a tree of one entry.
    raise _malformed("an inclusion proof is [size, index, [one or more hashes]]")


def _hashes(parts: Any) -> tuple[bytes, ...]:
    if type(parts) is not list or len(parts) > _MAX_HASHES:
        raise _malformed("a path is an array of hashes")
    if any(type(part) is not bytes or len(part) != 32 for part in parts):
        raise _malformed("a hash has 32 bytes")
    return tuple(parts)


def _check_form(receipt: Receipt) -> None:
    anchor = receipt.anchor
    if not receipt.path or not 0 <= receipt.index < receipt.size:
        raise _malformed("the index lies below the size, and the path is not empty")
    if (receipt.consistency is not None) != (anchor is not None and anchor.size != receipt.size):
        raise _malformed("a consistency path stands exactly where the anchored size is another")


def _malformed(message: str) -> Rejected:
    return Rejected("MALFORMED_PROOF", message, path="receipt")
