"""A checkpoint: (log, size, root, time), signed twice over (docs/spec/log.md).

Once as a C2SP checkpoint in a signed note, which foreign monitors and witnesses read;
once as a COSE signature over the root (RFC 9942), which all receipts of the
checkpoint share. The size stands in both signed texts.
"""

import re
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Any

from tracehold.core import cbor, labels
from tracehold.core.cose import sig_structure
from tracehold.core.errors import Rejected
from tracehold.core.ids import KeyId, LogId, Root
from tracehold.core.keys import Alg, PublicKey, SigningKey
from tracehold.core.limits import MAX_HEADER_BYTES, MAX_HEADER_ITEMS

_ED25519 = b"\x01"  # signature type of C2SP signed-note
_ORIGIN = re.compile(r"tracehold/([0-9a-f]{64})", re.ASCII)
_NOTE = re.compile(
    r"(?P<origin>[^\n]+)\n(?P<size>0|[1-9][0-9]{0,18})\n(?P<root>[A-Za-z0-9+/]{43}=)\n"
    r"time (?P<time>0|[1-9][0-9]{0,15})\n",
    re.ASCII,
)
_SIGNATURE = re.compile(r"— (?P<name>[^\s+]+) (?P<blob>[A-Za-z0-9+/]+={0,2})")
_MAX_NOTE = 1 << 16


@dataclass(frozen=True, slots=True)
class Head:
    """What the COSE signature of a checkpoint covers beside the root: its protected header, read."""

    log: LogId
    size: int
    operator: str
    kid: KeyId
    alg: Alg
    time_ms: int
    anchor_by_ms: int


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A signed state of a log: `note` for note readers, the
    COSE parts for receipts. Times in ms since 1970.
    """

    log: LogId
    size: int
    root: Root
    time_ms: int
    note: bytes
    cose_protected: bytes
    cose_signature: bytes

    @property
    def head(self) -> Head:
        """The COSE header, read; MALFORMED_PROOF where it cannot be."""
        return parse_head(self.cose_protected)


@dataclass(frozen=True, slots=True)
class Note:
    """A checkpoint note, read and not verified. `signatures`
    are (key name, 4 bytes of key hash, signature).
    """

    log: LogId
    size: int
    root: Root
    time_ms: int
    text: bytes
    signatures: tuple[tuple[str, bytes, bytes], ...]


def sign_checkpoint(
    log: LogId, size: int, root: Root, time_ms: int, anchor_by_ms: int, *, operator: str, key: SigningKey
) -> Checkpoint:
    """The checkpoint of this state. `anchor_by_ms` promises the
    covering anchor; BAD_KEY unless key is Ed25519.
    """
    if key.public.alg is not Alg.EDDSA:
        raise Rejected("BAD_KEY", "checkpoints are signed with Ed25519")
    text = _text(log, size, root, time_ms)
    blob = b64encode(_key_hash(_origin(log), key.public) + key.sign(text)).decode()
    head = Head(log, size, operator, key.public.kid, key.public.alg, time_ms, anchor_by_ms)
    protected = _encode_head(head)
    signature = key.sign(sig_structure(protected, root))
    note = text + f"\n— {_origin(log)} {blob}\n".encode()
    return Checkpoint(log, size, root, time_ms, note, protected, signature)


def check_checkpoint(checkpoint: Checkpoint, key: PublicKey) -> None:
    """Returns if `key` signed both forms, and both say what `checkpoint` says.

    Raises MALFORMED_PROOF, PROOF_INVALID or BAD_SIGNATURE.
    """
    note, head = parse_note(checkpoint.note), checkpoint.head
    said = (checkpoint.log, checkpoint.size, checkpoint.time_ms)
    if (note.log, note.size, note.time_ms, note.root) != (*said, checkpoint.root):
        raise Rejected("PROOF_INVALID", "the note says something else than the checkpoint", path="note")
    if (head.log, head.size, head.time_ms, head.kid) != (*said, key.kid):
        raise Rejected("PROOF_INVALID", "the COSE header says something else", path="cose_protected")
    check_note(note, key)
    key.verify(checkpoint.cose_signature, sig_structure(checkpoint.cose_protected, checkpoint.root))


def check_note(note: Note, key: PublicKey) -> None:
    """Returns if one of the note's signatures is `key`'s under the log's name; others may come before it."""
    wanted = (_origin(note.log), _key_hash(_origin(note.log), key))
    for name, key_hash, signature in note.signatures:
        if (name, key_hash) == wanted:
            return key.verify(signature, note.text)
    raise Rejected("BAD_SIGNATURE", "the note holds no signature of this key", path="note")


def parse_note(raw: bytes) -> Note:
    """A C2SP checkpoint of one of our logs (signed-note, tlog-checkpoint); MALFORMED_PROOF otherwise."""
    try:
        text, blank, tail = raw[:_MAX_NOTE].decode().partition("\n\n")
    except UnicodeDecodeError:
        raise _malformed("the note is no UTF-8") from None
    lines = tail.split("\n")
    match = _NOTE.fullmatch(text + "\n")
    if not match or not blank or len(raw) > _MAX_NOTE or len(lines) < 2 or lines.pop():
        raise _malformed("no checkpoint of a tracehold log")
    root = Root(_base64(match["root"]))
    signatures = tuple(map(_signature, lines))
    log, size, time_ms = _log_of(match["origin"]), int(match["size"]), int(match["time"])
    return Note(log, size, root, time_ms, (text + "\n").encode(), signatures)


@lru_cache(maxsize=1024)  # all receipts of a checkpoint share one header
def parse_head(protected: bytes) -> Head:
    """The protected header of a checkpoint's COSE signature, in our profile; MALFORMED_PROOF otherwise."""
    if len(protected) > MAX_HEADER_BYTES:
        raise _malformed(f"the protected header is over {MAX_HEADER_BYTES} bytes")
    try:
        parts = cbor.decode(protected, MAX_HEADER_ITEMS)
    except Rejected as error:
        raise _malformed(error.message) from error
    match parts:
        case {
            labels.ALG: Alg.EDDSA,
            labels.KID: bytes(kid),
            labels.CWT_CLAIMS: {labels.ISS: str(operator), labels.SUB: str(origin), **more},
            labels.VDS: labels.RFC9162_SHA256,
            labels.SIZE: int(size),
            labels.TIME: int(time_ms),
            labels.ANCHOR_BY: int(anchor_by_ms),
            **others,
        } if not (more or others) and len(kid) == 32 and min(size, time_ms, anchor_by_ms) >= 0:
            times = int(time_ms), int(anchor_by_ms)
            head = Head(_log_of(origin), int(size), operator, KeyId(kid), Alg.EDDSA, *times)
            if _encode_head(head) == protected:  # where not, `true` stands for 1
                return head
    raise _malformed("the protected header is not of our profile")


def _encode_head(head: Head) -> bytes:
    parts: dict[int, Any] = {
        labels.ALG: int(head.alg),
        labels.KID: head.kid,
        labels.CWT_CLAIMS: {labels.ISS: head.operator, labels.SUB: _origin(head.log)},
        labels.VDS: labels.RFC9162_SHA256,
        labels.SIZE: head.size,
        labels.TIME: head.time_ms,
        labels.ANCHOR_BY: head.anchor_by_ms,
    }
    return cbor.encode(parts)


def _text(log: LogId, size: int, root: Root, time_ms: int) -> bytes:
    return f"{_origin(log)}\n{size}\n{b64encode(root).decode()}\ntime {time_ms}\n".encode()


def _origin(log: LogId) -> str:
    return f"tracehold/{log.hex()}"


def _log_of(origin: str) -> LogId:
    match = _ORIGIN.fullmatch(origin)
    if not match:
        raise _malformed("the origin is not tracehold/ and a log id")
    return LogId(bytes.fromhex(match[1]))


def _key_hash(name: str, key: PublicKey) -> bytes:
    """C2SP signed-note: the first 4 bytes of SHA-256(name, newline, signature type, key)."""
    return sha256(name.encode() + b"\n" + _ED25519 + key.raw).digest()[:4]


def _signature(line: str) -> tuple[str, bytes, bytes]:
    match = _SIGNATURE.fullmatch(line)
    if not match:
        raise _malformed("a signature line of the note is malformed")
    blob = _base64(match["blob"])
    return match["name"], blob[:4], blob[4:]


def _base64(text: str) -> bytes:
    try:
        decoded = b64decode(text, validate=True)
    except Base64Error:
        decoded = b""
    if b64encode(decoded).decode() != text:
        raise _malformed("base64 of the note is malformed, or not in its one spelling")
    return decoded


def _malformed(message: str) -> Rejected:
    return Rejected("MALFORMED_PROOF", message)
