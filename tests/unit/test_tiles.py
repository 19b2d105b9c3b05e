"""Tiles: written as a log grows, and every node read back from them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracehold.core import merkle
from tracehold.core.tiles import Coord, node_reader, tile_path, tiles_after

LEAVES = [merkle.leaf_hash(n.to_bytes(4, "big")) for n in range(1_300)]


def _never(coord):
    raise AssertionError(coord)


def grow(store, size, more):
    """Append leaves to stored tiles as a sealer does; the new size."""
    for coord, data in tiles_after(size, LEAVES[size : size + more], store.__getitem__):
        assert data.startswith(store.get(coord, b""))
        store[coord] = data
    return size + more


@given(st.lists(st.integers(0, 400), max_size=5))
def test_tiles_hold_the_tree_at_every_size(steps):
    """After every batch the root of the tiles is the root of the leaves."""
    store: dict = {}
    size = 0
    for more in steps:
        size = grow(store, size, min(more, len(LEAVES) - size))
        reader = node_reader(store.__getitem__, size)
        assert merkle.subtree_root(0, size, reader) == merkle.root_of(LEAVES[:size])


def test_tiles_do_not_depend_on_batches():
    """One by one or at once: the same tiles."""
    one: dict = {}
    many: dict = {}
    size = 0
    while size < 700:
        size = grow(one, size, 1)
    grow(many, 0, 700)
    assert one == many
    assert many.keys() == {Coord(0, 0), Coord(0, 1), Coord(0, 2), Coord(1, 0)}
    assert [len(many[coord]) // 32 for coord in sorted(many)] == [256, 256, 188, 2]


def test_two_levels_of_full_tiles():
    """65,536 leaves fill the first tile of level 1 and start level 2."""
    store = dict(tiles_after(0, [LEAVES[0]] * 65_537, _never))
    assert len(store[Coord(1, 0)]) == 256 * 32
    assert len(store[Coord(2, 0)]) == 32
    reader = node_reader(store.__getitem__, 65_537)
    path = merkle.inclusion_path(65_536, 65_537, reader)
    assert path == [store[Coord(2, 0)]]


@given(st.integers(1, 1_300), st.data())
def test_proofs_of_earlier_sizes_come_from_later_tiles(size, data):
    """A tile that grew serves every earlier tree."""
    index = data.draw(st.integers(0, size - 1))
    reader = node_reader(STORED.__getitem__, size)
    root = merkle.root_of(LEAVES[:size])
    merkle.verify_inclusion(LEAVES[index], index, size, merkle.inclusion_path(index, size, reader), root)
    later = merkle.root_of(LEAVES)
    proof = merkle.consistency_path(size, 1_300, node_reader(STORED.__getitem__, 1_300))
    merkle.verify_consistency(size, 1_300, root, later, proof)


STORED: dict = {}
grow(STORED, 0, 1_300)


@pytest.mark.parametrize(("level", "index"), [(0, 5), (1, 2), (3, 0), (8, 0), (0, 1 << 40)])
def test_a_node_beyond_the_size_is_refused(level, index):
    """A reader at size 5 never tells a node that was not there."""
    with pytest.raises(KeyError):
        node_reader(STORED.__getitem__, 5)(level, index)


def test_each_tile_is_loaded_once():
    """A reader reads a tile from disk one time, whatever it is asked."""
    asked = []

    def load(coord):
        asked.append(coord)
        return STORED[coord]

    reader = node_reader(load, 1_300)
    for index in range(0, 1_300, 100):
        merkle.inclusion_path(index, 1_300, reader)
    assert len(asked) == len(set(asked))


@pytest.mark.parametrize(
    ("coord", "width", "path"),
    [
        (Coord(0, 0), 256, "tile/0/000"),
        (Coord(0, 67), 8, "tile/0/067.p/8"),
        (Coord(1, 1234), 256, "tile/1/x001/234"),
        (Coord(2, 1_234_067), 255, "tile/2/x001/x234/067.p/255"),
    ],
)
def test_paths_are_those_of_tlog_tiles(coord, width, path):
    """Foreign monitors find tiles by these names."""
    assert tile_path(coord, width) == path


@pytest.mark.parametrize("length", [0, 31, 32, 64, 70, 96, 319])
def test_security_a_cut_tile_gives_no_node(length):
    """Whatever is left of it: an error that callers know, and never the root of fewer leaves."""
    cut = STORED[Coord(0, 0)][:length]
    reader = node_reader(lambda _: cut, 10)
    for level, index in ((1, 4), (0, 9), *([(3, 0), (2, 1)] if length < 256 else [])):
        with pytest.raises(ValueError, match="whole hashes"):
            reader(level, index)


@pytest.mark.parametrize("length", [0, 32, 319])
def test_security_a_cut_tile_is_not_grown(length):
    """Appending to it would seal another tree than the one that was signed."""
    with pytest.raises(ValueError, match="whole hashes"):
        tiles_after(10, LEAVES[10:12], lambda _: STORED[Coord(0, 0)][:length])
