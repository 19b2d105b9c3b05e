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
    yield _good("event-eddsa", "An event, signed with Ed25519.", farm, FARM_KEY)
    yield _good("event-es256", "An event, signed with P-256, low s.", mill, MILL_KEY)
    yield _good("public", "For anyone to read.", replace(farm, audience=Audience.PUBLIC), FARM_KEY)
    yield _good("attachment", "Names an attachment.", replace(farm, attachments=attached), FARM_KEY)
    yield _good(
        "attachment-blocks", "Of more than 64 KiB.", replace(farm, attachments=_large(64 << 10 | 1)), FARM_KEY
    )
    yield _good(
        "attachment-whole",
        "The same of older records.",
        replace(farm, attachments=_old(64 << 10 | 1)),
        FARM_KEY,
    )
    yield _good("supersedes", "Replaces another statement.", replace(farm, supersedes=_ANY), FARM_KEY)
    yield _good("masterdata", "Master data.", replace(farm, kind=Kind.MASTERDATA), FARM_KEY)
    yield _good(
        "unknown-kind", "A kind of later: kept, never interpreted.", replace(farm, kind=_LATER), FARM_KEY
    )
    long_party = replace(farm, iss=FARM + "/" * (512 - len(FARM)), iat=(1 << 40) - 1)
    yield _good("limits", "A party of 512 characters, the last time.", long_party, FARM_KEY)
    yield from _framing()
    yield from _headers()
    yield from _values()
    yield from _signatures()


_LATER = "application/vnd.tracehold.notice+cbor"
_ANY = Fingerprint(b"\x0b" * 32)
_RAW = record.sign(header(FARM_KEY, FARM), PAYLOAD, FARM_KEY)
_SIGN1 = cose.parse_sign1(_RAW)
_PARTS = cbor.decode(_SIGN1.protected)
_CLAIMS = _PARTS[labels.CWT_CLAIMS]


def _large(size: int) -> tuple[Attachment, ...]:
    return (Attachment(Fingerprint(b"\x0a" * 32), size, "image/png", b"\x0d" * 32),)


def _old(size: int) -> tuple[Attachment, ...]:
    return tuple(replace(one, blocks=None) for one in _large(size))


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
    yield _bad("over-size", "1 MiB and a byte.", _RAW, "RECORD_TOO_LARGE", padding=(1 << 20) + 1 - len(_RAW))


def _headers() -> Iterator[Case]:
    unsorted = _unsorted(_PARTS)
    upper = {**_PARTS, labels.CWT_CLAIMS: {**_CLAIMS, labels.AUD: _CLAIMS[labels.AUD].upper()}}
    script = {**_PARTS, labels.CWT_CLAIMS: {**_CLAIMS, labels.ISS: "javascript:alert(1)"}}
    salt = {key: value for key, value in _PARTS.items() if key != labels.SALT}
    yield _bad("unsorted-labels", "Header labels in another order.", _signed(unsorted), "NOT_DETERMINISTIC")
    yield _bad("unknown-label", "A label of nobody.", _signed({**_PARTS, -70099: 1}), "BAD_HEADER")
    yield _bad("crit", "A crit label.", _signed({**_PARTS, 2: [15]}), "BAD_HEADER")
    for name, why, attached in (
        ("small-blocks", "A block manifest of 64 KiB.", _large(64 << 10)[0].parts()),
        ("huge-blocks", "1 GiB and a byte, in blocks.", _large((1 << 30) + 1)[0].parts()),
        ("short-blocks", "A block manifest's digest of 31 bytes.", [*_old(1 << 20)[0].parts(), bytes(31)]),
        ("more-blocks", "Two block manifests.", [*_large(1 << 20)[0].parts(), bytes(32)]),
    ):
        yield _bad(name, why, _signed({**_PARTS, labels.ATTACHMENTS: [attached]}), "BAD_HEADER")
    yield _bad("no-salt", "No salt.", _signed(salt), "BAD_HEADER")
    yield _bad(
        "audience", "An audience of nobody.", _signed({**_PARTS, labels.AUDIENCE: "all"}), "BAD_HEADER"
    )
    yield _bad("network-upper-case", "The network id in capitals.", _signed(upper), "BAD_HEADER")
    yield _bad("script-party", "A party that a browser would run.", _signed(script), "BAD_HEADER")
    for name, why, party in (
        ("turned-party", "A party with U+202E, which turns the text around.", "https://x/\u202egnp.exe"),
        ("hidden-party", "A party with a character of no width.", "https://x/\u200b"),
        ("long-party", "A party of 513 characters.", FARM + "/" * (513 - len(FARM))),
        ("half-escaped-party", "A party with a percent sign and no digits.", FARM + "/%2"),
    ):
        parts = {**_PARTS, labels.CWT_CLAIMS: {**_CLAIMS, labels.ISS: party}}
        yield _bad(name, why, _signed(parts), "BAD_HEADER")
    late = {**_PARTS, labels.CWT_CLAIMS: {**_CLAIMS, labels.IAT: 1 << 40}}
    yield _bad("late", "A time of 2^40 seconds.", _signed(late), "BAD_HEADER")
    crit = {**_PARTS, labels.CONTENT_TYPE: _LATER, labels.CRIT: [-70099], -70099: 1}
    yield _bad("crit-of-unknown-kind", "crit in a record of a later kind.", _signed(crit), "BAD_HEADER")
    yield _bad("algorithm", "ES384.", _signed({**_PARTS, 1: -35}), "UNSUPPORTED_ALGORITHM")


def _values() -> Iterator[Case]:
    """Values under a label of its own, in a record of a later kind, which may have one."""
    for name, why, value, code in (
        ("indefinite-length", "An array of indefinite length.", b"\x9f\x01\xff", "NOT_DETERMINISTIC"),
        ("duplicate-key", "A map with a key twice.", b"\xa2\x01\x00\x01\x00", "NOT_DETERMINISTIC"),
        ("float", "A floating-point number.", b"\xf9\x3c\x00", "MALFORMED_COSE"),
        ("tag", "A tag.", b"\xc1\x00", "MALFORMED_COSE"),
        ("bool-key", "A map with true as key.", b"\xa1\xf5\x00", "MALFORMED_COSE"),
        ("bad-utf8", "Text that is no UTF-8.", b"\x62\xc3\x28", "MALFORMED_COSE"),
        ("depth-17", "Nested 17 deep, the header itself counted.", b"\x81" * 16 + b"\x00", "MALFORMED_COSE"),
        ("many-values", "More than 1,024 values.", cbor.encode([0] * 1024), "MALFORMED_COSE"),
        ("long-header", "Over 16 KiB.", cbor.encode(bytes(16 << 10)), "BAD_HEADER"),
    ):
        yield _bad(name, why, _signed(_own_label(value)), code)
    twice = _own_label(b"\x00") + cbor.encode(-70099) + b"\x00"
    yield _bad(
        "duplicate-label", "A label twice.", _signed(bytes((twice[0] + 1,)) + twice[1:]), "NOT_DETERMINISTIC"
    )
    deep = _signed(_own_label(b"\x81" * 15 + b"\x00"))
    yield _told("depth-16", "Nested 16 deep, in a record of a later kind.", deep, FARM_KEY)


def _own_label(value: bytes) -> bytes:
    """A header of a later kind whose last label, -70099, has this encoded value."""
    encoded = cbor.encode({**_PARTS, labels.CONTENT_TYPE: _LATER})
    return bytes((encoded[0] + 1,)) + encoded[1:] + cbor.encode(-70099) + value


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
    return _told(name, description, record.sign(said, PAYLOAD, key), key)


def _told(name: str, description: str, raw: bytes, key: SigningKey) -> Case:
    said = record.parse(raw).header
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
        "attachments": [
            [part.hex() if isinstance(part, bytes) else part for part in one.parts()]
            for one in said.attachments
        ],
        "supersedes": said.supersedes.hex() if said.supersedes else None,
        "payload": PAYLOAD.decode(),
    }


def _bad(
    name: str, description: str, raw: bytes, code: str, key: SigningKey = FARM_KEY, padding: int = 0
) -> Case:
    case = {"description": description, "record": raw.hex(), "key": key.public.cose_key().hex()}
    more: dict[str, Any] = {"padding": padding} if padding else {}
    return f"records/{name}_fail", {**case, **more, "code": code}
