"""Which anchors of a kept log are missing: above those that are stored, and below them where spans joined."""

from collections.abc import Sequence
from hashlib import sha256

from tracehold.core.ids import LogId
from tracehold.core.limits import SEGMENT_ENTRIES
from tracehold.journey.ports import AnchorState, RecordLog

_IN_BLOCK = {AnchorState.MINED, AnchorState.FINAL}


class Missing:
    """What is known of the stored anchors. Durable: in which spans none is missing."""

    def __init__(self, store: RecordLog) -> None:
        self._store = store
        self._whole: dict[LogId, list[int]] = {}  # starts of the spans in which no anchor is missing

    async def is_whole(self, log: LogId, spans: Sequence[tuple[int, int]]) -> bool:
        """Whether no anchor is missing below one that is stored, as far as these spans were looked
        through.
        """
        starts = [start for start, _ in spans]
        if log not in self._whole and await self._store.bookmark(_mark(log)) == _named(starts):
            self._whole[log] = starts
        return self._whole.get(log) == starts

    async def now_whole(self, log: LogId, spans: Sequence[tuple[int, int]]) -> None:
        """None is missing in these spans. Durable on return."""
        starts = [start for start, _ in spans]
        if self._whole.get(log) != starts:
            await self._store.save_bookmark(_mark(log), _named(starts))
        self._whole[log] = starts

    async def gaps(self, log: LogId, start: int, stop: int) -> Sequence[int]:
        """Sizes in a span over which there are anchors, and under which one is missing: where spans
        joined.
        """
        tasks = await self._store.anchors(log, _IN_BLOCK)
        inside = [task for task in tasks if start < task.size <= stop]
        return sorted({task.prev_size for task in inside} - {task.size for task in inside} - {start})

    async def below(self, log: LogId, start: int, top: int) -> tuple[int, int]:
        """The largest size in [start, top) whose anchor is stored, and its block; else `start`."""
        for newest in (1, None):
            tasks = await self._store.anchors(log, _IN_BLOCK, newest)
            inside = [task for task in tasks if start <= task.size < top]
            if inside:
                return inside[-1].size, inside[-1].anchor.block_number if inside[-1].anchor else 0
        return start, 0

    async def stored(self, log: LogId, size: int) -> bool:
        """Whether the anchor of this size is there, in a block."""
        task = await self._store.anchor_covering(log, size - 1)
        return task is not None and task.size == size


def _mark(log: LogId) -> str:
    """The bookmark that names the spans in which no anchor is missing."""
    return f"kept-anchors/{log.hex()}"


def _named(starts: Sequence[int]) -> int:
    """A number for these starts, as bookmarks are."""
    return int.from_bytes(sha256(repr(list(starts)).encode()).digest()[:7])


def top_of(start: int, stop: int, head: int) -> int:
    """The largest size in (start, stop] that is known to be anchored: the chain's head, or where that is
    beyond the span, the last end of a segment in it. `start` where there is none: the creator has not shipped
    yet what is anchored next.
    """
    size = head if head <= stop else stop - stop % SEGMENT_ENTRIES
    return max(size, start)
