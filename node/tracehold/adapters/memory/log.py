"""RecordLog in memory, for tests: it keeps what the port promises and stops a caller that breaks its side.

A caller that rewrites history fails with AssertionError: an entry at a place that is taken, a full tile with
other hashes, a checkpoint that is not over the entries or older than the last, a final anchor that is dropped
or changed. Nothing here is durable; a "restart" is a new owner of the same object.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from tracehold.adapters.memory.police import check_anchor, check_batch
from tracehold.core.checkpoint import Checkpoint
from tracehold.core.errors import Broken, Rejected
from tracehold.core.ids import Fingerprint, LogId
from tracehold.core.record import CONTROL_KINDS, fingerprint
from tracehold.core.tiles import Coord
from tracehold.journey.ports import AnchorState, AnchorTask, Batch, Entry, Position


@dataclass
class Kept:
    """What one log holds."""

    entries: list[Entry] = field(default_factory=list)
    tiles: dict[Coord, bytes] = field(default_factory=dict)
    checkpoints: dict[int, Checkpoint] = field(default_factory=dict)
    anchors: dict[int, AnchorTask] = field(default_factory=dict)

    def bytes_before(self, size: int) -> int:
        """Record bytes of the first `size` entries."""
        return self.entries[size - 1].bytes_total if size else 0


class MemoryLog:
    """`journey.ports.RecordLog` in memory; what each method promises stands there."""

    def __init__(self) -> None:
        self._kept: dict[LogId, Kept] = {}
        self._positions: dict[Fingerprint, list[Position]] = {}
        self._received: dict[bytes, Fingerprint] = {}
        self._bookmarks: dict[str, int] = {}
        self.appends = 0
        """Batches that were made durable."""

    async def logs(self) -> Sequence[LogId]:
        """All logs, in the order in which they came."""
        return list(self._kept)

    async def size(self, log: LogId) -> int:
        """Entries of the log."""
        return len(self._of(log).entries)

    async def append(self, batch: Batch) -> None:
        """All of the batch or nothing; asserts that it continues the
        log and that its checkpoint is over its entries.
        """
        kept = self._of(batch.log)
        if len(kept.entries) != batch.first:
            raise Rejected("HEAD_MOVED", f"the log does not have {batch.first} entries")
        fingerprints = [entry.fingerprint for entry in batch.entries]
        if len(set(fingerprints)) < len(fingerprints) or any(self._has(batch.log, f) for f in fingerprints):
            raise Rejected("CONFLICT", "a record of the batch is in the log already")
        if any(entry.received in self._received for entry in batch.entries):
            raise Rejected("CONFLICT", "a delegated event of the batch is in the log already")
        check_batch(batch, [entry.fingerprint for entry in kept.entries], kept.tiles, kept.checkpoints)
        self._kept[batch.log] = kept
        self._put(kept, batch)
        self.appends += 1

    def _put(self, kept: Kept, batch: Batch) -> None:
        total = kept.bytes_before(batch.first)
        for index, new in enumerate(batch.entries, batch.first):
            total += len(new.raw)
            entry = Entry(batch.log, index, new.fingerprint, new.raw, str(new.kind), total)
            kept.entries.append(entry)
            self._positions.setdefault(new.fingerprint, []).append(Position(batch.log, index))
            if new.received is not None:
                self._received[new.received] = new.fingerprint
        kept.tiles.update(batch.tiles)
        kept.checkpoints[batch.checkpoint.size] = batch.checkpoint

    async def read(self, log: LogId, start: int, stop: int, max_bytes: int = 8 << 20) -> Sequence[Entry]:
        """Entries [start, stop) in order, bounded in bytes."""
        entries = self._of(log).entries[start:stop]
        before = self._of(log).bytes_before(start) if entries else 0
        return [e for at, e in enumerate(entries) if at == 0 or e.bytes_total - before <= max_bytes]

    async def find(self, fingerprints: Collection[Fingerprint]) -> Mapping[Fingerprint, Position]:
        """Positions of the fingerprints that are kept."""
        order = list(self._kept)
        known = {f: self._positions[f] for f in fingerprints if f in self._positions}
        return {f: min(places, key=lambda place: order.index(place.log)) for f, places in known.items()}

    async def entry(self, fingerprint: Fingerprint) -> Entry | None:
        """The record with this fingerprint, re-hashed."""
        place = (await self.find([fingerprint])).get(fingerprint)
        return None if place is None else _rehashed(self._of(place.log).entries[place.index])

    async def entries(self, fingerprints: Collection[Fingerprint]) -> Mapping[Fingerprint, Entry]:
        """The records that are kept, as they are."""
        places = await self.find(fingerprints)
        return {name: self._of(place.log).entries[place.index] for name, place in places.items()}

    async def received(self, keys: Collection[bytes]) -> Mapping[bytes, Fingerprint]:
        """Fingerprints by idempotency key."""
        return {key: self._received[key] for key in keys if key in self._received}

    async def controls(self, log: LogId, start: int = 0) -> Sequence[Entry]:
        """Control records with index >= start."""
        return [entry for entry in self._of(log).entries[start:] if entry.kind in CONTROL_KINDS]

    async def tiles(self, log: LogId, coords: Collection[Coord]) -> Mapping[Coord, bytes]:
        """Tiles at the log's present size."""
        return {at: self._of(log).tiles[at] for at in coords if at in self._of(log).tiles}

    async def checkpoint(self, log: LogId, size: int | None = None) -> Checkpoint | None:
        """The newest checkpoint, or that of a size."""
        checkpoints = self._of(log).checkpoints
        return checkpoints.get(max(checkpoints, default=0) if size is None else size)

    async def checkpoint_covering(self, log: LogId, index: int) -> Checkpoint | None:
        """The first checkpoint past an index."""
        checkpoints = self._of(log).checkpoints
        return checkpoints.get(min((size for size in checkpoints if size > index), default=0))

    async def checkpoint_within(self, log: LogId, after: int, upto: int, max_bytes: int) -> Checkpoint | None:
        """The checkpoint that the next anchor takes."""
        kept = self._of(log)
        sizes = [size for size in sorted(kept.checkpoints) if after < size <= upto]
        fitting = [s for s in sizes if kept.bytes_before(s) - kept.bytes_before(after) <= max_bytes]
        return kept.checkpoints[max(fitting, default=sizes[0])] if sizes else None

    async def save_anchor(self, task: AnchorTask) -> None:
        """Insert or replace the task of (log, size); asserts
        that nothing final changes and no ranges overlap.
        """
        anchors = self._of(task.log).anchors
        check_anchor(task, anchors)
        anchors[task.size] = task

    async def drop_anchor(self, log: LogId, size: int) -> None:
        """Forget a task; asserts that it is not FINAL."""
        task = self._of(log).anchors.pop(size, None)
        assert task is None or task.state is not AnchorState.FINAL, "a final anchor is never dropped"

    async def anchors(
        self, log: LogId, states: Collection[AnchorState], newest: int | None = None
    ) -> Sequence[AnchorTask]:
        """Tasks in these states, by size; the last `newest` of them where that is given."""
        tasks = [task for _, task in sorted(self._of(log).anchors.items()) if task.state in states]
        return tasks if newest is None else tasks[len(tasks) - min(newest, len(tasks)) :]

    async def anchor_covering(self, log: LogId, index: int) -> AnchorTask | None:
        """The first MINED or FINAL anchor that added an index."""
        tasks = await self.anchors(log, {AnchorState.MINED, AnchorState.FINAL})
        return next((task for task in tasks if task.prev_size <= index < task.size), None)

    async def bookmark(self, name: str) -> int:
        """The number kept under this name; 0 at first."""
        return self._bookmarks.get(name, 0)

    async def save_bookmark(self, name: str, value: int) -> None:
        """Keep a number under this name."""
        self._bookmarks[name] = value

    async def probe(self) -> None:
        """Nothing to ask of a disk."""

    def damage(self, log: LogId, index: int) -> None:
        """Change one byte of a record, as a bad disk does (tests of what reads it)."""
        entry = self._of(log).entries[index]
        self._of(log).entries[index] = replace(entry, raw=entry.raw[:-1] + bytes([entry.raw[-1] ^ 1]))

    def forget_anchors(self, log: LogId) -> None:
        """Lose every anchor of a log, as a folder restored
        from before them (tests of what takes them over).
        """
        self._of(log).anchors.clear()

    def _of(self, log: LogId) -> Kept:
        return self._kept.get(log, Kept())

    def _has(self, log: LogId, fingerprint: Fingerprint) -> bool:
        return any(place.log == log for place in self._positions.get(fingerprint, ()))


def _rehashed(entry: Entry) -> Entry:
    if fingerprint(entry.raw) != entry.fingerprint:
        raise Broken("CORRUPT", f"entry {entry.index} does not have its fingerprint")
    return entry
