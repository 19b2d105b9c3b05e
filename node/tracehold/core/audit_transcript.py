"""The signed transcript of an audit, from which anybody who reads the chain can recompute what came of it
(docs/spec/audit.md).

It holds no record's content: of each answer the fingerprint and the path, which is what the holder signed.
"""

from dataclasses import dataclass, replace
from typing import Any

from tracehold.core import cbor
from tracehold.core.audit import Between, Outcome, State, Told, encode_told
from tracehold.core.errors import Rejected
from tracehold.core.ids import LogId, NetworkId
from tracehold.core.keys import SigningKey

MAX_BYTES = 4 << 20
"""A transcript: its two custody records are most of it."""

_MAGIC = "tracehold/audit/v1"
_PREFIX = b"tracehold/audit/v1\n"
_ITEMS = 20_000
_PATH = 64
_LATEST = 1 << 53


@dataclass(frozen=True, slots=True)
class Said:
    """A custody record and its receipt, as bytes; nothing is checked."""

    record: bytes
    receipt: bytes


@dataclass(frozen=True, slots=True)
class Part:
    """Answers that came together: to the places behind those of the parts before, with the holder's signature
    over them. `asked_ms` and `answered_ms` are by the auditor's clock, in ms since 1970.
    """

    answers: tuple[Told, ...]
    signature: bytes
    asked_ms: int
    answered_ms: int


@dataclass(frozen=True, slots=True)
class Transcript:
    """What an auditor says came of one audit, and all that it rests on.

    `custody` is that of the holder: None where it had none that was anchored before the epoch. `block` is the
    first final block of the epoch, by number and hash. `asked_ms` is when the holder was asked for the
    first time in this epoch. `body` and `signature` are what was signed, in one that was read.
    """

    network: NetworkId
    auditor: LogId
    holder: LogId
    epoch_s: int
    epoch: int
    own: Said
    custody: Said | None
    block: tuple[int, bytes]
    nonce: bytes
    samples: int
    window_ms: int
    asked_ms: int
    parts: tuple[Part, ...]
    outcome: Outcome
    body: bytes = b""
    signature: bytes = b""

    @property
    def between(self) -> Between:
        """Whose audit of whom."""
        return Between(self.network, self.auditor, self.holder)

    @property
    def answers(self) -> tuple[Told, ...]:
        """All answers, in the order of the places."""
        return tuple(answer for part in self.parts for answer in part.answers)

    @property
    def latency_ms(self) -> int:
        """From the first question of the epoch to the last answer; 0 where there was none."""
        return max(0, self.parts[-1].answered_ms - self.asked_ms) if self.parts else 0


def sign_transcript(transcript: Transcript, key: SigningKey) -> bytes:
    """The bytes of a transcript, signed by its auditor's node key."""
    body = _encode(transcript)
    return cbor.encode([body, key.sign(_PREFIX + body)])


def signed_text(transcript: Transcript) -> bytes:
    """What `transcript.signature` is over."""
    return _PREFIX + transcript.body


def decode_transcript(raw: bytes) -> Transcript:
    """The transcript of such bytes, in form; MALFORMED_PROOF otherwise. No signature is checked."""
    if len(raw) > MAX_BYTES:
        raise _malformed(f"over {MAX_BYTES} bytes")
    try:
        match cbor.decode(raw, 2):
            case [bytes(body), bytes(signature)] if len(signature) == 64:
                return replace(_decode(cbor.decode(body, _ITEMS)), body=body, signature=signature)
    except Rejected as error:
        if error.code == "MALFORMED_PROOF":
            raise
        raise _malformed(error.message) from error
    raise _malformed("a transcript is [body, signature of 64 bytes]")


def _encode(of: Transcript) -> bytes:
    parts = [
        [[encode_told(each) for each in part.answers], part.signature, part.asked_ms, part.answered_ms]
        for part in of.parts
    ]
    custody = None if of.custody is None else [of.custody.record, of.custody.receipt]
    fields: list[Any] = [
        _MAGIC,
        of.network,
        of.auditor,
        of.holder,
        of.epoch_s,
        of.epoch,
        [of.own.record, of.own.receipt],
        custody,
        list(of.block),
        of.nonce,
        of.samples,
        of.window_ms,
        of.asked_ms,
        parts,
        str(of.outcome),
    ]
    return cbor.encode(dict(enumerate(fields)))


def _decode(fields: Any) -> Transcript:
    if type(fields) is not dict or list(fields) != list(range(15)) or fields[0] != _MAGIC:
        raise _malformed(f"no {_MAGIC}")
    network, auditor, holder, nonce = (_hash(fields[at]) for at in (1, 2, 3, 9))
    epoch_s, epoch, samples, window_ms, asked_ms = (_number(fields[at]) for at in (4, 5, 10, 11, 12))
    own, custody = _said(fields[6]), None if fields[7] is None else _said(fields[7])
    match fields[8], fields[13]:
        case [int(number), bytes(block)], list(parts):
            return Transcript(
                NetworkId(network),
                LogId(auditor),
                LogId(holder),
                epoch_s,
                epoch,
                own,
                custody,
                (_number(number), _hash(block)),
                nonce,
                samples,
                window_ms,
                asked_ms,
                tuple(map(_part, parts)),
                _outcome(fields[14]),
            )
    raise _malformed("a field has a wrong type")


def _part(entry: Any) -> Part:
    match entry:
        case [[_, *_] as answers, bytes(signature), int(asked), int(answered)] if len(signature) == 64:
            times = _number(asked), _number(answered)
            if times[0] <= times[1]:
                return Part(tuple(map(_told, answers)), signature, *times)
    raise _malformed("a part is [answers, signature, when asked, when answered]")


def _told(entry: Any) -> Told:
    match entry:
        case [2, b"", []]:
            return Told(State.MISSING)
        case [int(state), bytes(fingerprint), list(path)] if (
            type(state) is int
            and state in (State.GIVEN, State.ERASED)
            and len(path) <= _PATH
            and all(type(part) is bytes and len(part) == 32 for part in (fingerprint, *path))
        ):
            return Told(State(state), fingerprint, tuple(path))
    raise _malformed("an answer is [state, fingerprint, path]")


def _said(entry: Any) -> Said:
    match entry:
        case [bytes(record), bytes(receipt)]:
            return Said(record, receipt)
    raise _malformed("a custody record stands with its receipt")


def _outcome(value: Any) -> Outcome:
    if type(value) is not str or value not in {str(one) for one in Outcome}:
        raise _malformed("an outcome of nobody")
    return Outcome(value)


def _hash(value: Any) -> bytes:
    if type(value) is not bytes or len(value) != 32:
        raise _malformed("32 bytes must stand here")
    return value


def _number(value: Any) -> int:
    if type(value) is not int or not 0 <= value < _LATEST:
        raise _malformed("a number must stand here")
    return value


def _malformed(message: str) -> Rejected:
    return Rejected("MALFORMED_PROOF", message, path="transcript")
