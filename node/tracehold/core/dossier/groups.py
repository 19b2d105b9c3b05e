"""The proofs in a dossier: many evidence files (docs/spec/evidence.md) that share what is the same in them.

A group is what one party said under one checkpoint: its records with their receipts, and once for all of them
the proof of their anchor, and the control records that let the party's signers speak.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from tracehold.core import cbor
from tracehold.core.anchor import Anchor, decode_anchor, encode_anchor
from tracehold.core.errors import Rejected
from tracehold.core.evidence import Evidence
from tracehold.core.limits import MAX_EVIDENCE_BYTES, MAX_EVIDENCE_CONTROLS
from tracehold.core.receipt import encode_receipt, parse_receipt

MAGIC = "tracehold/evidence-group/v1"

MAX_RECORDS = 1_024
"""Records of a group."""

_MAX_VALUES = 3 * (MAX_EVIDENCE_CONTROLS + MAX_RECORDS) + 8_192
_MAGIC, _ANCHOR, _CONTROLS, _RECORDS = range(4)

Pair = tuple[bytes, bytes]
"""A record and its receipt, as bytes."""


@dataclass(frozen=True, slots=True)
class Group:
    """Bytes only, nothing verified. No receipt has an anchor: `anchor` is that of all `records`, with its
    proof, None where they are not anchored. `records` stand by index.
    """

    anchor: Anchor | None
    controls: tuple[Pair, ...]
    records: tuple[Pair, ...]

    def evidences(self) -> Iterator[Evidence]:
        """The evidence file of each record. Raises MALFORMED_PROOF for what is no receipt."""
        for raw, receipt in self.records:
            bare = parse_receipt(receipt)
            if bare.anchor is not None:
                raise _malformed("the anchor stands once for all records of a group")
            whole = receipt if self.anchor is None else encode_receipt(replace(bare, anchor=self.anchor))
            yield Evidence(raw, whole, self.controls)


def encode_group(group: Group) -> bytes:
    """The group's one encoding (deterministic CBOR)."""
    parts: dict[int, Any] = {
        _MAGIC: MAGIC,
        _ANCHOR: None if group.anchor is None else encode_anchor(group.anchor),
        _CONTROLS: [list(pair) for pair in group.controls],
        _RECORDS: [list(pair) for pair in group.records],
    }
    return cbor.encode(parts)


def decode_group(raw: bytes) -> Group:
    """The group of such bytes; MALFORMED_PROOF otherwise."""
    if len(raw) > MAX_EVIDENCE_BYTES:
        raise _malformed(f"over {MAX_EVIDENCE_BYTES} bytes")
    try:
        parts = cbor.decode(raw, _MAX_VALUES)
    except Rejected as error:
        raise _malformed(error.message) from error
    match parts:
        case {0: str(magic), 1: anchor, 2: [_, *_] as controls, 3: [_, *_] as records, **others}:
            few = len(controls) <= MAX_EVIDENCE_CONTROLS and len(records) <= MAX_RECORDS
            if magic == MAGIC and not others and few:
                whole = None if anchor is None else decode_anchor(anchor)
                return Group(whole, tuple(map(read_pair, controls)), tuple(map(read_pair, records)))
    raise _malformed(f"no {MAGIC}")


def apart(receipt: bytes) -> tuple[Anchor | None, bytes]:
    """The anchor of a receipt, and the receipt without it, as they stand in a group. A receipt under another
    checkpoint than its anchor's keeps nothing back: MALFORMED_PROOF, for no node makes one.
    """
    parsed = parse_receipt(receipt)
    if parsed.consistency is not None:
        raise _malformed("a receipt under another checkpoint than its anchor's has no place in a group")
    return parsed.anchor, encode_receipt(replace(parsed, anchor=None))


def read_pair(entry: Any) -> Pair:
    """A record and its receipt as they stand in a group; MALFORMED_PROOF otherwise."""
    match entry:
        case [bytes(raw), bytes(receipt)]:
            return raw, receipt
    raise _malformed("a record stands with its receipt")


def _malformed(message: str) -> Rejected:
    return Rejected("MALFORMED_PROOF", message, path="evidence group")
