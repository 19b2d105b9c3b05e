"""The evidence file: a record, its receipt, and the control records that enrol its signer
(docs/spec/evidence.md).
"""

from dataclasses import dataclass
from typing import Any

from tracehold.core import cbor
from tracehold.core.errors import Rejected
from tracehold.core.limits import MAX_EVIDENCE_BYTES, MAX_EVIDENCE_CONTROLS

MAGIC = "tracehold/evidence/v1"

_MAX_ITEMS = 3 * MAX_EVIDENCE_CONTROLS + 16
_MAGIC, _RECORD, _RECEIPT, _CONTROLS = range(4)


@dataclass(frozen=True, slots=True)
class Evidence:
    """Bytes only, nothing verified. `controls` are (record, receipt) by position, the log header first; all
    receipts are made under one checkpoint. Nothing in here is ever a reason to trust it.
    """

    record: bytes
    receipt: bytes
    controls: tuple[tuple[bytes, bytes], ...]


def encode_evidence(evidence: Evidence) -> bytes:
    """The file's one encoding (deterministic CBOR)."""
    parts: dict[int, Any] = {
        _MAGIC: MAGIC,
        _RECORD: evidence.record,
        _RECEIPT: evidence.receipt,
        _CONTROLS: [list(pair) for pair in evidence.controls],
    }
    return cbor.encode(parts)


def decode_evidence(raw: bytes) -> Evidence:
    """The evidence of such a file; MALFORMED_PROOF otherwise."""
    if len(raw) > MAX_EVIDENCE_BYTES:
        raise _malformed(f"over {MAX_EVIDENCE_BYTES} bytes")
    try:
        parts = cbor.decode(raw, _MAX_ITEMS)
    except Rejected as error:
        raise _malformed(error.message) from error
    match parts:
        case {0: str(magic), 1: bytes(record), 2: bytes(receipt), 3: [_, *_] as controls, **others}:
            if magic == MAGIC and not others and len(controls) <= MAX_EVIDENCE_CONTROLS:
                return Evidence(record, receipt, tuple(map(_pair, controls)))
    raise _malformed(f"no {MAGIC} file")


def _pair(entry: Any) -> tuple[bytes, bytes]:
    match entry:
        case [bytes(record), bytes(receipt)]:
            return record, receipt
    raise _malformed("a control record stands with its receipt")


def _malformed(message: str) -> Rejected:
    return Rejected("MALFORMED_PROOF", message, path="evidence")
