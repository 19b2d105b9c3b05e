"""Tiles of a stored tree, each proved up to a root before it is relied on, and put right where the disk
damaged it.

What a tile was is told by what lies below it: the fingerprints and the bytes of its entries, or the tiles of
which it holds the roots. Where those agree on nothing, other nodes are asked. Nobody is believed: a tile is
right where its hashes fold to the hash that the tile above has for it, and the tiles on the right edge where
they fold to the root together.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from tracehold.core.errors import Rejected
from tracehold.core.ids import LogId, Root
from tracehold.core.limits import TILE_WIDTH
from tracehold.core.merkle import CompactRange, leaf_hash, root_of
from tracehold.core.tiles import Coord
from tracehold.journey.ports import RecordLog
from tracehold.journey.seen import Seen
from tracehold.journey.tree import node_of

_HASH = 32
_BITS = 8
Hashes = list[bytes]
Tiles = Mapping[Coord, Hashes]
See = Callable[[int], Awaitable[Mapping[int, Seen]]]


class Others(Protocol):
    """What other nodes say a tile holds. Proves nothing."""

    def tiles(self, log: LogId, at: Coord, width: int) -> AsyncIterator[Hashes]:
        """One answer after the other, each of `width` hashes."""
        ...


@dataclass(frozen=True, slots=True)
class Tree:
    """A tree that is bound by its root."""

    log: LogId
    size: int
    root: Root

    def width(self, at: Coord) -> int:
        """How many hashes the tile has in this tree."""
        return max(0, min((self.size >> _BITS * at.level) - TILE_WIDTH * at.index, TILE_WIDTH))

    def edge(self) -> Sequence[Coord]:
        """The tiles that are not full, lowest first: their hashes fold to the root."""
        levels = range(-(-self.size.bit_length() // _BITS))
        tiles = (Coord(level, self.size >> _BITS * (level + 1)) for level in levels)
        return [at for at in tiles if self.width(at)]

    def rooted(self, edge: Tiles) -> bool:
        """Whether the tiles on the edge fold to the root."""
        try:
            tiles = {at: b"".join(hashes) for at, hashes in edge.items()}
            return CompactRange.of(0, self.size, node_of(tiles, self.size)).root() == self.root
        except (LookupError, ValueError, Rejected):
            return False


class SoundTiles:
    """The tiles of one tree. `see` gives the entries under a tile of leaves, by its number, as far as they
    are
    kept; `mended` is told of each tile that was put right. For one look at a tree: what was proved is not
    read again.
    """

    def __init__(
        self, store: RecordLog, tree: Tree, see: See, others: Others, mended: Callable[[Coord], None]
    ) -> None:
        self.tree = tree
        self._store = store
        self._see = see
        self._others = others
        self._mended = mended
        self._proved: dict[Coord, Hashes | None] = {}

    async def tile(self, at: Coord) -> Hashes | None:
        """The proved hashes of a tile, durable there; None where nobody tells what they were. Of level 0 they
        are the leaves.
        """
        if at in self._proved:
            return self._proved[at]
        if self.tree.width(at) < TILE_WIDTH:
            await self._prove_edge()
            return self._proved.get(at)
        found = await self._full(at)
        if at.level:
            self._proved[at] = (
                found  # of a large log the tiles of leaves are many, and each is asked for once
            )
        return found

    async def rooted(self) -> bool:
        """Whether the tiles on the edge fold to the root, as they are or were put right."""
        edge = min(self.tree.edge())
        if edge not in self._proved:
            await self._prove_edge()
        return self._proved[edge] is not None

    async def _full(self, at: Coord) -> Hashes | None:
        above = await self.tile(Coord(at.level + 1, at.index // TILE_WIDTH))
        if above is None:
            return None
        wanted = above[at.index % TILE_WIDTH]
        stored = await self._stored(at)
        if len(stored) == TILE_WIDTH and root_of(stored) == wanted:
            return stored
        for told in (await self._voted(at), await self._below(at)):
            if len(told) == TILE_WIDTH and root_of(told) == wanted:
                return await self._put(at, told)
        async for told in self._others.tiles(self.tree.log, at, TILE_WIDTH):
            if root_of(told) == wanted:
                return await self._put(at, told)
        return None

    async def _prove_edge(self) -> None:
        edge = self.tree.edge()
        stored = {at: await self._stored(at) for at in edge}
        found = stored if self.tree.rooted(stored) else await self._rooted(edge, stored)
        for at in edge:
            if found is None or found[at] == stored[at]:
                self._proved[at] = stored[at] if found else None
            else:
                self._proved[at] = await self._put(at, found[at])

    async def _rooted(self, edge: Sequence[Coord], stored: Tiles) -> Tiles | None:
        """The edge as it folds to the root: the lowest tile as it is told here or by others, and those above
        as they are stored or told by what lies below.
        """
        voted = {at: await self._voted(at) for at in edge}
        below = {at: await self._below(at) for at in edge}
        lowest = min(edge)
        for told in (stored, voted, below):
            for above in (stored, voted, below):
                if self.tree.rooted({**above, lowest: told[lowest]}):
                    return {**above, lowest: told[lowest]}
        async for said in self._others.tiles(self.tree.log, lowest, self.tree.width(lowest)):
            for above in (stored, voted, below):
                if self.tree.rooted({**above, lowest: said}):
                    return {**above, lowest: said}
        return None

    async def _stored(self, at: Coord) -> Hashes:
        """As far as the disk has it, cut to this tree."""
        raw = (await self._store.tiles(self.tree.log, [at])).get(at, b"")
        whole = len(raw) // _HASH
        return [raw[_HASH * number :][:_HASH] for number in range(min(whole, self.tree.width(at)))]

    async def _put(self, at: Coord, hashes: Hashes) -> Hashes:
        # A tile that grew meanwhile keeps what it grew by: the tree of this look is the beginning of it.
        await self._store.mend_tiles(self.tree.log, [(at, b"".join(hashes))])
        self._mended(at)
        return hashes

    async def _voted(self, at: Coord) -> Hashes:
        """Of each hash what most of those say that know of it; shorter where one is known to nobody."""
        stored, told = await self._stored(at), list[bytes]()
        for number in range(self.tree.width(at)):
            kept = stored[number] if number < len(stored) else None
            said = await self._witnesses(at, number, kept)
            if not said:
                break
            told.append(Counter(said).most_common(1)[0][0])
        return told

    async def _below(self, at: Coord) -> Hashes:
        """The same by what lies below alone, where anything does."""
        stored, told = await self._stored(at), list[bytes]()
        for number in range(self.tree.width(at)):
            kept = stored[number] if number < len(stored) else None
            said = (await self._witnesses(at, number, None)) or ([kept] if kept else [])
            if not said:
                break
            told.append(said[0])
        return told

    async def _witnesses(self, at: Coord, number: int, kept: bytes | None) -> Hashes:
        """What is said of one hash, by whoever knows of it: those who know best first."""
        said = [kept] if kept is not None else []
        if at.level == 0:
            entry = (await self._see(at.index)).get(TILE_WIDTH * at.index + number)
            return [*(leaf_hash(name) for name in entry.names()), *said] if entry else said
        below = Coord(at.level - 1, TILE_WIDTH * at.index + number)
        await asyncio.sleep(0)  # 256 hashes
        stored = await self._stored(below)
        child = root_of(stored) if len(stored) == TILE_WIDTH else None
        if child is not None and child == kept:
            return [child, kept]
        again = await self._voted(below)
        told = [root_of(again)] if len(again) == TILE_WIDTH else []
        return [*told, *([child] if child is not None else []), *said]
