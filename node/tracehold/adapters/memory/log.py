"""RecordLog in memory, for tests: it keeps what the port promises and stops a caller that breaks its side.

A caller that rewrites history fails with AssertionError: an entry at a taken place, a full tile with other
hashes, a checkpoint or final anchor that may not follow, a base within a segment. A restart: a new owner.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from tracehold.adapters.memory.police import (
    check_anchor,
    check_base,
    check_batch,
    check_judged,
    check_kept_checkpoint,
)
from tracehold.adapters.memory.spans import Kept, fitting, last, over, rehashed
from tracehold.core import record
from tracehold.core.checkpoint import Checkpoint
from tracehold.core.errors import Rejected
from tracehold.core.ids import Fingerprint, LogId
from tracehold.core.spans import Spans, covers, without
from tracehold.core.tiles import Coord
from tracehold.journey.ports import AnchorState, AnchorTask, Base, Batch, Dispute, Entry, Position

__all__ = ["Kept", "MemoryLog"]


class MemoryLog:
    """`journey.ports.RecordLog` in memory; what each method promises stands there."""

    def __init__(self) -> None:
        self._kept: dict[LogId, Kept] = {}
        self._positions: dict[Fingerprint, list[Position]] = {}
        self._received: dict[bytes, Fingerprint] = {}
        self._bookmarks: dict[str, int] = {}
        self._contract = b""
        self.appends = 0
        """Batches that were made durable."""

    async def logs(self) -> Sequence[LogId]:
        """All logs, in the order in which they came."""
        return list(self._kept)

    async def size(self, log: LogId) -> int:
        """Where the last span ends."""
        return max((stop for _, stop in self._of(log).spans()), default=0)

    async def spans(self, log: LogId) -> Sequence[tuple[int, int]]:
        """The runs of entries without a gap."""
        return self._of(log).spans()

    async def begin(self, base: Base) -> None:
        """Keep what a later span rests on; asserts that it is one of a foreign log, before a segment."""
        check_base(base, next(iter(self._kept), base.log))
        self._name(self._kept.setdefault(base.log, Kept()).begin(base))

    async def append(self, batch: Batch) -> None:
        """All of the batch or nothing; asserts that it continues the log and its checkpoint is over it."""
        kept = self._of(batch.log)
        if not (kept.ends(batch.first) or (batch.first == 0 and 0 not in kept.runs)):
            raise Rejected("HEAD_MOVED", f"no span of the log ends at {batch.first}")
        self._check_new(kept, batch)
        check_batch(batch, kept.tiles, kept.checkpoints, own=batch.log == next(iter(self._kept), batch.log))
        self._kept[batch.log] = kept
        self._name(kept.append(batch))
        self._received |= {new.received: new.fingerprint for new in batch.entries if new.received is not None}
        self.appends += 1

    def _check_new(self, kept: Kept, batch: Batch) -> None:
        fingerprints = [entry.fingerprint for entry in batch.entries]
        places = {Position(batch.log, at) for at in range(batch.first, batch.first + len(batch.entries))}
        known = [at for f in fingerprints for at in self._positions.get(f, ()) if at.log == batch.log]
        if len(set(fingerprints)) < len(fingerprints) or kept.taken(batch) or set(known) - places:
            raise Rejected("CONFLICT", "a record of the batch is in the log already")
        if any(entry.received in self._received for entry in batch.entries):
            raise Rejected("CONFLICT", "a delegated event of the batch is in the log already")

    def _name(self, entries: Sequence[Entry]) -> None:
        for entry in entries:
            self._positions.setdefault(entry.fingerprint, []).append(Position(entry.log, entry.index))

    async def read(self, log: LogId, start: int, stop: int, max_bytes: int = 8 << 20) -> Sequence[Entry]:
        """Entries [start, stop) in order, bounded in bytes."""
        run, offset = self._of(log).run_with(start)
        return fitting(run[offset : offset + max(stop - start, 0)], max_bytes)

    async def find(
        self, fingerprints: Collection[Fingerprint], within: LogId | None = None
    ) -> Mapping[Fingerprint, Position]:
        """Positions of the fingerprints that are kept."""
        ranked = self._ranked(fingerprints, own_first=True).items()
        inside = ((name, [at for at in places if within in (None, at.log)]) for name, places in ranked)
        return {name: places[0] for name, places in inside if places}

    async def entry(self, fingerprint: Fingerprint) -> Entry | None:
        """The record with this fingerprint, re-hashed."""
        found = (await self.entries([fingerprint])).get(fingerprint)
        return None if found is None else rehashed(found)

    async def entries(self, fingerprints: Collection[Fingerprint]) -> Mapping[Fingerprint, Entry]:
        """The records that are kept, as they are."""
        ranked = self._ranked(fingerprints, own_first=False)
        return {name: self._entry(places[0]) for name, places in ranked.items()}

    def _ranked(
        self, fingerprints: Collection[Fingerprint], *, own_first: bool
    ) -> dict[Fingerprint, list[Position]]:
        order = list(self._kept)

        def rank(place: Position) -> tuple[bool, bool, bool, int]:
            number = order.index(place.log)
            disputed = place.index in self._of(place.log).disputes
            return own_first and number > 0, self._entry(place).erased, disputed, number

        known = {name: self._judged(self._positions.get(name, ())) for name in fingerprints}
        return {name: sorted(places, key=rank) for name, places in known.items() if places}

    def _judged(self, places: Sequence[Position]) -> list[Position]:
        return [place for place in places if not covers(self._of(place.log).unjudged, place.index)]

    def _entry(self, place: Position) -> Entry:
        entry = self._of(place.log).at(place.index)
        assert entry is not None, "a position without its entry"
        return entry

    async def received(self, keys: Collection[bytes]) -> Mapping[bytes, Fingerprint]:
        """Fingerprints by idempotency key."""
        return {key: self._received[key] for key in keys if key in self._received}

    async def controls(self, log: LogId, start: int = 0, max_bytes: int | None = None) -> Sequence[Entry]:
        """Control records with index >= start."""
        return self._of(log).controls(start, max_bytes)

    async def disputes(self, log: LogId, start: int, stop: int) -> Sequence[Dispute]:
        """What was found wrong with the entries [start, stop)."""
        return [said for at, said in sorted(self._of(log).disputes.items()) if start <= at < stop]

    async def unjudged(self, log: LogId) -> Spans:
        """The runs of entries that are to be judged."""
        return self._of(log).unjudged

    async def judged(self, log: LogId, start: int, stop: int, disputes: Sequence[Dispute]) -> None:
        """What was found wrong with entries; asserts that they are kept and stand in the range."""
        check_judged(start, stop, disputes, (kept := self._of(log)).spans())
        kept.unjudged = without(kept.unjudged, [(start, stop)])
        kept.disputes = {dispute.index: dispute for dispute in disputes} | kept.disputes

    async def mend(self, log: LogId, index: int, raw: bytes, fingerprint: Fingerprint) -> None:
        """Put right an entry; asserts that the bytes have this fingerprint."""
        assert not raw or record.fingerprint(raw) == fingerprint, "bytes that do not have this fingerprint"
        if self._of(log).mend(index, raw, fingerprint):
            places = self._positions.setdefault(fingerprint, [])
            places += {Position(log, index)} - set(places)

    async def mend_tiles(self, log: LogId, tiles: Sequence[tuple[Coord, bytes]]) -> None:
        """Put tiles in the place of the beginnings of those that are kept."""
        self._of(log).mend_tiles(tiles)

    async def erase(self, log: LogId, index: int) -> None:
        """Forget a record's bytes."""
        self._of(log).erase(index)

    async def tiles(self, log: LogId, coords: Collection[Coord]) -> Mapping[Coord, bytes]:
        """Tiles at the log's present size."""
        return {at: self._of(log).tiles[at] for at in coords if at in self._of(log).tiles}

    async def checkpoint(self, log: LogId, size: int | None = None) -> Checkpoint | None:
        """The newest checkpoint, or that of a size."""
        checkpoints = self._of(log).checkpoints
        return checkpoints.get(max(checkpoints, default=0) if size is None else size)

    async def keep_checkpoint(self, checkpoint: Checkpoint) -> None:
        """One more checkpoint; asserts that it is of the entries, and its time between those around it."""
        kept = self._of(checkpoint.log)
        check_kept_checkpoint(checkpoint, kept.spans(), kept.tiles, kept.checkpoints)
        kept.checkpoints.setdefault(checkpoint.size, checkpoint)

    async def checkpoint_covering(self, log: LogId, index: int) -> Checkpoint | None:
        """The first checkpoint past an index."""
        checkpoints = self._of(log).checkpoints
        return checkpoints.get(min((size for size in checkpoints if size > index), default=0))

    async def checkpoint_within(self, log: LogId, after: int, upto: int, max_bytes: int) -> Checkpoint | None:
        """The checkpoint that the next anchor takes."""
        return self._of(log).checkpoint_within(after, upto, max_bytes)

    async def in_force(self, contract: bytes) -> None:
        """Put aside the anchors of another contract."""
        for kept in self._kept.values():
            kept.follow(self._contract, contract)
        self._contract = contract

    async def save_anchor(self, task: AnchorTask) -> None:
        """Insert or replace; asserts that nothing final changes and no ranges overlap."""
        check_anchor(task, anchors := self._of(task.log).anchors)
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
        return last(tasks, newest)

    async def anchor_covering(self, log: LogId, index: int) -> AnchorTask | None:
        """The first MINED or FINAL anchor that added an index."""
        return over(index, await self.anchors(log, {AnchorState.MINED, AnchorState.FINAL}))

    async def first_anchor(self, log: LogId, index: int) -> AnchorTask | None:
        """On the oldest contract that has one."""
        return over(index, self._of(log).earlier()) or await self.anchor_covering(log, index)

    async def earlier_anchors(self, log: LogId, newest: int | None = None) -> Sequence[AnchorTask]:
        """Of the contracts before."""
        return last(self._of(log).earlier(), newest)

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
        entry = self._entry(Position(log, index))
        self._of(log).put(replace(entry, raw=entry.raw[:-1] + bytes([entry.raw[-1] ^ 1])))

    def damage_fingerprint(self, log: LogId, index: int) -> None:
        """The same of its fingerprint where it is read; it is found by the old one still."""
        entry = self._entry(Position(log, index))
        damaged = entry.fingerprint[:-1] + bytes([entry.fingerprint[-1] ^ 1])
        self._of(log).put(replace(entry, fingerprint=Fingerprint(damaged)))

    def forget_anchors(self, log: LogId) -> None:
        """Lose the anchors of a log, as a folder restored from before them does."""
        self._of(log).anchors.clear()

    def _of(self, log: LogId) -> Kept:
        return self._kept.get(log, Kept())
