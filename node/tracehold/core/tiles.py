"""The tree as tiles of 256 hashes, as in C2SP tlog-tiles, so that foreign monitors can read a log.

Tile (level, index) holds the nodes of tree level 8 * level from 256 * index on. The last tile of a level
grows until it is full, so a tile of any later size serves every earlier tree.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from tracehold.core.limits import TILE_WIDTH
from tracehold.core.merkle import Node, node_hash

_HASH = 32
_HEIGHT = TILE_WIDTH.bit_length() - 1


@dataclass(frozen=True, slots=True, order=True)
class Coord:
    """Which tile: level 0 holds leaf hashes, each further level the roots of full tiles below."""

    level: int
    index: int


Load = Callable[[Coord], bytes]
"""The stored bytes of a tile: at least as many hashes as the tree of the question has there."""


def tiles_after(old_size: int, leaf_hashes: Iterable[bytes], load: Load) -> list[tuple[Coord, bytes]]:
    """Every tile that is new or longer once these leaf hashes follow the first
    `old_size`, lowest level first.

    `load` is asked only for tiles that were partly filled. Of a tile that grew, the longest form is given.
    ValueError where a stored tile is shorter than the tree of `old_size`.
    """
    changed: dict[Coord, bytes] = {}
    level, width, hashes = 0, old_size, list(leaf_hashes)
    while hashes:
        roots = []
        tile = bytearray(_partial(level, width, load))
        for entry in hashes:
            tile += entry
            if len(tile) == TILE_WIDTH * _HASH:
                changed[Coord(level, width // TILE_WIDTH)] = bytes(tile)
                roots.append(_root(tile))
                tile.clear()
            width += 1
        if tile:
            changed[Coord(level, width // TILE_WIDTH)] = bytes(tile)
        level, width, hashes = level + 1, (width - len(hashes)) // TILE_WIDTH, roots
    return list(changed.items())


def node_reader(load: Load, size: int) -> Node:
    """The nodes of the tree of `size` leaves out of its tiles; each tile is loaded once in the reader's life.

    KeyError for a node whose leaves are not all there, ValueError where a tile is too short for the tree.
    """
    tiles: dict[Coord, bytes] = {}

    def node(level: int, index: int) -> bytes:
        if (index + 1) << level > size:
            raise KeyError((level, index))
        tile_level, rest = divmod(level, _HEIGHT)
        coord, at = Coord(tile_level, (index << rest) // TILE_WIDTH), (index << rest) % TILE_WIDTH
        if coord not in tiles:
            tiles[coord] = load(coord)
        return _root(_slice(tiles[coord], at, 1 << rest))

    return node


def tile_path(coord: Coord, width: int = TILE_WIDTH) -> str:
    """The name of a tile as C2SP tlog-tiles gives it, such as `tile/0/x001/067.p/8`."""
    groups = [f"{coord.index % 1000:03}"]
    rest = coord.index // 1000
    while rest:
        groups.insert(0, f"x{rest % 1000:03}")
        rest //= 1000
    partial = "" if width == TILE_WIDTH else f".p/{width}"
    return f"tile/{coord.level}/{'/'.join(groups)}{partial}"


def _partial(level: int, width: int, load: Load) -> bytes:
    filled = width % TILE_WIDTH
    return _slice(load(Coord(level, width // TILE_WIDTH)), 0, filled) if filled else b""


def _slice(tile: bytes, at: int, count: int) -> bytes:
    """`count` hashes of a tile, from hash `at` on."""
    found = tile[at * _HASH : (at + count) * _HASH]
    if len(found) != count * _HASH:
        raise ValueError(f"a tile has {len(tile) // _HASH} whole hashes, {at + count} are needed")
    return found


def _root(hashes: bytes | bytearray) -> bytes:
    """The root over 2**n hashes that stand one after the other."""
    row = [bytes(hashes[at : at + _HASH]) for at in range(0, len(hashes), _HASH)]
    while len(row) > 1:
        row = [node_hash(row[at], row[at + 1]) for at in range(0, len(row), 2)]
    return row[0]
