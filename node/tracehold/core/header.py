"""A record's protected header: what it says, and the rules of its labels (docs/spec/record.md)."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from tracehold.core import cbor, labels
from tracehold.core.errors import Rejected
from tracehold.core.ids import Fingerprint, KeyId, NetworkId
from tracehold.core.keys import Alg
from tracehold.core.limits import (
    MAX_ATTACHMENT_BYTES,
    MAX_ATTACHMENTS,
    MAX_HEADER_BYTES,
    MAX_HEADER_ITEMS,
    MAX_PARTY_CHARS,
    MAX_PLAIN_ATTACHMENT_BYTES,
    SALT_BYTES,
)

_TREE = "application/vnd.tracehold."


class Kind(StrEnum):
    """Kinds that this release interprets. Others are plain
    strings: kept and replicated, never interpreted.
    """

    EVENT = _TREE + "event+json"
    MASTERDATA = _TREE + "masterdata+json"
    LOG_HEADER = _TREE + "log-header+cbor"
    ENROL = _TREE + "enrol+cbor"
    MANDATE = _TREE + "mandate+cbor"
    MOVE = _TREE + "move+cbor"
    REDACT = _TREE + "redact+cbor"
    REVOKE = _TREE + "revoke+cbor"
    ROTATE = _TREE + "rotate+cbor"
    SNAPSHOT = _TREE + "snapshot+cbor"
    CUSTODY = _TREE + "custody+cbor"
    """What a node keeps of others in an epoch. Who may speak does not follow from it: no control record."""
    NODE = _TREE + "node+cbor"
    """A node record. It has a record's form and is no entry of a log."""


CONTROL_KINDS = frozenset(
    {
        Kind.LOG_HEADER,
        Kind.ENROL,
        Kind.MANDATE,
        Kind.MOVE,
        Kind.REDACT,
        Kind.REVOKE,
        Kind.ROTATE,
        Kind.SNAPSHOT,
    }
)
"""Kinds that say who may speak, and the snapshots that list them."""

RESERVED_KINDS = frozenset(f"{_TREE}{name}+cbor" for name in ("notice",))
"""Kinds that a later release will define. A creator of this release refuses them at upload; holders keep
what they get. One that was sealed before the rules version that defines its kind is never interpreted.
"""


class Audience(StrEnum):
    """Who may read a record (protocol section 4)."""

    PUBLIC = "public"
    NETWORK = "network"
    INTEREST = "interest"
    PARTIES = "parties"
    AUTHORITY = "authority"


@dataclass(frozen=True, slots=True)
class Attachment:
    """Content that a record vouches for and does not hold: its BLAKE3-256, its size in bytes, its media type;
    and over 64 KiB BLAKE3-256 of its block manifest (`core/blocks.py`). Older records lack that.
    """

    fingerprint: Fingerprint
    size: int
    media_type: str
    blocks: bytes | None = None

    def parts(self) -> list[bytes | int | str]:
        """The elements that stand in the header."""
        return [self.fingerprint, self.size, self.media_type, *([self.blocks] if self.blocks else [])]


@dataclass(frozen=True, slots=True)
class Header:
    """What a record's protected header says. `iat` is in seconds since 1970, and decides nothing."""

    alg: Alg
    kind: str
    kid: KeyId
    iss: str
    aud: NetworkId
    iat: int
    salt: bytes
    audience: Audience = Audience.NETWORK
    attachments: tuple[Attachment, ...] = ()
    supersedes: Fingerprint | None = None


def encode_header(header: Header) -> bytes:
    """The protected header's bytes. What `header` says is not checked: `read_header` does."""
    parts: dict[int, Any] = {
        labels.ALG: int(header.alg),
        labels.CONTENT_TYPE: str(header.kind),
        labels.KID: header.kid,
        labels.CWT_CLAIMS: {labels.ISS: header.iss, labels.AUD: header.aud.hex(), labels.IAT: header.iat},
        labels.SALT: header.salt,
        labels.AUDIENCE: str(header.audience),
    }
    if header.attachments:
        parts[labels.ATTACHMENTS] = [a.parts() for a in header.attachments]
    if header.supersedes is not None:
        parts[labels.SUPERSEDES] = header.supersedes
    return cbor.encode(parts)


_LABELS = {
    labels.ALG: "alg",
    labels.CONTENT_TYPE: "kind",
    labels.KID: "kid",
    labels.CWT_CLAIMS: "claims",
    labels.SALT: "salt",
    labels.AUDIENCE: "audience",
    labels.ATTACHMENTS: "attachments",
    labels.SUPERSEDES: "supersedes",
}
_KINDS = frozenset(Kind)
_AUDIENCES = {str(audience): audience for audience in Audience}
_KIND = re.compile(r"[!-~]{1,255}", re.ASCII)
_NETWORK = re.compile(r"[0-9a-f]{64}", re.ASCII)
# A party is shown to people and may become a link: only the characters of RFC 3986, so that none is hidden or
# turns the text around, and nothing that a browser would run.
_PARTY = re.compile(
    r"(?!(?i:javascript|vbscript|data):)[A-Za-z][A-Za-z0-9+.-]*:"
    r"(?:[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+",
    re.ASCII,
)
_LATEST = 1 << 40  # seconds: far past any calendar, and exact in every language


def read_header(protected: bytes) -> Header:
    """What a protected header says. Raises NOT_DETERMINISTIC,
    MALFORMED_COSE, BAD_HEADER or UNSUPPORTED_ALGORITHM.
    """
    if len(protected) > MAX_HEADER_BYTES:
        raise Rejected("BAD_HEADER", f"the protected header is over {MAX_HEADER_BYTES} bytes", path="header")
    parts = cbor.decode(protected, MAX_HEADER_ITEMS)
    if type(parts) is not dict:
        raise Rejected("BAD_HEADER", "the protected header is a map", path="header")
    if labels.CRIT in parts:
        # It asks readers to stop, and those that keep unknown kinds do not.
        raise Rejected("BAD_HEADER", "crit is never used", path="header")
    kind = _take(parts, labels.CONTENT_TYPE, _is_kind)
    if kind in _KINDS and (unknown := parts.keys() - _LABELS.keys()):
        raise Rejected("BAD_HEADER", f"label {min(unknown, key=str)} is unknown", path="header")
    iss, aud, iat = _read_claims(_take(parts, labels.CWT_CLAIMS, lambda claims: type(claims) is dict))
    return Header(
        _read_alg(parts.get(labels.ALG)),
        kind,
        KeyId(_take(parts, labels.KID, _is_32_bytes)),
        iss,
        aud,
        iat,
        _take(parts, labels.SALT, lambda salt: type(salt) is bytes and len(salt) == SALT_BYTES),
        _AUDIENCES[_take(parts, labels.AUDIENCE, lambda name: type(name) is str and name in _AUDIENCES)],
        _read_attachments(parts),
        Fingerprint(_take(parts, labels.SUPERSEDES, _is_32_bytes)) if labels.SUPERSEDES in parts else None,
    )


def _take(parts: dict[int, Any], label: int, fits: Callable[[Any], bool]) -> Any:
    value = parts.get(label)
    if not fits(value):
        state = "is missing" if label not in parts else "has a wrong type or value"
        raise Rejected("BAD_HEADER", f"label {label} {state}", path=f"header.{_LABELS[label]}")
    return value


def _read_alg(value: Any) -> Alg:
    if type(value) is not int or value not in (Alg.EDDSA, Alg.ES256):
        raise Rejected("UNSUPPORTED_ALGORITHM", f"algorithm {value!r:.40}", path="header.alg")
    return Alg(value)


def _read_claims(claims: dict[Any, Any]) -> tuple[str, NetworkId, int]:
    if claims.keys() != {labels.ISS, labels.AUD, labels.IAT}:
        raise Rejected(
            "BAD_HEADER", "the claims are exactly iss (1), aud (3) and iat (6)", path="header.claims"
        )
    iss, aud, iat = claims[labels.ISS], claims[labels.AUD], claims[labels.IAT]
    check_party(iss, "BAD_HEADER", "header.iss")
    if type(aud) is not str or not _NETWORK.fullmatch(aud):
        raise Rejected("BAD_HEADER", "aud is the network id: 64 lowercase hex digits", path="header.aud")
    if type(iat) is not int or not 0 <= iat < _LATEST:
        raise Rejected("BAD_HEADER", "iat is a whole number of seconds since 1970", path="header.iat")
    return iss, NetworkId(bytes.fromhex(aud)), iat


def _read_attachments(parts: dict[int, Any]) -> tuple[Attachment, ...]:
    if labels.ATTACHMENTS not in parts:
        return ()
    listed = _take(parts, labels.ATTACHMENTS, lambda a: type(a) is list and 0 < len(a) <= MAX_ATTACHMENTS)
    return tuple(_read_attachment(at, entry) for at, entry in enumerate(listed))


def _read_attachment(at: int, entry: Any) -> Attachment:
    match entry:
        case [bytes(digest), int(size), str(media), *rest] if (
            len(digest) == 32
            and size >= 0
            and type(size) is int
            and _KIND.fullmatch(media)
            and (not rest or _is_manifest(size, rest))
        ):
            return Attachment(Fingerprint(digest), size, media, *rest)
    message = (
        "an attachment is [fingerprint of 32 bytes, size, media type], and over 64 KiB its block manifest's"
    )
    raise Rejected("BAD_HEADER", f"{message} digest", path=f"header.attachments[{at}]")


def _is_manifest(size: int, rest: list[Any]) -> bool:
    large = MAX_PLAIN_ATTACHMENT_BYTES < size <= MAX_ATTACHMENT_BYTES
    return large and len(rest) == 1 and _is_32_bytes(rest[0])


def check_party(party: Any, code: str, path: str) -> None:
    """Returns if `party` is a harmless URI (RFC 3986, so ASCII) of at
    most 512 characters; otherwise raises `code`.
    """
    if type(party) is not str or len(party) > MAX_PARTY_CHARS or not _PARTY.fullmatch(party):
        raise Rejected(code, f"a party is a URI of at most {MAX_PARTY_CHARS} characters", path=path)


def _is_kind(value: Any) -> bool:
    return type(value) is str and _KIND.fullmatch(value) is not None


def _is_32_bytes(value: Any) -> bool:
    return type(value) is bytes and len(value) == 32
