"""The room for the logs of others: the disk, and what one creator may fill of it."""

from collections.abc import Iterable
from dataclasses import dataclass

from tracehold.core.errors import Rejected
from tracehold.core.ids import LogId
from tracehold.core.limits import TILE_WIDTH
from tracehold.journey.ports import Base, RecordLog
from tracehold.journey.upload import Disk

ENTRY_BYTES = 256
"""What an entry takes at least: place, fingerprint and leaf stay where its bytes were erased."""

TILE_BYTES = 32 * TILE_WIDTH


@dataclass(frozen=True, slots=True)
class Room:
    """What may be filled: the disk, and bytes for one creator (0: no limit)."""

    disk: Disk
    quota_bytes: int = 0


def taken(sizes: Iterable[int]) -> int:
    """What entries of these record bytes count, erased ones too."""
    return sum(max(size, ENTRY_BYTES) for size in sizes)


def taken_by_base(base: Base) -> int:
    """What a part of a base counts: its control records and its tiles."""
    return taken(len(entry.raw) for _, entry in base.controls) + sum(len(tile) for _, tile in base.tiles)


class Filling:
    """What is kept of each log. One caller at a time per log."""

    def __init__(self, store: RecordLog, room: Room) -> None:
        self._store = store
        self._room = room
        self._bases: dict[LogId, tuple[list[int], int]] = {}

    async def check(self, log: LogId, wanted: int) -> None:
        """Returns if so many bytes more may be kept of a log; raises DISK_LOW, QUOTA."""
        self._room.disk.check()
        quota = self._room.quota_bytes
        if quota and await self._filled(log) + wanted > quota:
            raise Rejected("QUOTA", f"at most {quota} bytes are kept for one creator")

    def begun(self, log: LogId) -> None:
        """A base came: what it takes is to be counted again."""
        self._bases.pop(log, None)

    async def _filled(self, log: LogId) -> int:
        spans = await self._store.spans(log)
        found = await self._base(log, spans)
        for start, stop in spans:
            (last,) = await self._store.read(log, stop - 1, stop)
            found += max(last.bytes_total, ENTRY_BYTES * (stop - start))
        return found

    async def _base(self, log: LogId, spans: Iterable[tuple[int, int]]) -> int:
        """Of control records in no span, and of the tiles that they rest on, about."""
        places = list(spans)
        starts = [start for start, _ in places]
        if starts == [0]:
            return 0
        known = self._bases.get(log)
        if known is None or known[0] != starts:
            outside = [
                entry
                for entry in await self._store.controls(log)
                if not any(start <= entry.index < stop for start, stop in places)
            ]
            tiles = {entry.index // TILE_WIDTH for entry in outside}
            size = taken(len(entry.raw) for entry in outside) + TILE_BYTES * len(tiles)
            known = self._bases[log] = starts, size
        return known[1]
