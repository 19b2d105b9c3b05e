"""RecordLog: append-only logs with their tiles, checkpoints, anchors and bookmarks."""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from tracehold.core.checkpoint import Checkpoint
from tracehold.core.ids import Fingerprint, LogId
from tracehold.core.spans import Spans
from tracehold.core.tiles import Coord
from tracehold.journey.ports.kept import AnchorState, AnchorTask, Base, Batch, Dispute, Entry, Position


class RecordLog(Protocol):
    """Append-only logs with their tiles, checkpoints, anchors and bookmarks, on one disk.

    The own log is whole. Of a foreign one a node keeps *spans*: runs of entries without a gap that begin at a
    segment's start; where two meet they are one. Before a later span stands its base (`begin`): the control
    records that came before it, which are found and proved like all entries and belong to no span.

    Entries of a foreign log may be kept before they were judged. Until then they are read by their places
    only: who asks by fingerprint is not shown what nobody looked at.

    All reads may run at once with each other and with one writer. Every method may raise
    `Broken("STORE_FAILED")` when the disk refuses, and `Unavailable("STORE_BUSY")` when another process
    holds the store.
    """

    async def logs(self) -> Sequence[LogId]:
        """All logs kept here, own and foreign, in the order in which they came."""
        ...

    async def size(self, log: LogId) -> int:
        """Where the log ends on disk: one past the last entry of its last span; 0 where it has none."""
        ...

    async def spans(self, log: LogId) -> Sequence[tuple[int, int]]:
        """The runs [start, stop) of entries that are kept, ascending, none empty; of the own log one."""
        ...

    async def begin(self, base: Base) -> None:
        """Keep (a part of) the base of a span that shall begin at `base.start`, the start of a segment that
        no span holds. Durable on return; harmless to repeat, and parts may come in any number of calls:
        what is kept already stays, and where a span holds or reaches the place none is begun. Nothing is
        checked here: who calls has proved tiles and records against an anchored root. One caller at a time
        per log, which is the one of `append`.
        """
        ...

    async def append(self, batch: Batch) -> None:
        """Make the batch durable in one transaction: all of it or nothing, fsynced on return.

        Compare-and-swap on `batch.first`: it must be where a span ends, or where a base was begun, or 0
        where no span begins there. Otherwise nothing is written and `Rejected("HEAD_MOVED")` is raised. A
        fingerprint that is in this log already raises `Rejected("CONFLICT")`, and so does a batch that
        reaches into a later span; nothing is written. (A control record of a base is no conflict at its own
        place.) Not harmless to repeat: a repeat raises HEAD_MOVED. One caller at a time per log.
        """
        ...

    async def read(self, log: LogId, start: int, stop: int, max_bytes: int = 8 << 20) -> Sequence[Entry]:
        """Entries [start, stop) in order without a gap; fewer where their span ends or `max_bytes` of
        records is reached (at least one entry if any), none where `start` is in no span.
        """
        ...

    async def find(
        self, fingerprints: Collection[Fingerprint], within: LogId | None = None
    ) -> Mapping[Fingerprint, Position]:
        """Positions of those fingerprints that are kept, of one log alone where `within` names it, and not
        `unjudged`; the rest is left out.

        Where several logs hold one, the own log wins; of others one whose copy was not erased, of these one
        in which nothing was found wrong with it, and of these the first: nobody blemishes a record by
        holding it too.
        """
        ...

    async def entry(self, fingerprint: Fingerprint) -> Entry | None:
        """The record with this fingerprint, re-hashed by the store: `Broken("CORRUPT")` where the bytes on
        disk do not match. Where several logs hold it, as `entries`; None where only unjudged copies are kept.
        """
        ...

    async def entries(self, fingerprints: Collection[Fingerprint]) -> Mapping[Fingerprint, Entry]:
        """Those of the records that are kept and not `unjudged`, as the disk holds them; the rest is left
        out. Where several logs hold one, it is chosen as by `find`, but a copy that was not erased wins over
        the own log's that was. They are not re-hashed: whoever shows one does that.
        """
        ...

    async def received(self, keys: Collection[bytes]) -> Mapping[bytes, Fingerprint]:
        """Fingerprints under which delegated events with these idempotency keys were sealed."""
        ...

    async def controls(self, log: LogId, start: int = 0, max_bytes: int | None = None) -> Sequence[Entry]:
        """All control records of the log with index >= start, in order (`record.CONTROL_KINDS`), those of a
        base too. With `max_bytes` no more of them than first go over so many record bytes.
        """
        ...

    async def disputes(self, log: LogId, start: int, stop: int) -> Sequence[Dispute]:
        """What was found wrong with the entries [start, stop), by index; one for each entry at most."""
        ...

    async def unjudged(self, log: LogId) -> Spans:
        """The runs [start, stop) of entries that came in unjudged batches and were not judged since,
        ascending; none empty, and no two meet.
        """
        ...

    async def judged(self, log: LogId, start: int, stop: int, disputes: Sequence[Dispute]) -> None:
        """The entries [start, stop) are unjudged no more, and this is what was found wrong with them (what
        was known already stays). Durable on return, in one transaction; harmless to repeat.
        """
        ...

    async def mend(self, log: LogId, index: int, raw: bytes, fingerprint: Fingerprint) -> None:
        """Put right the bytes, the kind and the fingerprint of an entry that the disk damaged. Who calls has
        proved them against the tree; nothing is checked here. An entry that is erased stays erased, and with
        empty `raw` the bytes stay: then only the fingerprint is put right. Nothing happens where no such
        entry is kept. Durable on return; harmless to repeat.
        """
        ...

    async def mend_tiles(self, log: LogId, tiles: Sequence[tuple[Coord, bytes]]) -> None:
        """Put tiles in the place of those that are kept, whatever those hold; what a kept one has beyond the
        new one's end stays, since the log may have grown. Who calls has proved them. Durable on return, in
        one transaction; harmless to repeat.
        """
        ...

    async def erase(self, log: LogId, index: int) -> None:
        """Delete the record's bytes for good, and keep its place, fingerprint, kind and leaf; durable on
        return; harmless to repeat; nothing happens where no such entry is kept. From then on the entry is
        `erased` wherever it is read, also by its fingerprint, and is not re-hashed; what `bytes_total` counts
        stays. `Unavailable("STORE_BUSY")` also where the bytes are not gone yet: it is to be repeated then.
        """
        ...

    async def tiles(self, log: LogId, coords: Collection[Coord]) -> Mapping[Coord, bytes]:
        """Tiles as they stand at the log's present size (the last of each level may be partial). Before a
        span there are those of its base; in a hole there are none.
        """
        ...

    async def checkpoint(self, log: LogId, size: int | None = None) -> Checkpoint | None:
        """The newest checkpoint, or the one of exactly this size; None if there is none."""
        ...

    async def keep_checkpoint(self, checkpoint: Checkpoint) -> None:
        """Keep one more checkpoint of a foreign log, of a size that lies in a span: an anchor may be of it.
        Durable on return; harmless to repeat, and the first of each size stays. Nothing is checked here.
        """
        ...

    async def checkpoint_covering(self, log: LogId, index: int) -> Checkpoint | None:
        """The first checkpoint with size > index."""
        ...

    async def checkpoint_within(self, log: LogId, after: int, upto: int, max_bytes: int) -> Checkpoint | None:
        """The newest checkpoint with after < size <= upto that adds at most `max_bytes` of
        records past `after` (or, if none does, the first one past `after`), within the span that holds entry
        `after` - 1 or begins there. For the anchor, which must not cross a segment's end, and for shipments.
        """
        ...

    async def in_force(self, contract: bytes) -> None:
        """Anchors are saved, dropped and told of this contract from now on; durable on return. Those of the
        contracts before stay, and the final ones are told by `earlier_anchors`. What was saved before this
        was ever called is of the contract that its blocks name, else of this one.
        """
        ...

    async def save_anchor(self, task: AnchorTask) -> None:
        """Insert or replace the task of (log, size); durable on return; harmless to repeat."""
        ...

    async def drop_anchor(self, log: LogId, size: int) -> None:
        """Forget a task that is not FINAL (its transaction can never be mined any more); durable on
        return.
        """
        ...

    async def anchors(
        self, log: LogId, states: Collection[AnchorState], newest: int | None = None
    ) -> Sequence[AnchorTask]:
        """Tasks on the contract in force in these states, by size; with `newest`, only that many of the
        largest sizes (final ones are many).
        """
        ...

    async def anchor_covering(self, log: LogId, index: int) -> AnchorTask | None:
        """The first MINED or FINAL anchor with prev_size <= index < size, on the contract in force."""
        ...

    async def first_anchor(self, log: LogId, index: int) -> AnchorTask | None:
        """The anchor by which an entry was known first: the final one over it on the oldest contract that has
        one, else as `anchor_covering`.
        """
        ...

    async def earlier_anchors(self, log: LogId, newest: int | None = None) -> Sequence[AnchorTask]:
        """FINAL anchors on the contracts before the one in force, by size, but for those over nothing that an
        older contract has not; with `newest`, only that many of the largest sizes.
        """
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
