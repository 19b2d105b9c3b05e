"""Which tiles lead to which roots, at every size that fills a tile of some level, and beside it."""

import pytest

from tests.journey.scene import creator, statement
from tracehold.core.merkle import CompactRange, inclusion_path, leaf_hash, verify_inclusion
from tracehold.core.tiles import Coord, tiles_after
from tracehold.journey.own_log import reopen
from tracehold.journey.tree import coords, node_of, root_at

LEAF = leaf_hash(b"entry")
SIZES = [1, 2, 255, 256, 257, 511, 512, 513, 65_535, 65_536, 65_537, 65_792, 131_072]


@pytest.mark.parametrize("size", SIZES)
def test_the_tiles_of_the_last_leaf_lead_to_the_root(size: int) -> None:
    """The right edge of a tree can be read from them, and they are all there."""
    tree = CompactRange()
    for _ in range(size):
        tree.append(LEAF)
    tiles = dict(tiles_after(0, [LEAF] * size, dict[Coord, bytes]().__getitem__))
    edge = {at: tiles[at] for at in coords([size - 1]) if at in tiles}
    assert CompactRange.of(0, size, node_of(edge, size)).root() == tree.root()


@pytest.mark.parametrize("size", SIZES[3:])
def test_the_tiles_of_a_leaf_and_of_the_last_prove_the_leaf(size: int) -> None:
    """Any leaf in any tree, also one at the beginning of a tree that has grown by a level."""
    leaves = [leaf_hash(at.to_bytes(4, "big")) for at in range(size)]
    tiles = dict(tiles_after(0, leaves, dict[Coord, bytes]().__getitem__))
    root = CompactRange.of(0, size, node_of(tiles, size)).root()
    for index in {0, 5, 254, 255, size // 2, size - 1}:
        some = {at: tiles[at] for at in coords([index, size - 1]) if at in tiles}
        path = inclusion_path(index, size, node_of(some, size))
        verify_inclusion(leaves[index], index, size, path, root)


async def test_a_log_of_whole_tiles_is_opened_again() -> None:
    """A restart at 256 entries, where the next tile up has just begun; and the log goes on."""
    async with creator() as made:
        await made.upload(*[statement(number) for number in range(253)])
        own = await reopen(made.store, made.sealer.own.identity)
        assert own.size == 256
        made.sealer._own = own
        assert await root_at(made.store, own.log, 256) == own.range.root()
        (outcome,) = await made.upload(statement(253))
        assert outcome.index == 256
