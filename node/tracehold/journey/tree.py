"""Nodes of a stored tree: which tiles a proof needs, fetched at once, and each node computed once."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache

from tracehold.core.errors import Broken, Rejected
from tracehold.core.ids import LogId, Root
from tracehold.core.merkle import Node, subtree_root
from tracehold.core.tiles import Coord, node_reader
from tracehold.journey.ports import RecordLog

_BITS = 8  # of an index, per level of tiles: 256 hashes each


def coords(leaves: Iterable[int]) -> set[Coord]:
    """Tiles on the way from these leaves to the root of a tree that ends with the last of them.

    They hold every node of an inclusion proof of leaf i in a tree of n leaves if i and n - 1 are among the
    leaves, and of a consistency proof from m to n leaves if m - 1 and n - 1 are: a proof's nodes are siblings
    of nodes on those ways, and siblings share a tile.
    """
    ends = sorted(leaves)
    found = {Coord(0, leaf >> _BITS) for leaf in ends}
    level = 0
    # As high as the last leaf goes, the first ones go too. Where it fills a tile, one more has that tile's
    # root.
    while ends and (ends[-1] + 1) >> _BITS * (level + 1):
        level += 1
        found |= {Coord(level, leaf >> _BITS * (level + 1)) for leaf in ends}
    return found


async def nodes(store: RecordLog, log: LogId, size: int, leaves: Iterable[int]) -> Node:
    """The nodes on the ways of these leaves in the log's tree of `size` leaves, which must be on disk.

    The answer raises LookupError for a node that no proof about these leaves needs, or that the disk lost:
    work with it inside `whole_tiles`.
    """
    tiles = await store.tiles(log, coords([*leaves, size - 1]) if size else set())
    return node_of(tiles, size)


def node_of(tiles: Mapping[Coord, bytes], size: int) -> Node:
    """The nodes of the tree of `size` leaves out of these tiles; each is computed once."""
    return cache(node_reader(tiles.__getitem__, size))


@contextmanager
def whole_tiles() -> Iterator[None]:
    """Around work with stored tiles: one that is lost or cut short is `Broken("CORRUPT")`."""
    try:
        yield
    except (LookupError, ValueError, Rejected) as lost:
        raise Broken("CORRUPT", "a tile of a log is lost or cut short") from lost


async def root_at(store: RecordLog, log: LogId, size: int) -> Root:
    """The root of the log's first `size` entries, folded from its
    tiles; `Broken("CORRUPT")` where one is lost.
    """
    node = await nodes(store, log, size, ())
    with whole_tiles():
        return subtree_root(0, size, node)
