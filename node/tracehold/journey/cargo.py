"""Cargo: what is shipped of the own log to those who keep it, read from the disk.

A copy reaches as far as the next anchor may, and no further: so the checkpoints that a holder gets stand at
the sizes that become anchored, and every holder can make the receipts of its entries.
"""

from collections.abc import AsyncIterator, Iterable

from tracehold.core.checkpoint import Checkpoint
from tracehold.core.errors import Broken
from tracehold.core.ids import LogId
from tracehold.core.limits import MAX_ANCHOR_BYTES, SEGMENT_ENTRIES, TILE_WIDTH
from tracehold.core.merkle import cover
from tracehold.core.tiles import Coord
from tracehold.journey.ports import (
    AnchorState,
    Base,
    Entry,
    NewEntry,
    Pledge,
    RecordLog,
    Sent,
    Shipment,
)
from tracehold.journey.tree import root_at

SHIPMENT_BYTES = 8 << 20
"""Record bytes of one shipment, unless a single seal made more."""
BASE_BYTES = 2 << 20
"""Bytes of tiles and records in one part of a base, about."""

_HASH = 32


class Cargo:
    """Reads the own log for its holders. Keeps nothing."""

    def __init__(self, store: RecordLog, log: LogId) -> None:
        self._store = store
        self._log = log

    async def anchored(self) -> int:
        """The newest anchored size."""
        return await newest_anchored(self._store, self._log)

    async def horizon(self) -> int:
        """How far copies may reach now: the furthest that the next anchor may cover."""
        anchored = await self.anchored()
        end = segment_end(anchored // SEGMENT_ENTRIES)
        head = await self._store.checkpoint_within(self._log, anchored, end, MAX_ANCHOR_BYTES)
        return head.size if head else anchored

    async def at(self, size: int) -> Checkpoint:
        """The checkpoint of a size where one stands: an anchor's, a segment's end, the horizon."""
        found = await self._store.checkpoint(self._log, size)
        if found is None:
            raise Broken("CORRUPT", f"no checkpoint of the own log at {size}")
        return found

    async def next(self, start: int, target: int) -> Checkpoint:
        """Where a shipment from `start` on ends, on the way to the checkpoint at `target`: at the next
        anchor's
        size at the latest, whether that is mined or not.
        """
        covering = await self._store.anchor_covering(self._log, start)
        flying = await self._store.anchors(self._log, {AnchorState.SIGNED, AnchorState.REORGED})
        sizes = [task.size for task in (*flying, *([covering] if covering else [])) if task.size > start]
        stop = min([target, *sizes])
        found = await self._store.checkpoint_within(self._log, start, stop, SHIPMENT_BYTES)
        if found is None:
            raise Broken("CORRUPT", f"no checkpoint of the own log in ({start}, {stop}]")
        return found

    async def pledge(self, creator: int, head: Checkpoint, prev_size: int | None = None) -> Pledge:
        """What a holder acknowledges of this state: as the step from `prev_size`, or from the newest anchor
        that is smaller.
        """
        if prev_size is None:
            covering = await self._store.anchor_covering(self._log, head.size - 1)
            prev_size = covering.prev_size if covering else await self.anchored()
        before = await root_at(self._store, self._log, prev_size)
        return Pledge(creator, self._log, prev_size, before, head.size, head.root)

    def question(self, head: Checkpoint, prev_size: int) -> Shipment:
        """No entries: how far is the copy, and if it has all of this, let it be acknowledged."""
        return Shipment(self._log, head.size, (), head, prev_size)

    def part(self, base: Base, head: Checkpoint, prev_size: int) -> Shipment:
        """A part of a base that more of follows."""
        return Shipment(self._log, base.start, (), head, prev_size, base)

    async def shipment(
        self, start: int, head: Checkpoint, prev_size: int, base: Base | None = None
    ) -> Shipment:
        """The entries from `start` up to the checkpoint."""
        entries: list[Entry] = []
        while start + len(entries) < head.size:
            found = await self._store.read(self._log, start + len(entries), head.size, SHIPMENT_BYTES)
            if not found:
                raise Broken("CORRUPT", f"entry {start + len(entries)} of the own log is lost")
            entries += found
        sent = [Sent(entry.raw, entry.fingerprint) for entry in entries]
        return Shipment(self._log, start, sent, head, prev_size, base)

    async def bases(self, start: int) -> AsyncIterator[Base]:
        """What a copy rests on that begins at a later segment: parts that each can be proved alone."""
        controls = [entry for entry in await self._store.controls(self._log) if entry.index < start]
        for part in _parts(controls):
            wanted = _ways([entry.index for entry in part], start)
            tiles = await self._store.tiles(self._log, wanted)
            if len(tiles) < len(wanted):
                raise Broken("CORRUPT", "a tile of the own log is lost")
            cut = tuple((at, _cut(at, tiles[at], start)) for at in sorted(wanted))
            kept = tuple((entry.index, NewEntry(entry.fingerprint, entry.raw, entry.kind)) for entry in part)
            yield Base(self._log, start, cut, kept)


def segment_end(segment: int) -> int:
    """One past the last entry of a segment."""
    return (segment + 1) * SEGMENT_ENTRIES


async def newest_anchored(store: RecordLog, log: LogId) -> int:
    """The size of the newest anchor that is in a block; 0 where there is none."""
    newest = await store.anchors(log, {AnchorState.MINED, AnchorState.FINAL}, newest=1)
    return newest[-1].size if newest else 0


def _parts(controls: Iterable[Entry]) -> Iterable[list[Entry]]:
    """Control records in runs of bounded size; of each new lowest tile two levels of hashes count."""
    part: list[Entry] = []
    size, tile = 0, -1
    for entry in controls:
        cost = len(entry.raw)
        if entry.index // TILE_WIDTH != tile:
            cost, tile = cost + 2 * TILE_WIDTH * _HASH, entry.index // TILE_WIDTH
        if part and size + cost > BASE_BYTES:
            yield part
            part, size = [], 0
        part.append(entry)
        size += cost
    yield part


def _ways(indices: Iterable[int], start: int) -> set[Coord]:
    """The tiles on the ways from these entries to the root of the first `start`, and those that fold to
    it.
    """
    found = {Coord(level // 8, (at << level % 8) // TILE_WIDTH) for level, at in cover(0, start)}
    for leaf in indices:
        level, at = 0, leaf // TILE_WIDTH
        while TILE_WIDTH * at < start >> 8 * level:
            found.add(Coord(level, at))
            level, at = level + 1, at // TILE_WIDTH
    return found


def _cut(at: Coord, hashes: bytes, size: int) -> bytes:
    """The tile as it is in the tree of this size."""
    width = min((size >> 8 * at.level) - TILE_WIDTH * at.index, TILE_WIDTH)
    return hashes[: width * _HASH]
