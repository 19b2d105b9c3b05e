"""Cargo: what is shipped of the own log to those who keep it, read from the disk.

A copy reaches as far as the next anchor may, and no further: so the checkpoints that a holder gets stand at
the sizes that become anchored, and every holder can make the receipts of its entries.
"""

from collections.abc import AsyncIterator
from itertools import count

from tracehold.core.checkpoint import Checkpoint
from tracehold.core.errors import Broken
from tracehold.core.ids import LogId
from tracehold.core.limits import MAX_ANCHOR_BYTES, SEGMENT_ENTRIES
from tracehold.journey.giving import base_part
from tracehold.journey.ports import (
    AnchorState,
    Base,
    Entry,
    Pledge,
    RecordLog,
    Sent,
    Shipment,
)
from tracehold.journey.tree import root_at

SHIPMENT_BYTES = 8 << 20
"""Record bytes of one shipment, unless a single seal made more."""


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
        for part in count():
            found = await base_part(self._store, self._log, start, part)
            if found is None:
                raise Broken("CORRUPT", f"a tile or control record of the own log before {start} is lost")
            yield found.base
            if not found.more:
                return


def segment_end(segment: int) -> int:
    """One past the last entry of a segment."""
    return (segment + 1) * SEGMENT_ENTRIES


async def newest_anchored(store: RecordLog, log: LogId) -> int:
    """The size of the newest anchor that is in a block; 0 where there is none."""
    newest = await store.anchors(log, {AnchorState.MINED, AnchorState.FINAL}, newest=1)
    return newest[-1].size if newest else 0
