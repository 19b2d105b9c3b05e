"""COSE_Sign1 (RFC 9052 section 4.2) in deterministic framing: what
records, checkpoints and receipts are made of.
"""

from dataclasses import dataclass

from tracehold.core.cbor import (
    ARRAY,
    BYTES,
    MAP,
    Budget,
    decode,
    decode_head,
    decode_item,
    decode_string,
    encode,
    encode_head,
)
from tracehold.core.errors import Rejected

__all__ = ["EMPTY_MAP", "Sign1", "decode", "encode", "encode_sign1", "parse_sign1", "sig_structure"]

EMPTY_MAP = b"\xa0"

_TAGGED_ARRAY = b"\xd2\x84"  # tag 18, array of four
_NULL = 0xF6
_CONTEXT = encode("Signature1")
_MAX_UNPROTECTED = 2048  # values: a receipt's proofs with all their block headers need two thirds of them


@dataclass(frozen=True, slots=True)
class Sign1:
    """The four parts of a COSE_Sign1, as bytes. `unprotected` is a
    whole CBOR map, `payload` None where detached.
    """

    protected: bytes
    unprotected: bytes
    payload: bytes | None
    signature: bytes


def parse_sign1(raw: bytes) -> Sign1:
    """The parts of a tagged COSE_Sign1 whose framing is deterministic.

    Raises MALFORMED_COSE or NOT_DETERMINISTIC. What the headers say is not looked
    at, and nothing is verified.
    """
    if raw[:2] != _TAGGED_ARRAY:
        raise Rejected("MALFORMED_COSE", "no tag 18 and array of four", path="byte 0")
    protected, at = _byte_string(raw, 2)
    unprotected, at = _map(raw, at)
    payload, at = (None, at + 1) if raw[at : at + 1] == bytes((_NULL,)) else _byte_string(raw, at)
    signature, at = _byte_string(raw, at)
    if at != len(raw):
        raise Rejected("MALFORMED_COSE", "bytes follow the signature", path=f"byte {at}")
    return Sign1(protected, unprotected, payload, signature)


def encode_sign1(
    protected: bytes, payload: bytes | None, signature: bytes, unprotected: bytes = EMPTY_MAP
) -> bytes:
    """Tagged COSE_Sign1 of these parts; `unprotected` must be an encoded map."""
    return b"".join((_TAGGED_ARRAY, encode(protected), unprotected, encode(payload), encode(signature)))


def sig_structure(protected: bytes, payload: bytes, external_aad: bytes = b"") -> bytes:
    """The bytes that a COSE_Sign1 signature covers (RFC 9052 section 4.4)."""
    return b"".join(
        (
            encode_head(ARRAY, 4),
            _CONTEXT,
            encode_head(BYTES, len(protected)),
            protected,
            encode_head(BYTES, len(external_aad)),
            external_aad,
            encode_head(BYTES, len(payload)),
            payload,
        )
    )


def _byte_string(raw: bytes, at: int) -> tuple[bytes, int]:
    major, length, start = decode_head(raw, at)
    if major != BYTES:
        raise Rejected("MALFORMED_COSE", "a byte string must stand here", path=f"byte {at}")
    return decode_string(raw, start, length)


def _map(raw: bytes, at: int) -> tuple[bytes, int]:
    major, _, _ = decode_head(raw, at)
    if major != MAP:
        raise Rejected("MALFORMED_COSE", "a map must stand here", path=f"byte {at}")
    _, end = decode_item(raw, at, Budget(_MAX_UNPROTECTED))
    return raw[at:end], end
