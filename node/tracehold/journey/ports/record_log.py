"""RecordLog: append-only logs with their tiles, checkpoints, anchors and bookmarks."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from tracehold.core.checkpoint import Checkpoint
from tracehold.core.ids import Fingerprint, LogId, Root
from tracehold.core.receipt import Anchor
from tracehold.core.tiles import Coord


@dataclass(frozen=True, slots=True)
class Entry:
    """One sealed record at its position. `bytes_total` counts record bytes from entry 0 through this one."""

    log: LogId
    index: int
    fingerprint: Fingerprint
    raw: bytes
    kind: str
    bytes_total: int


@dataclass(frozen=True, slots=True)
class Position:
    """Where a fingerprint stands."""

    log: LogId
    index: int


@dataclass(frozen=True, slots=True)
class NewEntry:
    """A record to be sealed. `received` is the idempotency key of a delegated event (32 bytes), else None."""

    fingerprint: Fingerprint
    raw: bytes
    kind: str
    received: bytes | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """Everything that one seal makes durable at once: entries from
    `first` on, the tiles they change, one checkpoint.
    """

    log: LogId
    first: int
    entries: Sequence[NewEntry]
    tiles: Sequence[tuple[Coord, bytes]]
    checkpoint: Checkpoint


class AnchorState(StrEnum):
    """SIGNED: bytes are stored, perhaps sent. MINED: in a block.
    FINAL: by the chain's finality rule, proof kept.
    """

    SIGNED = "signed"
    MINED = "mined"
    FINAL = "final"
    REORGED = "reorged"


@dataclass(frozen=True, slots=True)
class SignedTransaction:
    """A transaction as it was signed. The same bytes are sent again until
    they are mined; `hash` is known before sending.
    """

    raw: bytes
    hash: bytes
    nonce: int
    max_fee_per_gas: int


@dataclass(frozen=True, slots=True)
class AnchorTask:
    """One anchor on its way: (prev_size, size] of a log in a transaction. `anchor`
    is set from MINED on, its proof at FINAL.

    `undone` is kept from REORGED on: the first anchor that had been final and is canonical no
    more, with its block hash. An anchor that was found on the chain without its bytes here (a
    restored folder) has a transaction with empty `raw`.
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


class RecordLog(Protocol):
    """Append-only logs with their tiles, checkpoints, anchors and bookmarks, on one disk.

    All reads may run at once with each other and with one writer. Every method may raise
    `Broken("STORE_FAILED")` when the
    disk refuses, and `Unavailable("STORE_BUSY")` when another process holds the store.
    """

    async def logs(self) -> Sequence[LogId]:
        """All logs kept here, own and foreign, in the order in which they came."""
        ...

    async def size(self, log: LogId) -> int:
        """Entries of the log on disk; 0 for an unknown log."""
        ...

    async def append(self, batch: Batch) -> None:
        """Make the batch durable in one transaction: all of it or nothing, fsynced on return.

        Compare-and-swap on `batch.first`: if the log's size is another, nothing is written
        and `Rejected("HEAD_MOVED")` is raised. A fingerprint that is in this log already
        raises `Rejected("CONFLICT")`, nothing is written. Not harmless to repeat: a repeat
        raises HEAD_MOVED. One caller at a time per log.
        """
        ...

    async def read(self, log: LogId, start: int, stop: int, max_bytes: int = 8 << 20) -> Sequence[Entry]:
        """Entries [start, stop) in order; fewer where the log ends or `max_bytes` of
        records is reached (at least one entry if any).
        """
        ...

    async def find(self, fingerprints: Collection[Fingerprint]) -> Mapping[Fingerprint, Position]:
        """Positions of those fingerprints that are kept; the rest is
        left out. First log wins where several hold one.
        """
        ...

    async def entry(self, fingerprint: Fingerprint) -> Entry | None:
        """The record with this fingerprint, re-hashed by the store:
        `Broken("CORRUPT")` where the bytes on disk do not match.
        """
        ...

    async def entries(self, fingerprints: Collection[Fingerprint]) -> Mapping[Fingerprint, Entry]:
        """Those of the records that are kept, as the disk holds them; the rest is left out. First log wins
        where several hold one. They are not re-hashed: whoever shows one does that.
        """
        ...

    async def received(self, keys: Collection[bytes]) -> Mapping[bytes, Fingerprint]:
        """Fingerprints under which delegated events with these idempotency keys were sealed."""
        ...

    async def controls(self, log: LogId, start: int = 0) -> Sequence[Entry]:
        """All control records of the log with index >= start, in order (`record.CONTROL_KINDS`)."""
        ...

    async def tiles(self, log: LogId, coords: Collection[Coord]) -> Mapping[Coord, bytes]:
        """Tiles as they stand at the log's present size (the last of each level may be partial)."""
        ...

    async def checkpoint(self, log: LogId, size: int | None = None) -> Checkpoint | None:
        """The newest checkpoint, or the one of exactly this size; None if there is none."""
        ...

    async def checkpoint_covering(self, log: LogId, index: int) -> Checkpoint | None:
        """The first checkpoint with size > index."""
        ...

    async def checkpoint_within(self, log: LogId, after: int, upto: int, max_bytes: int) -> Checkpoint | None:
        """The newest checkpoint with after < size <= upto that adds at most `max_bytes` of
        records past `after` (or, if none does, the first one past `after`). For the
        anchor, which must not cross a segment's end."""
        ...

    async def save_anchor(self, task: AnchorTask) -> None:
        """Insert or replace the task of (log, size); durable on return; harmless to repeat."""
        ...

    async def drop_anchor(self, log: LogId, size: int) -> None:
        """Forget a task that is not FINAL (its transaction
        can never be mined any more); durable on return.
        """
        ...

    async def anchors(
        self, log: LogId, states: Collection[AnchorState], newest: int | None = None
    ) -> Sequence[AnchorTask]:
        """Tasks in these states, by size; with `newest`, only that
        many of the largest sizes (final ones are many).
        """
        ...

    async def anchor_covering(self, log: LogId, index: int) -> AnchorTask | None:
        """The first MINED or FINAL anchor with prev_size <= index < size."""
        ...

    async def bookmark(self, name: str) -> int:
        """The number kept under this name; 0 at first."""
        ...

    async def save_bookmark(self, name: str, value: int) -> None:
        """Durable on return; harmless to repeat."""
        ...

    async def probe(self) -> None:
        """Write and read back one small durable value (health)."""
        ...
