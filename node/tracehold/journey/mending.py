"""Mending: the entries under one tile of leaves are compared with the log's tree, and what the disk damaged
is put right, out of what is left of it or from other nodes.

What other nodes hand over is proved against the tree before anything is stored. Bytes that were redacted here
never come back. A crash between two steps leaves each of them done or not, and a repeat goes on.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from tracehold.core.errors import Broken, Rejected, TraceholdError, Unavailable
from tracehold.core.ids import LogId
from tracehold.core.limits import SEGMENT_ENTRIES, TILE_WIDTH
from tracehold.core.merkle import leaf_hash
from tracehold.core.record import fingerprint
from tracehold.core.tiles import Coord
from tracehold.journey.ports import Peer, RecordLog, Sent
from tracehold.journey.seen import Seeing, Seen
from tracehold.journey.sound_tiles import Hashes, SoundTiles, Tree
from tracehold.journey.states import Sleep

Sources = Callable[[LogId, int], Awaitable[Sequence[Peer]]]
"""Who may keep an entry of a log, those who should first."""

ENTRY_BYTES = 1024
"""What an entry counts at least, where it is counted how fast they are read."""

SOURCE_S = 60.0
"""Seconds that one node is asked about one place, all in all, though it answers each question in time."""

T = TypeVar("T")
_HASH = 32
_PARTS = 1000  # of a base, that are asked for at most
_ANSWERS = 40  # for 256 entries of at most 1 MiB, of 8 MiB each: whoever trickles is left


@dataclass(frozen=True, slots=True)
class Damage:
    """What was damaged: an entry, or where `tile` is set a tile on its way up, or with `tree` what binds all
    entries, the checkpoint or the tiles on the edge; and whether it is mended.
    """

    log: LogId
    index: int
    mended: bool
    tile: Coord | None = None
    tree: bool = False

    def __str__(self) -> str:
        what = f"tile {self.tile.level}/{self.tile.index}" if self.tile else f"entry {self.index}"
        if self.tree:
            what = f"the tree or the checkpoint of size {self.index + 1}"
        state = "was damaged on disk and is mended" if self.mended else "is damaged on disk"
        return f"{what} of log {self.log.hex()} {state}"


@dataclass(slots=True)
class Looked:
    """What came of one tile of leaves: how many entries and record bytes were read, and what was damaged."""

    entries: int = 0
    bytes: int = 0
    damages: list[Damage] = field(default_factory=list)

    @property
    def untied(self) -> bool:
        """Whether nothing was proved, since the tree itself is damaged."""
        return any(each.tree for each in self.damages)

    @property
    def cost(self) -> int:
        """Bytes that count for the rate; small entries are looked at for as long as some larger ones."""
        return max(self.bytes, ENTRY_BYTES * self.entries, 1)

    @property
    def left(self) -> Sequence[Damage]:
        """What is damaged still."""
        return [each for each in self.damages if not each.mended]


class Copies:
    """Other nodes' copies of what is damaged here. `fault` is told who handed over what is false."""

    def __init__(
        self, sources: Sources, fault: Callable[[TraceholdError], None], sleep: Sleep = asyncio.sleep
    ) -> None:
        self._sources = sources
        self._fault = fault
        self._sleep = sleep
        self._timers: dict[int, asyncio.Future[Any]] = {}

    def forget(self) -> None:
        """What comes next is about another place: everybody has `SOURCE_S` again."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    async def entry(self, log: LogId, index: int, leaf: bytes, *, bare: bool) -> Sent | None:
        """The entry that this leaf proves; with `bare` also without its bytes."""
        for peer in await self._sources(log, index):
            if found := await self._in_time(peer, self._entry(peer, log, index, leaf, bare=bare)):
                return found
        return None

    async def _entry(self, peer: Peer, log: LogId, index: int, leaf: bytes, *, bare: bool) -> Sent | None:
        async for sent in _entries(peer, log, index, index + 1):
            name = fingerprint(sent.raw) if sent.raw else sent.fingerprint
            if leaf_hash(name) == leaf and (sent.raw or bare):
                return Sent(sent.raw, name)
            if sent.raw:
                said = f"node {peer.node} hands over other bytes as entry {index} of log {log.hex()}"
                self._fault(Rejected("PROOF_INVALID", said))
        return None

    async def tiles(self, log: LogId, at: Coord, width: int) -> AsyncIterator[Hashes]:
        """See `sound_tiles.Others`."""
        first = at.index << 8 * (at.level + 1)
        for peer in await self._sources(log, first):
            hashes = await self._in_time(peer, _tile(peer, log, at, width))
            if hashes and len(hashes) == width:
                yield hashes

    async def _in_time(self, peer: Peer, asked: Coroutine[Any, Any, T]) -> T | None:
        """What comes of asking; None where this node's time is over."""
        if peer.node not in self._timers:
            self._timers[peer.node] = asyncio.ensure_future(self._sleep(SOURCE_S))
        asking: asyncio.Future[Any] = asyncio.ensure_future(asked)
        try:
            await asyncio.wait({asking, self._timers[peer.node]}, return_when=asyncio.FIRST_COMPLETED)
            return asking.result() if asking.done() else None
        finally:
            asking.cancel()


async def _tile(peer: Peer, log: LogId, at: Coord, width: int) -> Hashes:
    hashes = await _leaves(peer, log, at, width) if at.level == 0 else []
    return hashes if len(hashes) == width else await _of_base(peer, log, at, width)


async def _entries(peer: Peer, log: LogId, start: int, stop: int) -> AsyncIterator[Sent]:
    """What a peer hands over of [start, stop), in order; it may end early."""
    for _ in range(_ANSWERS):
        try:
            answer = await peer.entries(log, start, stop)
        except Unavailable:
            return
        for sent in answer.entries[: stop - start]:
            yield sent
            start += 1
        if start >= stop or not answer.entries:
            return


async def _leaves(peer: Peer, log: LogId, at: Coord, width: int) -> Hashes:
    first = TILE_WIDTH * at.index
    sent = _entries(peer, log, first, first + width)
    return [leaf_hash(fingerprint(each.raw) if each.raw else each.fingerprint) async for each in sent]


async def _of_base(peer: Peer, log: LogId, at: Coord, width: int) -> Hashes:
    """The tile out of the base that the peer gives for the segment behind it."""
    end = (at.index + 1) << 8 * (at.level + 1)
    start = -(-end // SEGMENT_ENTRIES) * SEGMENT_ENTRIES
    for part in range(_PARTS):
        try:
            given = await peer.base(log, start, part)
        except Unavailable:
            return []
        if given is None:
            return []
        for where, hashes in given.base.tiles:
            if where == at:
                return [hashes[_HASH * number :][:_HASH] for number in range(width)]
        if not given.more:
            return []
    return []


class Mender:
    """Looks at the entries of one tree, under one tile of leaves after the other. For one look at a log of
    which these spans are kept.
    """

    def __init__(
        self, store: RecordLog, copies: Copies, tree: Tree, spans: Sequence[tuple[int, int]]
    ) -> None:
        self.tree, self.spans = tree, spans
        self._store = store
        self._copies = copies
        self._see = Seeing(store, tree.log, [(start, min(stop, tree.size)) for start, stop in spans])
        self._told: list[Coord] = []
        self._tiles = SoundTiles(store, tree, self._see, copies, self._told.append)

    async def look(self, number: int) -> Looked:
        """Compare what is kept of the entries [256 number, 256 number + 256) with the tree, and put right
        what can be. Raises what the store raises, but no CORRUPT.
        """
        try:
            return await self._look(number)
        finally:
            self._copies.forget()

    async def _look(self, number: int) -> Looked:
        log, first = self.tree.log, TILE_WIDTH * number
        seen = await self._see(number)
        looked = Looked(len(seen), sum(each.size for each in seen.values()))
        self._told.clear()
        leaves = await self._tiles.tile(Coord(0, number))
        looked.damages += [Damage(log, first, True, at) for at in self._told]
        if not await self._tiles.rooted():
            looked.damages.append(Damage(log, self.tree.size - 1, False, tree=True))
            return looked
        if leaves is None:
            looked.damages.append(Damage(log, first, False, Coord(0, number)))
            return looked
        for index in await self._see.expected(number):
            if index >= self.tree.size:
                break  # of the base of a later span, which another tree proves
            leaf, there = leaves[index - first], seen.get(index)
            if there is None or not there.fits(leaf):
                looked.damages.append(Damage(log, index, await self._mend(index, leaf, there)))
        return looked

    async def _mend(self, index: int, leaf: bytes, there: Seen | None) -> bool:
        """Put one entry right; whether it is."""
        try:
            sent = await self._right(index, leaf, there)
            if sent is None:
                return False
            await self._store.mend(self.tree.log, index, sent.raw, sent.fingerprint)
            now = await self._see.again(index)
        except Broken as broken:
            if broken.code != "CORRUPT":
                raise
            return False  # the file itself is damaged there
        return now is not None and now.fits(leaf)

    async def _right(self, index: int, leaf: bytes, there: Seen | None) -> Sent | None:
        """What the entry was, proved; without bytes where it is erased, or where they are right here."""
        if there is None:
            return await self._copies.entry(self.tree.log, index, leaf, bare=False)
        if there.hashed is not None and leaf_hash(there.hashed) == leaf:
            return Sent(await self._see.raw(index), there.hashed)
        if there.erased and leaf_hash(there.fingerprint) == leaf:
            return Sent(b"", there.fingerprint)
        sent = await self._copies.entry(self.tree.log, index, leaf, bare=there.erased)
        return Sent(b"", sent.fingerprint) if sent and there.erased else sent
