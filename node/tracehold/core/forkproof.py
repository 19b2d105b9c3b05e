"""The evidence of a fork: two states of one log, of one size, that cannot both be true (docs/spec/peer.md).

The file needs no node: the log's header, whose fingerprint is the log's id, names the key that signs for it,
and each rotation the next one. What is kept is a state signed with such a key, of that size or of a later one
with the path from it; what was shown is another signed state, or what the chain says.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from tracehold.core import cbor
from tracehold.core.anchor import Anchor, decode_anchor
from tracehold.core.checkpoint import Note, check_note, parse_note
from tracehold.core.control import Rotate, decode_control
from tracehold.core.errors import Rejected
from tracehold.core.ids import LogId, Root
from tracehold.core.keys import PublicKey
from tracehold.core.merkle import verify_consistency
from tracehold.core.record import check_signature, parse
from tracehold.core.roster import Roster

MAGIC = "tracehold/fork/v1"
MAX_BYTES = 4 << 20
"""Of a file."""

_MAX_ITEMS = 4096


class Verdict(StrEnum):
    """What a fork's evidence shows."""

    TWO_STATES = "TWO_SIGNED_STATES"
    """The log's node key signed both: nobody else is needed to see it."""
    STATE_AND_ANCHOR = "STATE_AND_ANCHOR"
    """It signed one, and the chain has the other: true if the anchor named is on the chain."""
    ONE_STATE = "ONE_STATE"
    """It signed the state that was shown; what it contradicts is lost, and nothing is proved to others."""


@dataclass(frozen=True, slots=True)
class ForkProof:
    """Bytes only, nothing verified. `keys` are the header and the rotations, in order. `kept` is a checkpoint
    note over the state `kept_root` of `size` and `path` the consistency proof between them; empty where what
    was kept is lost. `shown` is a note, or the CBOR of an anchor where `by_chain`.
    """

    log: LogId
    size: int
    seen_ms: int
    keys: tuple[bytes, ...]
    kept: bytes
    kept_root: bytes
    path: tuple[bytes, ...]
    shown: bytes
    by_chain: bool


@dataclass(frozen=True, slots=True)
class ForkReport:
    """What was found: both roots of the size, hexadecimal where they are told; whose log it is."""

    verdict: Verdict
    operator: str
    log: LogId
    size: int
    kept_root: bytes
    shown_root: bytes
    anchor: Anchor | None = None


def encode_fork(proof: ForkProof) -> bytes:
    """The file's one encoding (deterministic CBOR)."""
    fields: list[Any] = [
        MAGIC,
        proof.log,
        proof.size,
        proof.seen_ms,
        list(proof.keys),
        proof.kept,
        proof.kept_root,
        list(proof.path),
        proof.shown,
        proof.by_chain,
    ]
    return cbor.encode(dict(enumerate(fields)))


def decode_fork(raw: bytes) -> ForkProof:
    """What stands in such a file; MALFORMED_PROOF otherwise."""
    if len(raw) > MAX_BYTES:
        raise _malformed(f"over {MAX_BYTES} bytes")
    try:
        parts = cbor.decode(raw, _MAX_ITEMS)
    except Rejected as error:
        raise _malformed(error.message) from error
    match parts:
        case {
            0: str(magic),
            1: bytes(log),
            2: int(size),
            3: int(seen_ms),
            4: [_, *_] as keys,
            5: bytes(kept),
            6: bytes(root),
            7: [*path],
            8: bytes(shown),
            9: bool(by_chain),
            **others,
        } if magic == MAGIC and not others and all(type(each) is bytes for each in (*keys, *path)):
            if type(size) is int and size > 0 and type(seen_ms) is int and len(log) == 32:
                return ForkProof(
                    LogId(log), size, seen_ms, tuple(keys), kept, root, tuple(path), shown, by_chain
                )
    raise _malformed(f"no {MAGIC} file")


def check_fork(proof: ForkProof) -> ForkReport:
    """What the evidence shows. Raises PROOF_INVALID, BAD_SIGNATURE, BAD_CONTROL or MALFORMED_PROOF where it
    shows nothing.
    """
    roster, keys = _keys(proof)
    anchor = decode_anchor(cbor.decode(proof.shown)) if proof.by_chain else None
    shown = anchor or _signed(proof.shown, keys)
    if (shown.log, shown.size) != (proof.log, proof.size):
        raise Rejected("PROOF_INVALID", "what was shown is of another log or size", path="shown")
    if not proof.kept:
        return ForkReport(Verdict.ONE_STATE, roster.operator, proof.log, proof.size, b"", shown.root, anchor)
    kept = _signed(proof.kept, keys)
    if kept.log != proof.log:
        raise Rejected("PROOF_INVALID", "what was kept is of another log", path="kept")
    if kept.size == proof.size:
        if kept.root != proof.kept_root:
            raise Rejected("PROOF_INVALID", "the state that was kept has another root", path="kept")
    else:
        verify_consistency(proof.size, kept.size, proof.kept_root, kept.root, proof.path)
    if shown.root == proof.kept_root:
        raise Rejected("PROOF_INVALID", "both states are one", path="shown")
    verdict = Verdict.STATE_AND_ANCHOR if anchor else Verdict.TWO_STATES
    return ForkReport(
        verdict, roster.operator, proof.log, proof.size, proof.kept_root, Root(shown.root), anchor
    )


def _keys(proof: ForkProof) -> tuple[Roster, Sequence[PublicKey]]:
    """Every node key of the log, one signed by the one before."""
    header, *rotations = map(parse, proof.keys)
    roster = Roster.from_header(header)
    if roster.log != proof.log:
        raise Rejected("PROOF_INVALID", "the header is that of another log", path="keys")
    keys = [roster.node_key]
    for record in rotations:
        says = decode_control(record.header.kind, record.payload)
        named = (record.header.kid, record.header.iss, record.header.aud)
        if not isinstance(says, Rotate) or named != (keys[-1].kid, roster.operator, roster.network):
            raise Rejected("PROOF_INVALID", "a rotation is not said by the key before it", path="keys")
        check_signature(record, keys[-1])
        keys.append(says.key)
    return roster, keys


def _signed(raw: bytes, keys: Sequence[PublicKey]) -> Note:
    """The note, signed with one of these keys."""
    note = parse_note(raw)
    for key in keys:
        try:
            check_note(note, key)
        except Rejected:
            continue
        return note
    raise Rejected("BAD_SIGNATURE", "no node key of the log signed the state", path="note")


def _malformed(message: str) -> Rejected:
    return Rejected("MALFORMED_PROOF", message, path="fork")
