"""Giving: what a node hands to others of any log that it keeps, read from the disk.

Nothing is proved here, for nobody believes it: whoever takes it folds it into roots that the chain has.
"""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from tracehold.core.errors import Rejected
from tracehold.core.ids import LogId
from tracehold.core.limits import SEGMENT_ENTRIES, TILE_WIDTH
from tracehold.core.spans import reach
from tracehold.journey.base import cut, ways
from tracehold.journey.ports import Base, BasePart, Entries, Entry, Handed, NewEntry, RecordLog, Sent

HANDED_ENTRIES = 65_536
"""Entries in one answer; `GetEntriesResponse.statements` has the same limit."""

HANDED_BYTES = 24 << 20
"""Bytes of records in one answer: more than one seal ever makes, less than a message may have."""

READ_BYTES = 8 << 20
"""Bytes of records that are read at once."""

BASE_BYTES = 2 << 20
"""Bytes of tiles and records in one part of a base, about."""

_HASH = 32


async def handing(store: RecordLog, log: LogId, start: int, stop: int, max_bytes: int = READ_BYTES) -> Handed:
    """As `ports.Peer.handing`. Raises `Unavailable` and what is Broken, as the store does."""
    most = min(stop, start + HANDED_ENTRIES)
    head = await store.checkpoint_within(log, start, most, max_bytes) if start < most else None
    entries = await _range(store, log, start, head.size) if head else None
    size = await store.size(log)
    if entries is None:
        return Handed(Entries(start, (), size), None)
    return Handed(Entries(start, [Sent(each.raw, each.fingerprint) for each in entries], size), head)


async def _range(store: RecordLog, log: LogId, start: int, stop: int) -> list[Entry] | None:
    """All entries [start, stop); None where one is not there, or they are too much for one answer."""
    found: list[Entry] = []
    left = HANDED_BYTES
    while start + len(found) < stop:
        some = await store.read(log, start + len(found), stop, min(left, READ_BYTES))
        left -= sum(len(entry.raw) for entry in some)
        found += some
        if not some or left < 0:
            return None
    return found


async def base_part(store: RecordLog, log: LogId, start: int, part: int) -> BasePart | None:
    """As `ports.Peer.base`: None where no copy that is kept here reaches or begins at `start`, where there is
    no such part, and where a tile is lost. Raises `Unavailable` and what is Broken, as the store does.
    """
    if start <= 0 or start % SEGMENT_ENTRIES:
        return None
    if reach(await store.spans(log), start) is None:
        return None  # there may be control records in the hole
    controls, more = await _part(store, log, start, part)
    base = await _base(store, log, start, controls) if controls else None
    return BasePart(base, more) if base else None


async def _base(store: RecordLog, log: LogId, start: int, controls: Sequence[Entry]) -> Base | None:
    wanted = ways([entry.index for entry in controls], start)
    tiles = await store.tiles(log, wanted)
    if len(tiles) < len(wanted):
        return None
    try:
        fitted = tuple((at, cut(at, tiles[at], start)) for at in sorted(wanted))
    except Rejected:
        return None  # a tile that was cut short on the disk
    kept = tuple((entry.index, NewEntry(entry.fingerprint, entry.raw, entry.kind)) for entry in controls)
    return Base(log, start, fitted, kept)


async def _part(store: RecordLog, log: LogId, stop: int, part: int) -> tuple[Sequence[Entry], bool]:
    """The control records of one part, and whether others follow; none where there is no such part.

    Parts are runs of bounded size, none empty; of each new lowest tile two levels of hashes count. Records of
    other parts are not held.
    """
    found: list[Entry] = []
    number, size, tile = -1, 0, -1
    async with aclosing(_controls(store, log, stop)) as controls:
        async for entry in controls:
            cost = len(entry.raw)
            if entry.index // TILE_WIDTH != tile:
                cost, tile = cost + 2 * TILE_WIDTH * _HASH, entry.index // TILE_WIDTH
            if number < 0 or size + cost > BASE_BYTES:
                number, size = number + 1, 0
            size += cost
            if number > part:
                return found, True
            if number == part:
                found.append(entry)
    return found, False


async def _controls(store: RecordLog, log: LogId, stop: int) -> AsyncGenerator[Entry, None]:
    at = 0
    while page := await store.controls(log, at, BASE_BYTES):
        for entry in page:
            if entry.index >= stop:
                return
            yield entry
        at = page[-1].index + 1
