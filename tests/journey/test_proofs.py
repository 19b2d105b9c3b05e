"""Proofs: a tree out of tiles says of each leaf what its inclusion path says, and of false tiles nothing."""

from dataclasses import replace
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.journey.network import Node, begun, network
from tracehold.core.ids import Fingerprint
from tracehold.core.merkle import inclusion_path, leaf_hash, root_of, verify_inclusion
from tracehold.core.tiles import Coord, node_reader, tiles_after
from tracehold.journey.ports import AnchorState
from tracehold.journey.proofs import Proofs, Tree
from tracehold.journey.states import State


def leaves(count: int) -> list[bytes]:
    """That many different leaf hashes."""
    return [leaf_hash(at.to_bytes(4, "big")) for at in range(count)]


def tree(count: int, size: int | None = None) -> Tree:
    """The tree of the first `size` leaves, out of the tiles of `count`."""
    size = count if size is None else size
    made = Tree(size, root_of(leaves(count)[:size]))
    made.tiles.update(tiles_after(0, leaves(count), lambda _: b""))
    return made


@given(st.integers(1, 700), st.integers(0, 60), st.lists(st.integers(0, 699), min_size=1, max_size=8))
def test_every_leaf_is_held_where_it_stands_and_nowhere_else(size, more, asked):
    """In any order, in trees that have grown since, each as its own inclusion path says."""
    made, known = tree(size + more, size), leaves(size)
    node = node_reader(dict(made.tiles).__getitem__, size)
    for at in (index % size for index in asked):
        verify_inclusion(known[at], at, size, inclusion_path(at, size, node), root_of(known))
        assert made.holds(at, known[at])
        assert not made.holds(at, sha256(known[at]).digest())
        other = (at + 1) % size
        assert made.holds(other, known[at]) is (size == 1)


@given(st.integers(1, 600), st.integers(0, 599), st.integers(0, 10**6), st.integers(0, 599))
def test_a_changed_tile_proves_nothing_that_rests_on_it(size, asked, place, first):
    """One hash of one tile is another: nothing false is held, and nothing whose way up passes there."""
    made, known = tree(size), leaves(size)
    coord = sorted(made.tiles)[place % len(made.tiles)]
    at = place % (len(made.tiles[coord]) // 32)
    made.tiles[coord] = made.tiles[coord][: at * 32] + bytes(32) + made.tiles[coord][at * 32 + 32 :]
    for index in (first % size, asked % size):
        assert not made.holds(index, bytes(32))
        assert not made.holds(index, sha256(known[index]).digest())
    index = asked % size
    if coord == Coord(0, index >> 8) and at != index & 255:
        assert not made.holds(index, known[index])


@pytest.mark.parametrize("damage", [lambda tile: b"", lambda tile: tile[:-1], lambda tile: tile[:32]])
def test_a_tile_that_is_cut_short_proves_nothing(damage):
    """No error, only no proof."""
    made = tree(300)
    for coord in made.tiles:
        made.tiles[coord] = damage(made.tiles[coord])
    assert not made.holds(5, leaves(300)[5])


def test_a_tree_without_tiles_proves_nothing():
    """They were not asked for, or are lost."""
    assert not Tree(10, root_of(leaves(10))).holds(3, leaves(10)[3])


def test_an_index_past_the_end_is_not_held():
    """Nor one below the start."""
    made = tree(10)
    assert not made.holds(10, leaves(10)[9])
    assert not made.holds(-1, leaves(10)[9])


def test_the_root_decides():
    """The same tiles under another root hold nothing."""
    made = Tree(10, root_of(leaves(11)))
    made.tiles.update(tree(10).tiles)
    assert not any(made.holds(at, leaf) for at, leaf in enumerate(leaves(10)))


async def states(node: Node, *indices: int) -> list[State | None]:
    """States of entries, as one request sees them."""
    proofs = Proofs(node.store)
    found = [await proofs.standing(node.log, index) for index in indices]
    return [standing.state if standing else None for standing in found]


async def test_the_state_of_an_entry_follows_from_the_root_that_binds_it():
    """Final, mined, sealed, and none past the end."""
    async with network() as net:
        node = await net.join()
        await node.finish()
        await node.say(begun("urn:x:a", 1))
        node.network.clock.time += 10
        await node.anchorer.step()
        node.network.chain.mine()
        await node.anchorer.step()
        await node.say(begun("urn:x:b", 1))
        assert await states(node, 0, 2, 3, 4) == [State.FINAL, State.ANCHORED, State.SEALED, None]
        assert await Proofs(node.store).anchored(node.log) == 3


async def test_an_entry_sealed_during_the_request_is_bound_by_a_newer_checkpoint():
    """The request began before it; it is proved all the same."""
    async with network() as net:
        node = await net.join()
        proofs = Proofs(node.store)
        first = await proofs.standing(node.log, 0)
        assert first is not None
        (outcome,) = await node.say(begun("urn:x:a", 1))
        index, name = outcome.index, outcome.fingerprint
        assert index is not None
        assert name is not None
        second = await proofs.standing(node.log, index)
        assert second is not None
        assert second.size > first.size
        assert not await proofs.failures(second, {index: name})
        assert await proofs.failures(second, {index: Fingerprint(bytes(32))}) == [index]


async def test_an_anchor_that_was_final_and_is_no_more_binds_nothing():
    """REORGED is shown as such, proved against the checkpoint only."""
    async with network() as net:
        node = await net.join()
        await node.finish()
        (task,) = node.store._of(node.log).anchors.values()
        undone = replace(task, state=AnchorState.REORGED, anchor=None, undone=task.anchor)
        node.store._of(node.log).anchors[task.size] = undone
        assert await states(node, 0) == [State.REORGED]
