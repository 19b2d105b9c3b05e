"""Entries as the disk has them, looked at one tile at a time: what their bytes are, and what stands beside
them. The bytes themselves are let go at once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tracehold.core.errors import Broken
from tracehold.core.ids import Fingerprint, LogId
from tracehold.core.limits import TILE_WIDTH
from tracehold.core.merkle import leaf_hash
from tracehold.core.record import fingerprint
from tracehold.core.spans import covers
from tracehold.journey.check import kind_of
from tracehold.journey.ports import Entry, RecordLog


@dataclass(frozen=True, slots=True)
class Seen:
    """An entry. `hashed` is the fingerprint of its bytes, None where they were erased; `sound_kind` says
    whether it is kept under the kind that they name.
    """

    index: int
    fingerprint: Fingerprint
    hashed: Fingerprint | None
    sound_kind: bool
    size: int

    @property
    def erased(self) -> bool:
        """Whether its bytes were redacted."""
        return self.hashed is None

    def fits(self, leaf: bytes) -> bool:
        """Whether all of it is what this leaf of the tree says."""
        return self.sound_kind and all(leaf_hash(name) == leaf for name in self.names())

    def names(self) -> Sequence[Fingerprint]:
        """The fingerprint that is kept, and that of the bytes."""
        return [self.fingerprint] if self.hashed is None else [self.fingerprint, self.hashed]


def seen(entry: Entry) -> Seen:
    """What is kept as this entry."""
    if entry.erased:
        return Seen(entry.index, entry.fingerprint, None, True, 0)
    sound = kind_of(entry.raw) == entry.kind
    return Seen(entry.index, entry.fingerprint, fingerprint(entry.raw), sound, len(entry.raw))


async def look(store: RecordLog, log: LogId, start: int, stop: int) -> dict[int, Seen]:
    """What is kept of [start, stop), which lie in one span; those are missing that the disk lost.

    Raises what the store raises, but no CORRUPT.
    """
    found: dict[int, Seen] = {}
    at, step = start, stop - start
    while at < stop:
        try:
            entries = await store.read(log, at, min(at + step, stop))
        except Broken as lost:
            if lost.code != "CORRUPT":
                raise
            # One of them: from here on each is asked for alone.
            at, step = at + (step == 1), 1
            continue
        found |= {entry.index: seen(entry) for entry in entries}
        at = entries[-1].index + 1 if entries else at + step
    return found


async def outside(store: RecordLog, log: LogId, spans: Sequence[tuple[int, int]]) -> dict[int, Seen | None]:
    """The control records that are kept before spans, which stand in none; None for one whose bytes are lost.
    Those before it are not told then, and none where a later one is lost in a span: they cannot be read.

    Raises what the store raises, but no CORRUPT.
    """
    end = max((start for start, _ in spans), default=0)
    if not end or not await _readable(store, log, end):
        return {}
    lost = await _last_lost(store, log, end)
    entries = await store.controls(log, 0 if lost is None else lost + 1)
    found: dict[int, Seen | None] = {entry.index: seen(entry) for entry in entries if entry.index < end}
    if lost is not None:
        found[lost] = None
    return {at: each for at, each in found.items() if not covers(spans, at)}


async def _last_lost(store: RecordLog, log: LogId, end: int) -> int | None:
    """The last control record before `end` whose bytes are lost; those from `end` on can be read."""
    if await _readable(store, log, 0):
        return None
    low, high = 0, end
    while low + 1 < high:
        middle = (low + high) // 2
        if await _readable(store, log, middle):
            high = middle
        else:
            low = middle
    return low


async def _readable(store: RecordLog, log: LogId, start: int) -> bool:
    try:
        await store.controls(log, start)
    except Broken as lost:
        if lost.code != "CORRUPT":
            raise
        return False
    return True


class Seeing:
    """The entries of a log, of which these spans are kept, one tile of leaves after the other. The last one
    is
    remembered.
    """

    def __init__(self, store: RecordLog, log: LogId, spans: Sequence[tuple[int, int]]) -> None:
        self._store = store
        self._log = log
        self._spans = spans
        self._outside: Mapping[int, Seen | None] | None = None
        self._last: tuple[int, Mapping[int, Seen]] = (-1, {})

    async def __call__(self, number: int) -> Mapping[int, Seen]:
        """What is kept of the entries [256 number, 256 number + 256), without those that the disk lost."""
        if self._last[0] != number:
            kept = {at: each for at, each in (await self._alone(number)).items() if each is not None}
            for start, stop in self._within(number):
                kept |= await look(self._store, self._log, start, stop)
            self._last = number, kept
        return self._last[1]

    async def expected(self, number: int) -> Sequence[int]:
        """The indices of those that are to be there."""
        there = {at for start, stop in self._within(number) for at in range(start, stop)}
        return sorted(there | (await self._alone(number)).keys())

    async def _alone(self, number: int) -> Mapping[int, Seen | None]:
        """Those that stand in no span."""
        first = TILE_WIDTH * number
        if any(start <= first and first + TILE_WIDTH <= stop for start, stop in self._spans):
            return {}
        if self._outside is None:
            self._outside = await outside(self._store, self._log, self._spans)
        return {at: each for at, each in self._outside.items() if at // TILE_WIDTH == number}

    async def again(self, index: int) -> Seen | None:
        """One entry as it is on disk now; None where it is lost."""
        if self._spanned(index):
            return (await look(self._store, self._log, index, index + 1)).get(index)
        self._outside = None
        return (await self._alone(index // TILE_WIDTH)).get(index)

    async def raw(self, index: int) -> bytes:
        """The bytes of an entry that is there."""
        if self._spanned(index):
            found = await self._store.read(self._log, index, index + 1)
        else:
            found = await self._store.controls(self._log, index)
        return found[0].raw

    def _spanned(self, index: int) -> bool:
        return covers(self._spans, index)

    def _within(self, number: int) -> Sequence[tuple[int, int]]:
        first = TILE_WIDTH * number
        cut = [(max(start, first), min(stop, first + TILE_WIDTH)) for start, stop in self._spans]
        return [(start, stop) for start, stop in cut if start < stop]
