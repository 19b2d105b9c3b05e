"""What a record log keeps: entries, checkpoints, what a step makes durable, and anchors on their way."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from tracehold.core.checkpoint import Checkpoint
from tracehold.core.ids import Fingerprint, LogId, Root
from tracehold.core.receipt import Anchor
from tracehold.core.tiles import Coord


@dataclass(frozen=True, slots=True)
class Entry:
    """One sealed record at its position. `bytes_total` counts record bytes from the start of the span that
    it stands in (entry 0, in the own log) through this one; it is 0 in a base.
    """

    log: LogId
    index: int
    fingerprint: Fingerprint
    raw: bytes
    kind: str
    bytes_total: int

    @property
    def erased(self) -> bool:
        """Whether its bytes were redacted: the place and the fingerprint stay."""
        return not self.raw


@dataclass(frozen=True, slots=True)
class Position:
    """Where a fingerprint stands."""

    log: LogId
    index: int


@dataclass(frozen=True, slots=True)
class NewEntry:
    """A record to be kept. `received` is the idempotency key of a delegated event (32 bytes), else None.
    `raw` is empty, and `kind` too, for a record of a foreign log that was redacted before it came here.
    """

    fingerprint: Fingerprint
    raw: bytes
    kind: str
    received: bytes | None = None


@dataclass(frozen=True, slots=True)
class Dispute:
    """What a holder found wrong with a record of another's log, which it keeps nevertheless: a stable code
    of `core.errors`, by the rules of this version (`core.snapshot.RULES_VERSION`).
    """

    index: int
    code: str
    rules: int


@dataclass(frozen=True, slots=True)
class Batch:
    """Everything that one step makes durable at once: entries from `first` on, the tiles they change, one
    checkpoint over all, and what was found wrong with the entries (in foreign logs only). `unjudged`: its
    records are still to be looked at, and `disputes` tells of its control records only.
    """

    log: LogId
    first: int
    entries: Sequence[NewEntry]
    tiles: Sequence[tuple[Coord, bytes]]
    checkpoint: Checkpoint
    disputes: Sequence[Dispute] = ()
    unjudged: bool = False


@dataclass(frozen=True, slots=True)
class Base:
    """What the copy of a foreign log rests on where it begins at a later segment than the first: tiles that
    lead from the control records before `start` to the roots of the segments before it, and those control
    records by index, in order. A part of it, or all.
    """

    log: LogId
    start: int
    tiles: Sequence[tuple[Coord, bytes]]
    controls: Sequence[tuple[int, NewEntry]]


class AnchorState(StrEnum):
    """SIGNED: bytes are stored, perhaps sent. MINED: in a block. FINAL: by the chain's finality rule, proof
    kept.
    """

    SIGNED = "signed"
    MINED = "mined"
    FINAL = "final"
    REORGED = "reorged"


@dataclass(frozen=True, slots=True)
class SignedTransaction:
    """A transaction as it was signed. The same bytes are sent again until they are mined; `hash` is known
    before sending.
    """

    raw: bytes
    hash: bytes
    nonce: int
    max_fee_per_gas: int


@dataclass(frozen=True, slots=True)
class AnchorTask:
    """One anchor on its way: (prev_size, size] of a log in a transaction. `anchor` is set from MINED on,
    its proof at FINAL.

    `undone` is kept from REORGED on: the first anchor that had been final and is canonical no more, with
    its block hash. An anchor that was found on the chain without its bytes here (a restored folder) has a
    transaction with empty `raw`.
    """

    log: LogId
    prev_size: int
    size: int
    root: Root
    transaction: SignedTransaction
    state: AnchorState
    anchor: Anchor | None = None
    gas_used: int | None = None
    undone: Anchor | None = None
