"""Checking a whole stored log from entry 0 to its newest checkpoint and anchor
(`tracehold doctor`, and after every injected fault).

Everything is computed again from the record bytes: fingerprints, who may speak at each position, signatures,
the tree, its tiles, each checkpoint, each anchor. Nothing is repaired.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tracehold.core.checkpoint import Checkpoint, check_checkpoint
from tracehold.core.errors import Broken, Rejected
from tracehold.core.ids import LogId
from tracehold.core.limits import SEGMENT_ENTRIES, TILE_WIDTH
from tracehold.core.merkle import CompactRange, leaf_hash
from tracehold.core.record import check_signature, fingerprint, parse
from tracehold.core.roster import Roster
from tracehold.core.tiles import Coord, tiles_after
from tracehold.journey.ports import AnchorState, Entry, Ledger, RecordLog

STEP = 256
"""Entries looked at between two turns for other tasks; a tile's width, so that each step ends a tile."""

Progress = Callable[[int, int], None]
"""Told (entries checked, entries in all)."""


@dataclass(frozen=True, slots=True)
class Found:
    """What was checked and found right. `anchored` and `final` are sizes."""

    entries: int
    bytes: int
    checkpoints: int
    anchors: int
    anchored: int
    final: int


def _silent(_: int, __: int) -> None:
    pass


async def check_log(store: RecordLog, log: LogId, progress: Progress = _silent) -> Found:
    """Check one log. Raises `Broken("CORRUPT")` naming the first entry, tile, checkpoint
    or anchor that is wrong; what the store raises.
    """
    walk = _Walk(store, log)
    size = await store.size(log)
    while walk.tree.end < size:
        await walk.step(min(size, walk.tree.end + STEP))
        progress(walk.tree.end, size)
        await asyncio.sleep(0)
    if walk.checkpoints and walk.covered != size:
        raise _corrupt(f"the newest checkpoint covers {walk.covered} of {size} entries")
    anchors, anchored, final = await _check_anchors(store, log)
    return Found(size, walk.bytes, walk.checkpoints, anchors, anchored, final)


async def check_against_chain(store: RecordLog, ledger: Ledger, log: LogId, node: int) -> None:
    """Every final anchor is canonical, and the chain's head is one of ours. Raises
    `Broken` (REORGED, LOG_FORKED), `Unavailable`.
    """
    for task in await store.anchors(log, {AnchorState.FINAL}):
        if task.anchor is None or not await ledger.is_canonical(task.anchor):
            raise Broken("REORGED", f"the final anchor of size {task.size} is canonical no more")
    head = await ledger.head(node)
    checkpoint = await store.checkpoint(log, head.size)
    if head.size and (checkpoint is None or checkpoint.root != head.root):
        raise Broken("LOG_FORKED", f"the chain's head of size {head.size} is no checkpoint of this log")


class _Walk:
    """The walk from entry to entry, with the tree and the roster as they grow."""

    def __init__(self, store: RecordLog, log: LogId) -> None:
        self._store = store
        self._log = log
        self._roster: Roster | None = None
        self._next: Checkpoint | None = None
        self._tiles: dict[Coord, bytes] = {}
        self.tree = CompactRange()
        self.bytes = 0
        self.checkpoints = 0
        self.covered = 0

    async def step(self, stop: int) -> None:
        entries = await self._store.read(self._log, self.tree.end, stop)
        if not entries:
            raise _corrupt(f"entry {self.tree.end} is lost")
        places = await self._store.find([entry.fingerprint for entry in entries])
        start, leaves = self.tree.end, []
        for entry in entries:
            self._check_entry(entry)
            place = places.get(entry.fingerprint)
            if place is None or (place.log == self._log and place.index != entry.index):
                raise _corrupt(f"entry {entry.index} is not found by its fingerprint")
            leaves.append(leaf_hash(entry.fingerprint))
            self.tree.append(leaves[-1])
            await self._check_checkpoint()
        await self._check_tiles(start, leaves)

    def _check_entry(self, entry: Entry) -> None:
        self.bytes += len(entry.raw)
        if (entry.log, entry.index, entry.bytes_total) != (self._log, self.tree.end, self.bytes):
            raise _corrupt(f"entry {self.tree.end} is not at its place")
        if fingerprint(entry.raw) != entry.fingerprint:
            raise _corrupt(f"entry {entry.index} does not have its fingerprint")
        try:
            self._check_record(entry)
        except Rejected as refusal:
            raise _corrupt(f"entry {entry.index}: {refusal}") from refusal

    def _check_record(self, entry: Entry) -> None:
        record = parse(entry.raw)
        if record.header.kind != entry.kind:
            raise _corrupt(f"entry {entry.index} is kept under another kind")
        if self._roster is None:
            self._roster = Roster.from_header(record)
            if self._roster.log != self._log:
                raise _corrupt("entry 0 is the header of another log")
        check_signature(record, self._roster.check(record, entry.index))
        self._roster.apply(entry.index, record)

    async def _check_checkpoint(self) -> None:
        size = self.tree.end
        if self._next is None or self._next.size < size:
            before, self._next = self._next, await self._store.checkpoint_covering(self._log, size - 1)
            if self._next is None or (before and self._next.time_ms < before.time_ms):
                raise _corrupt(f"no checkpoint covers entry {size - 1}, or its time went back")
        if self._next.size == size:
            self._check_signed(self._next)
        elif size % SEGMENT_ENTRIES == 0:
            raise _corrupt(f"no checkpoint at the end of a segment, {size}")

    def _check_signed(self, checkpoint: Checkpoint) -> None:
        if checkpoint.root != self.tree.root() or self._roster is None:
            raise _corrupt(f"the checkpoint of size {checkpoint.size} is over other entries")
        try:
            check_checkpoint(checkpoint, self._roster.node_key)
        except Rejected as refusal:
            raise _corrupt(f"the checkpoint of size {checkpoint.size}: {refusal}") from refusal
        self.checkpoints += 1
        self.covered = checkpoint.size

    async def _check_tiles(self, start: int, leaves: Sequence[bytes]) -> None:
        grown = dict(tiles_after(start, leaves, self._tiles.__getitem__))
        kept = await self._store.tiles(self._log, grown)
        for at, hashes in grown.items():
            # The disk may be further: a tile of a later size begins with the earlier one.
            if not kept.get(at, b"").startswith(hashes):
                raise _corrupt(f"tile {at.level}/{at.index} is not over the entries")
        self._tiles = {at: h for at, h in {**self._tiles, **grown}.items() if len(h) < TILE_WIDTH * 32}


async def _check_anchors(store: RecordLog, log: LogId) -> tuple[int, int, int]:
    reached = anchored = final = 0
    tasks = await store.anchors(log, set(AnchorState))
    for task in tasks:
        checkpoint = await store.checkpoint(log, task.size)
        if task.prev_size != reached or checkpoint is None or checkpoint.root != task.root:
            raise _corrupt(f"the anchor of size {task.size} does not follow {reached}, or has another root")
        if (task.size - 1) // SEGMENT_ENTRIES != task.prev_size // SEGMENT_ENTRIES:
            raise _corrupt(f"the anchor of size {task.size} crosses a segment's end")
        mined = task.state in {AnchorState.MINED, AnchorState.FINAL}
        proved = task.anchor is not None and task.anchor.proof is not None
        if mined != (task.anchor is not None) or proved != (task.state is AnchorState.FINAL):
            raise _corrupt(f"the anchor of size {task.size} does not have what its state promises")
        reached = task.size
        anchored = reached if mined else anchored
        final = reached if proved else final
    return len(tasks), anchored, final


def _corrupt(message: str) -> Broken:
    return Broken("CORRUPT", message)
