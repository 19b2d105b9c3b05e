"""The custody record: what of others a node keeps in an epoch, and the nonce it will audit with
(docs/spec/custody.md, protocol section 8).

The node seals one for each epoch in its own log, before the epoch begins. So what it owes was fixed before
anybody could know which entries it would be asked for, and so was its own choice of a nonce.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from blake3 import blake3

from tracehold.core import cbor
from tracehold.core.errors import Rejected
from tracehold.core.ids import LogId
from tracehold.core.limits import SEGMENT_ENTRIES
from tracehold.core.record import Kind, Record
from tracehold.core.roster import Roster

EPOCH_S = 86_400
"""The network's epoch in seconds; only laboratories have shorter ones."""

MAX_RUNS = 20_000
"""Runs that one record lists: some 900 kB."""

NONCE_BYTES = 32

_LATEST = 1 << 53  # exact in every language
_NONCE = b"tracehold/audit-nonce/v1\n"
_ITEMS = 4 * MAX_RUNS + 8


@dataclass(frozen=True, slots=True, order=True)
class Run:
    """Entries [start, stop) of another's log, from the start of a segment on."""

    log: LogId
    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class Custody:
    """In epoch `epoch` of `epoch_s` seconds since 1970 the node keeps these runs, and owes each entry of
    them. They are by log and start, and no two touch. `nonce_hash` commits it to the nonce of its audits.
    """

    epoch_s: int
    epoch: int
    nonce_hash: bytes
    kept: tuple[Run, ...]


def nonce_hash(nonce: bytes) -> bytes:
    """The commitment to a nonce: 32 bytes."""
    return blake3(_NONCE + nonce).digest()


def epoch_at(time_s: int, epoch_s: int) -> int:
    """The epoch of this block time. Epoch e begins with the first block at or after e * epoch_s."""
    return time_s // epoch_s


def encode_custody(custody: Custody) -> bytes:
    """The payload; not checked: `decode_custody` does."""
    kept = [[run.log, run.start, run.stop] for run in custody.kept]
    return cbor.encode({1: custody.epoch_s, 2: custody.epoch, 3: custody.nonce_hash, 4: kept})


def decode_custody(payload: bytes) -> Custody:
    """What a custody record says; BAD_CONTROL where it has not the form of one."""
    try:
        parts = cbor.decode(payload, _ITEMS)
    except Rejected as error:
        raise _bad(error.message) from error
    match parts:
        case {1: int(epoch_s), 2: int(epoch), 3: bytes(digest), 4: list(kept), **others} if not others:
            if not (_number(epoch_s, 1) and _number(epoch, 0) and len(digest) == 32):
                raise _bad("epochs are numbers, and a commitment has 32 bytes")
            return Custody(epoch_s, epoch, digest, tuple(_runs(kept)))
    raise _bad("the payload is {1: seconds, 2: epoch, 3: commitment, 4: [[log, start, stop], ...]}")


def check_custody(record: Record, roster: Roster) -> None:
    """Returns if a custody record whose key was found good at its place speaks for the log's operator;
    BAD_CONTROL otherwise. What it lists is checked by `decode_custody`.
    """
    if record.header.kind == Kind.CUSTODY and not roster.speaks_as_operator(record):
        raise Rejected("BAD_CONTROL", "only the node key says what its node keeps", path="header.kid")


def _runs(entries: list[Any]) -> Iterator[Run]:
    last: Run | None = None
    for entry in entries:
        run = _run(entry)
        # Touching runs are one: each state has one form.
        if last is not None and (run.log, run.start) <= (last.log, last.stop if run.log == last.log else 0):
            raise _bad("runs stand by log and start, apart from each other")
        yield run
        last = run


def _run(entry: Any) -> Run:
    match entry:
        case [bytes(log), int(start), int(stop)] if len(log) == 32 and _number(start, 0):
            # As copies do. So there is one run at most in each segment, and each segment counts once.
            if start % SEGMENT_ENTRIES == 0 and _number(stop, start + 1):
                return Run(LogId(log), start, stop)
    raise _bad("a run is [log of 32 bytes, start of a segment, stop behind it]")


def _number(value: Any, least: int) -> bool:
    return type(value) is int and least <= value < _LATEST


def runs_of(kept: Iterable[tuple[LogId, Iterable[tuple[int, int]]]]) -> tuple[Run, ...]:
    """The runs of a custody record from the spans of each log, which are ascending and apart."""
    return tuple(sorted(Run(log, start, stop) for log, spans in kept for start, stop in spans))


def _bad(message: str) -> Rejected:
    return Rejected("BAD_CONTROL", message, path="payload")
