"""Records: bytes, key, and what they say or why they are refused."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from tests.logs import FARM, FARM_KEY, MILL, MILL_KEY, STRANGER_KEY, header
from tracehold.core import cbor, cose, labels, record
from tracehold.core.header import Attachment, Audience, Header, Kind
from tracehold.core.ids import Fingerprint
from tracehold.core.keys import SigningKey

Case = tuple[str, dict[str, Any]]

PAYLOAD = (
    b'{"@context":["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],"type":"ObjectEvent"}'
)
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def records() -> Iterator[Case]:
    """Good ones, then those that must be refused."""
    farm, mill = header(FARM_KEY, FARM), header(MILL_KEY, MILL)
    attached = (Attachment(Fingerprint(b"\x0a" * 32), 1234, "image/png"),)
    custody = "application/vnd.tracehold.custody+cbor"
    yield _good("event-eddsa", "An event, signed with Ed25519.", farm, FARM_KEY)
    yield _good("event-es256", "An event, signed with P-256, low s.", mill, MILL_KEY)
    yield _good("public", "For anyone to read.", replace(farm, audience=Audience.PUBLIC), FARM_KEY)
    yield _good("attachment", "Names an attachment.", replace(farm, attachments=attached), FARM_KEY)
    yield _good("supersedes", "Replaces another statement.", replace(farm, supersedes=_ANY), FARM_KEY)
    yield _good("masterdata", "Master data.", replace(farm, kind=Kind.MASTERDATA), FARM_KEY)
    yield _good(
        "unknown-kind", "A kind of later: kept, never interpreted.", replace(farm, kind=custody), FARM_KEY
    )
    yield from _framing()
    yield from _headers()
    yield from _signatures()


_ANY = Fingerprint(b"\x0b" * 32)
_RAW = record.sign(header(FARM_KEY, FARM), PAYLOAD, FARM_KEY)
_SIGN1 = cose.parse_sign1(_RAW)
_PARTS = cbor.decode(_SIGN1.protected)
_CLAIMS = _PARTS[labels.CWT_CLAIMS]


def _framing() -> Iterator[Case]:
    protected, payload, signature = _SIGN1.protected, PAYLOAD, _SIGN1.signature
    unprotected = cose.encode_sign1(protected, payload, signature, cbor.encode({4: b"k"}))
    detached = cose.encode_sign1(protected, None, signature)
    long_length = _RAW.replace(b"\x58\x40" + signature, b"\x59\x00\x40" + signature)
    yield _bad("untagged", "No tag 18.", _RAW[1:], "MALFORMED_COSE")
    yield _bad("trailing-byte", "A byte after the signature.", _RAW + b"\x00", "MALFORMED_COSE")
    yield _bad("truncated", "The last byte is missing.", _RAW[:-1], "MALFORMED_COSE")
    yield _bad("unprotected", "An unprotected header that is not empty.", unprotected, "MALFORMED_COSE")
    yield _bad("detached", "No payload.", detached, "MALFORMED_COSE")
    yield _bad("long-length", "The signature's length in three bytes.", long_length, "NOT_DETERMINISTIC")


def _headers() -> Iterator[Case]:
    unsorted = _unsorted(_PARTS)
    upper = {**_PARTS, labels.CWT_CLAIMS: {**_CLAIMS, labels.AUD: _CLAIMS[labels.AUD].upper()}}
    script = {**_PARTS, labels.CWT_CLAIMS: {**_CLAIMS, labels.ISS: "javascript:alert(1)"}}
    salt = {key: value for key, value in _PARTS.items() if key != labels.SALT}
    yield _bad("unsorted-labels", "Header labels in another order.", _signed(unsorted), "NOT_DETERMINISTIC")
    yield _bad("unknown-label", "A label of nobody.", _signed({**_PARTS, -70099: 1}), "BAD_HEADER")
    yield _bad("crit", "A crit label.", _signed({**_PARTS, 2: [15]}), "BAD_HEADER")
    yield _bad("no-salt", "No salt.", _signed(salt), "BAD_HEADER")
    yield _bad(
        "audience", "An audience of nobody.", _signed({**_PARTS, labels.AUDIENCE: "all"}), "BAD_HEADER"
    )
    yield _bad("network-upper-case", "The network id in capitals.", _signed(upper), "BAD_HEADER")
    yield _bad("script-party", "A party that a browser would run.", _signed(script), "BAD_HEADER")
    yield _bad("algorithm", "ES384.", _signed({**_PARTS, 1: -35}), "UNSUPPORTED_ALGORITHM")


def _signatures() -> Iterator[Case]:
    mill = record.sign(header(MILL_KEY, MILL), PAYLOAD, MILL_KEY)
    parts = cose.parse_sign1(mill)
    s = (ORDER - int.from_bytes(parts.signature[32:], "big")).to_bytes(32, "big")
    high = cose.encode_sign1(parts.protected, parts.payload, parts.signature[:32] + s)
    changed = _RAW.replace(b"ObjectEvent", b"ObjectEvenT")
    yield _bad("high-s", "The other s of the same signature.", high, "BAD_SIGNATURE", MILL_KEY)
    yield _bad("changed-payload", "One letter of the payload changed.", changed, "BAD_SIGNATURE")
    yield _bad("other-key", "Signed by another key than kid names.", _RAW, "BAD_SIGNATURE", STRANGER_KEY)


def _unsorted(parts: dict[Any, Any]) -> bytes:
    pairs = [cbor.encode(key) + cbor.encode(value) for key, value in parts.items()]
    return bytes((0xA0 + len(pairs),)) + b"".join(reversed(pairs))


def _signed(parts: dict[Any, Any] | bytes) -> bytes:
    protected = parts if isinstance(parts, bytes) else cbor.encode(parts)
    return cose.encode_sign1(protected, PAYLOAD, FARM_KEY.sign(cose.sig_structure(protected, PAYLOAD)))


def _good(name: str, description: str, said: Header, key: SigningKey) -> Case:
    raw = record.sign(said, PAYLOAD, key)
    return f"records/{name}", {
        "description": description,
        "record": raw.hex(),
        "key": key.public.cose_key().hex(),
        "fingerprint": record.fingerprint(raw).hex(),
        "protected": cose.parse_sign1(raw).protected.hex(),
        "kind": str(said.kind),
        "kid": said.kid.hex(),
        "party": said.iss,
        "network": said.aud.hex(),
        "issuedAt": said.iat,
        "salt": said.salt.hex(),
        "audience": str(said.audience),
        "attachments": [[one.fingerprint.hex(), one.size, one.media_type] for one in said.attachments],
        "supersedes": said.supersedes.hex() if said.supersedes else None,
        "payload": PAYLOAD.decode(),
    }


def _bad(name: str, description: str, raw: bytes, code: str, key: SigningKey = FARM_KEY) -> Case:
    return f"records/{name}_fail", {
        "description": description,
        "record": raw.hex(),
        "key": key.public.cose_key().hex(),
        "code": code,
    }
