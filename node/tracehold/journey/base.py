"""The base of a span: what the copy of a log rests on where it begins at a later segment than the first.

The control records before it, and the tiles that lead from them to the compact range at its start, which must
fold to the root that is anchored there (protocol section 3). Every hash that is kept was hashed up to that
root, so that nothing later rests on the sender's word. Whether no control record is missing is shown by the
snapshot that the segment begins with.
"""

from collections.abc import Iterable, Mapping

from tracehold.core.errors import Rejected
from tracehold.core.ids import Root
from tracehold.core.limits import SEGMENT_ENTRIES, TILE_WIDTH
from tracehold.core.merkle import CompactRange, cover, leaf_hash, root_of
from tracehold.core.record import CONTROL_KINDS
from tracehold.core.tiles import Coord
from tracehold.journey.judge import Arrived, arriving
from tracehold.journey.keeping import begun
from tracehold.journey.ports import Base, RecordLog, Sent
from tracehold.journey.tree import node_of

_HASH = 32


async def proved(store: RecordLog, base: Base, root: Root, operator: str) -> Base:
    """The base of an operator's log as it is to be kept: fingerprints computed here, tiles cut to what the
    anchored `root` of the
    first `base.start` entries proves. A part of a base may rest on tiles that are kept already.

    Raises ROOT_MISMATCH where anything is not proved, LOG_BROKEN for a wrong header, BAD_REQUEST for what is
    no base.
    """
    arrived = await _arrived(base)
    if 0 in arrived:
        begun(base.log, arrived[0], operator)
    controls = {at: each.entry for at, each in arrived.items()}
    needed = ways(controls, base.start)
    sent = {at: cut(at, hashes, base.start) for at, hashes in base.tiles}
    if sent.keys() - needed:
        raise Rejected(
            "BAD_REQUEST", "a base holds the tiles on the ways of its control records, and no others"
        )
    # Those that are kept may be of a later size, and are cut like those that came.
    there = await store.tiles(base.log, needed - sent.keys())
    tiles = {**{at: cut(at, hashes, base.start) for at, hashes in there.items()}, **sent}
    if needed - tiles.keys():
        raise Rejected("ROOT_MISMATCH", "a tile of the base is missing")
    _fold(tiles, base.start, root)
    for at, entry in controls.items():
        if _hashes(tiles[Coord(0, at // TILE_WIDTH)])[at % TILE_WIDTH] != leaf_hash(entry.fingerprint):
            raise Rejected("ROOT_MISMATCH", f"control record {at} of the base does not stand in its tile")
    return Base(base.log, base.start, sorted(sent.items()), sorted(controls.items()))


def _fold(tiles: Mapping[Coord, bytes], size: int, root: Root) -> None:
    """Returns if every hash of these tiles leads to the root of the first `size` entries: the highest ones by
    the fold, each full one by its place in the next.
    """
    node = node_of(tiles, size)
    if CompactRange.of(0, size, node).root() != root:
        raise Rejected("ROOT_MISMATCH", f"the base does not fold to the root anchored at {size}")
    for at, hashes in tiles.items():
        if len(hashes) == TILE_WIDTH * _HASH and root_of(_hashes(hashes)) != node(
            8 * (at.level + 1), at.index
        ):
            raise Rejected("ROOT_MISMATCH", f"tile {at.level}/{at.index} of the base is another one")


def _hashes(tile: bytes) -> list[bytes]:
    return [tile[at : at + _HASH] for at in range(0, len(tile), _HASH)]


async def _arrived(base: Base) -> Mapping[int, Arrived]:
    indices = [at for at, _ in base.controls]
    if base.start <= 0 or base.start % SEGMENT_ENTRIES or not indices:
        raise Rejected("BAD_REQUEST", "a base holds control records before a later segment's start")
    if indices != sorted(set(indices)) or not 0 <= indices[0] <= indices[-1] < base.start:
        raise Rejected("BAD_REQUEST", "the control records of a base stand before it, in order")
    read = await arriving([Sent(entry.raw, entry.fingerprint) for _, entry in base.controls])
    if any(each.entry.kind not in CONTROL_KINDS for each in read):
        raise Rejected("BAD_REQUEST", "a base holds whole control records and no others")
    return dict(zip(indices, read, strict=True))


def ways(indices: Iterable[int], size: int) -> set[Coord]:
    """The tiles on the ways from these entries to the root of the first `size`, and those that fold to it."""
    found = {Coord(level // 8, (at << level % 8) // TILE_WIDTH) for level, at in cover(0, size)}
    for leaf in indices:
        level, at = 0, leaf // TILE_WIDTH
        while TILE_WIDTH * at < size >> 8 * level:
            found.add(Coord(level, at))
            level, at = level + 1, at // TILE_WIDTH
    return found


def cut(at: Coord, hashes: bytes, size: int) -> bytes:
    """The tile as it is in the tree of this size: what it has more is proved by nothing."""
    width = min((size >> 8 * at.level) - TILE_WIDTH * at.index, TILE_WIDTH)
    if width <= 0 or len(hashes) < width * _HASH:
        raise Rejected("BAD_REQUEST", f"tile {at.level}/{at.index} is not one of the tree of {size} entries")
    return hashes[: width * _HASH]
