"""An audit's question and its signed answer (docs/spec/audit.md, protocol section 8).

Auditor and holder both come to the same places from a block that neither chose and a nonce that the auditor
committed to before that block. The holder answers each place and signs what it answered: a wrong answer is
then proof against it, whoever keeps it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Any

from blake3 import blake3

from tracehold.core import cbor
from tracehold.core.errors import Rejected
from tracehold.core.ids import Fingerprint, LogId, NetworkId, Root
from tracehold.core.keys import PublicKey, SigningKey
from tracehold.core.merkle import leaf_hash, root_from_inclusion
from tracehold.core.sampling import AskedEntry

__all__ = [
    "MAX_PLACES",
    "WINDOW_S",
    "Answered",
    "Asked",
    "AskedChunk",
    "AskedEntry",
    "Between",
    "ChunkAnswer",
    "EntryAnswer",
    "Mark",
    "Outcome",
    "State",
    "Told",
    "challenge_after_s",
    "check_answer",
    "encode_told",
    "mark",
    "seed_of",
    "sign_answer",
    "told",
]

MAX_PLACES = 128
"""Places in one question."""

WINDOW_S = 600
"""Seconds in which a holder answers, by default."""

_ANSWER = b"tracehold/audit-answer/v1\n"
_SEED = "tracehold/audit-seed/v1"
_MAX_PATH = 64


class State(IntEnum):
    """What a holder says of a place."""

    GIVEN = 0
    ERASED = 1
    MISSING = 2


class Outcome(StrEnum):
    """What an audit came to. `contained` says nothing of the holder's data: it did not answer, or not in
    time.
    """

    PASS = "pass"  # noqa: S105
    FAIL = "fail"
    CONTAINED = "contained"


class Mark(StrEnum):
    """What one answer came to."""

    OK = "ok"
    WRONG = "wrong"
    MISSING = "missing"
    ERASED = "erased"


@dataclass(frozen=True, slots=True)
class Between:
    """Whose audit of whom, by the ids of their logs."""

    network: NetworkId
    auditor: LogId
    holder: LogId


@dataclass(frozen=True, slots=True)
class AskedChunk:
    """A piece of 1 KiB of an attachment, by number from 0 on."""

    fingerprint: Fingerprint
    chunk: int


@dataclass(frozen=True, slots=True)
class Asked:
    """What an auditor asks a holder in an epoch. `block_hash` is that of the epoch's first final block."""

    epoch_s: int
    epoch: int
    nonce: bytes
    block_hash: bytes
    entries: tuple[AskedEntry, ...]
    chunks: tuple[AskedChunk, ...] = ()


@dataclass(frozen=True, slots=True)
class EntryAnswer:
    """A holder's answer for one entry: the record's bytes, or the fingerprint of one that was redacted, with
    the inclusion path of the entry under the asked size; or that it has not got it, with neither.
    """

    raw: bytes = b""
    erased: Fingerprint | None = None
    path: tuple[bytes, ...] = ()
    missing: bool = False


@dataclass(frozen=True, slots=True)
class ChunkAnswer:
    """The same for a piece of an attachment, with its path in the attachment's tree."""

    chunk: bytes = b""
    path: tuple[bytes, ...] = ()
    missing: bool = False


@dataclass(frozen=True, slots=True)
class Answered:
    """A holder's answers to the first places that it was asked for, entries before pieces, one each, and its
    signature over them.
    """

    entries: tuple[EntryAnswer, ...]
    chunks: tuple[ChunkAnswer, ...]
    signature: bytes


@dataclass(frozen=True, slots=True)
class Told:
    """What the signature covers of an answer, and all that is kept of it: the fingerprint of the given bytes
    or of the redacted record (of a piece its leaf hash; empty where missing), and the path. It holds nothing
    of a record's content.
    """

    state: State
    fingerprint: bytes = b""
    path: tuple[bytes, ...] = ()


def seed_of(between: Between, epoch: int, block_hash: bytes, nonce: bytes) -> bytes:
    """The 32 bytes from which an audit's places are drawn."""
    parts = between.network + epoch.to_bytes(8, "big") + block_hash + nonce + between.auditor + between.holder
    return blake3(parts, derive_key_context=_SEED).digest()


def challenge_after_s(auditor: LogId, holder: LogId, epoch_s: int, epoch: int) -> int:
    """How many seconds after an epoch's beginning this auditor asks this holder: somewhere in its first half,
    so that a holder is not asked by all at once.
    """
    spread = blake3(auditor + holder + epoch.to_bytes(8, "big")).digest(length=8)
    return int.from_bytes(spread, "big") % max(1, epoch_s // 2)


def told(answer: EntryAnswer | ChunkAnswer) -> Told:
    """What is signed and kept of an answer. MALFORMED_PROOF where it is none."""
    if len(answer.path) > _MAX_PATH or any(len(part) != 32 for part in answer.path):
        raise _malformed("a path is at most 64 hashes of 32 bytes")
    match answer:
        case EntryAnswer(raw, None, path, False) if raw:
            return Told(State.GIVEN, blake3(raw).digest(), path)
        case EntryAnswer(b"", bytes(erased), path, False) if len(erased) == 32:
            return Told(State.ERASED, erased, path)
        case ChunkAnswer(chunk, path, False) if chunk:
            return Told(State.GIVEN, leaf_hash(chunk), path)
        case EntryAnswer(b"", None, (), True) | ChunkAnswer(b"", (), True):
            return Told(State.MISSING)
    raise _malformed("an answer is bytes, a fingerprint of 32 bytes, or that nothing is there")


def sign_answer(between: Between, asked: Asked, answers: Sequence[Told], key: SigningKey) -> bytes:
    """The holder's signature (64 bytes) over its answers to the first of these places."""
    return key.sign(_signed(between, asked, answers))


def check_answer(
    between: Between, asked: Asked, answers: Sequence[Told], signature: bytes, key: PublicKey
) -> None:
    """Returns if `key` signed these answers to the first of these places, BAD_SIGNATURE otherwise;
    MALFORMED_PROOF where there are none, or more than places.
    """
    if not 0 < len(answers) <= len(asked.entries) + len(asked.chunks):
        raise _malformed(f"{len(answers)} answers to {len(asked.entries) + len(asked.chunks)} places")
    key.verify(signature, _signed(between, asked, answers))


def mark(place: AskedEntry, answer: Told, root: Root) -> Mark:
    """What an answer comes to under the root anchored at the place's size. Whether an erasure was due is not
    known here.
    """
    if answer.state is State.MISSING:
        return Mark.MISSING
    try:
        leaf = leaf_hash(Fingerprint(answer.fingerprint))
        if root_from_inclusion(leaf, place.index, place.size, answer.path) != root:
            return Mark.WRONG
    except Rejected:
        return Mark.WRONG
    return Mark.OK if answer.state is State.GIVEN else Mark.ERASED


def encode_told(answer: Told) -> list[Any]:
    """As CBOR values: [state, fingerprint, path]."""
    return [int(answer.state), answer.fingerprint, list(answer.path)]


def _signed(between: Between, asked: Asked, answers: Sequence[Told]) -> bytes:
    chunks = max(0, len(answers) - len(asked.entries))
    said = [
        between.network,
        between.auditor,
        between.holder,
        asked.epoch_s,
        asked.epoch,
        asked.block_hash,
        asked.nonce,
        [[each.log, each.index, each.size] for each in asked.entries[: len(answers)]],
        [[each.fingerprint, each.chunk] for each in asked.chunks[:chunks]],
        [encode_told(answer) for answer in answers],
    ]
    return _ANSWER + cbor.encode(said)


def _malformed(message: str) -> Rejected:
    return Rejected("MALFORMED_PROOF", message, path="audit")
