"""The record: one signed statement, kept byte for byte as sent (docs/spec/record.md).

`parse` holds every rule about its bytes; `check_signature` needs the key, which `roster` names.
"""

from dataclasses import dataclass

from blake3 import blake3

from tracehold.core.cose import EMPTY_MAP, Sign1, encode_sign1, parse_sign1, sig_structure
from tracehold.core.errors import Rejected
from tracehold.core.header import (
    CONTROL_KINDS,
    RESERVED_KINDS,
    Attachment,
    Audience,
    Header,
    Kind,
    check_party,
    encode_header,
    read_header,
)
from tracehold.core.ids import Fingerprint, NetworkId
from tracehold.core.keys import SIGNATURE_BYTES, PublicKey, SigningKey
from tracehold.core.limits import MAX_RECORD_BYTES

__all__ = [
    "CONTROL_KINDS",
    "RESERVED_KINDS",
    "Attachment",
    "Audience",
    "Header",
    "Kind",
    "Record",
    "check_party",
    "check_signature",
    "event_header",
    "fingerprint",
    "parse",
    "sign",
]


@dataclass(frozen=True, slots=True)
class Record:
    """A record whose form was checked: its bytes, its fingerprint, and what they say."""

    raw: bytes
    fingerprint: Fingerprint
    header: Header
    payload: bytes
    sign1: Sign1


def fingerprint(raw: bytes) -> Fingerprint:
    """BLAKE3-256 of the whole tagged bytes."""
    return Fingerprint(blake3(raw).digest())


def event_header(key: PublicKey, iss: str, aud: NetworkId, iat: int, salt: bytes) -> Header:
    """The header of an event of `iss` for the default audience; `dataclasses.replace` changes the rest."""
    return Header(key.alg, Kind.EVENT, key.kid, iss, aud, iat, salt)


def sign(header: Header, payload: bytes, key: SigningKey) -> bytes:
    """The record's bytes. Raises what `parse` would say of them, before anything is signed.

    `payload` is signed as given. The salt must be fresh random bytes for each record.
    """
    if (header.kid, header.alg) != (key.public.kid, key.public.alg):
        raise Rejected("BAD_KEY", "the header names another key than the one that signs", path="header.kid")
    protected = encode_header(header)
    read_header(protected)
    _check_size(len(encode_sign1(protected, payload, bytes(SIGNATURE_BYTES))))
    return encode_sign1(protected, payload, key.sign(sig_structure(protected, payload)))


def parse(raw: bytes) -> Record:
    """The record that `raw` is, in form: size, framing, header (protocol section 1).

    Raises RECORD_TOO_LARGE, MALFORMED_COSE, NOT_DETERMINISTIC, BAD_HEADER or UNSUPPORTED_ALGORITHM. The
    payload is not looked into, and the signature is not checked.
    """
    _check_size(len(raw))
    sign1 = parse_sign1(raw)
    if sign1.unprotected != EMPTY_MAP:
        raise Rejected("MALFORMED_COSE", "the unprotected header of a record is empty", path="unprotected")
    if sign1.payload is None:
        raise Rejected("MALFORMED_COSE", "a record holds its payload", path="payload")
    if len(sign1.signature) != SIGNATURE_BYTES:
        raise Rejected("MALFORMED_COSE", "a signature has 64 bytes", path="signature")
    return Record(raw, fingerprint(raw), read_header(sign1.protected), sign1.payload, sign1)


def check_signature(record: Record, key: PublicKey) -> None:
    """Returns if `key` signed the record; BAD_SIGNATURE
    otherwise, also where the header names another key.
    """
    if (record.header.kid, record.header.alg) != (key.kid, key.alg):
        raise Rejected("BAD_SIGNATURE", "the record names another key", path="header.kid")
    key.verify(record.sign1.signature, sig_structure(record.sign1.protected, record.payload))


def _check_size(size: int) -> None:
    if size > MAX_RECORD_BYTES:
        raise Rejected("RECORD_TOO_LARGE", f"{size} bytes; at most {MAX_RECORD_BYTES}")
