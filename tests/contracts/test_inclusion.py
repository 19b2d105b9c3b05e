"""`verifyInclusion` and `supersede`, against an independent tree."""

import pytest
from eth_hash.auto import keccak
from hypothesis import given
from hypothesis import strategies as st

from tests.contracts import tree
from tests.contracts.evm import Evm, slot_of
from tests.contracts.world import HOLDER, STRANGER, World, h

ENTRIES = [h("entry", number) for number in range(200)]
LEAVES = [tree.leaf(entry) for entry in ENTRIES]


def anchored(size: int) -> World:
    """One company whose log has the first entries anchored."""
    world = World(Evm(), 1)
    world.anchor(world[1], size, tree.root(LEAVES[:size]))
    return world


def holds(world: World, index: int, path: list[bytes], entry: bytes | None = None, node: int = 1) -> bool:
    """What the contract says of an entry at an index."""
    found: bool = world.contract.read(
        "verifyInclusion", node, ENTRIES[index] if entry is None else entry, index, path
    )
    return found


def test_agrees_with_the_definition_for_sizes_1_to_200():
    """Every size, at first, last, middle and border indices; every index of sizes up to 20."""
    world = World(Evm(), 1)
    for size in range(1, 201):
        leaves = LEAVES[:size]
        world.anchor(world[1], size, tree.root(leaves))
        border = 1 << (size - 1).bit_length() - 1 if size > 1 else 0
        some = {0, size - 1, size // 2, border}
        for index in range(size) if size <= 20 else sorted(some):
            assert holds(world, index, tree.path(index, leaves)), (size, index)
        assert not holds(world, size // 2 + 1, tree.path(size // 2, leaves), ENTRIES[size // 2]), size


def large(size: int, root: bytes) -> World:
    """A head of any size, put into storage: no log of ours grows so large in a test."""
    world = World(Evm(), 1)
    world.anchor(world[1], 1, root)
    second = int.from_bytes(keccak((1).to_bytes(32) + slot_of("_heads").to_bytes(32))) + 1
    world.contract.evm.state.set_storage(world.contract.address, second, size)
    assert world.head(1)[:2] == (root, size)
    return world


SIZES = st.one_of(
    st.integers(1, 2**64 - 1),
    st.integers(1, 63).flatmap(lambda power: st.sampled_from([2**power - 1, 2**power, 2**power + 1])),
)


@given(SIZES, st.data())
def test_agrees_with_the_definition_for_large_sizes(size, data):
    """Any size and index of 64 bits; one sibling more or less, or the index next to it, is refused."""
    index = data.draw(st.one_of(st.integers(0, size - 1), st.sampled_from([0, size - 1, size // 2])))
    path = [h("sibling", level) for level in range(tree.depth(index, size))]
    world = large(size, tree.climb(LEAVES[0], index, size, path))
    assert holds(world, index, path, ENTRIES[0])
    assert not holds(world, index, [*path, h("more")], ENTRIES[0])
    if path:
        assert not holds(world, index, path[:-1], ENTRIES[0])
        assert not holds(world, index, path[1:], ENTRIES[0])
        assert not holds(world, index ^ 1, path, ENTRIES[0])
        assert not holds(world, index ^ 1 << size.bit_length() - 1, path, ENTRIES[0])


@pytest.mark.parametrize("size", [1, 2, 3, 6, 7, 8, 13])
def test_every_other_index_is_refused(size):
    """A path proves one position: no other index of the tree, and none past its end, verifies with it."""
    world = anchored(size)
    for index in range(size):
        path = tree.path(index, LEAVES[:size])
        claimed = [other for other in [*range(size + 3), 2**32, 2**63, 2**64 - 1] if other != index]
        for other in claimed:
            assert not world.contract.read("verifyInclusion", 1, ENTRIES[index], other, path), (
                size,
                index,
                other,
            )


@given(st.integers(1, 200), st.data())
def test_damaged_path_is_refused(size, data):
    """One bit turned, one sibling lost, doubled, added or swapped: never a proof."""
    world = anchored(size)
    index = data.draw(st.integers(0, size - 1))
    path = tree.path(index, LEAVES[:size])
    assert holds(world, index, path)
    assert not holds(world, index, [*path, h("more")])
    assert not holds(world, index, [LEAVES[index], *path])
    if path:
        at = data.draw(st.integers(0, len(path) - 1))
        bit = 1 << data.draw(st.integers(0, 255))
        turned = (int.from_bytes(path[at]) ^ bit).to_bytes(32)
        assert not holds(world, index, [*path[:at], turned, *path[at + 1 :]])
        assert not holds(world, index, path[:at] + path[at + 1 :])
        assert not holds(world, index, [*path[: at + 1], *path[at:]])
    if len(path) > 1:
        assert not holds(world, index, path[::-1])


def test_attack_leaf_and_node_are_not_confused():
    """An inner node is not an entry, and a leaf hash is not a fingerprint."""
    world = anchored(4)
    inner = tree.root(LEAVES[:2])
    assert not holds(world, 0, [tree.root(LEAVES[2:4])], entry=inner)
    assert not holds(world, 0, tree.path(0, LEAVES[:4]), entry=LEAVES[0])
    assert not holds(world, 0, [], entry=tree.root(LEAVES[:4]))


def test_nothing_is_in_an_unanchored_log():
    """Unknown nodes and logs without anchor hold nothing, whatever the path."""
    world = World(Evm(), 1)
    for node in (0, 1, 2):
        assert not holds(world, 0, [], node=node)
        assert not holds(world, 0, [], entry=bytes(32), node=node)


def test_proof_is_against_the_newest_head():
    """A path of an older size stops to hold when the log grows, and its new path holds."""
    world = anchored(5)
    old = tree.path(2, LEAVES[:5])
    world.anchor(world[1], 9, tree.root(LEAVES[:9]))
    assert not holds(world, 2, old)
    assert holds(world, 2, tree.path(2, LEAVES[:9]))


def superseding(index: int, size: int, replacement: bytes) -> tuple:
    """Arguments of a good supersede."""
    return ENTRIES[index], replacement, index, tree.path(index, LEAVES[:size])


def test_supersede_points_once_and_for_good(refused):
    """The pointer is set by the first call; a second one, to the same or another record, is refused."""
    world = anchored(7)
    assert world.contract.read("statusOf", 1, ENTRIES[3]) == bytes(32)
    (event,) = world.contract.send(world[1].account, "supersede", *superseding(3, 7, h("new"))).events()
    assert event == ("Superseded", {"node": 1, "fingerprint": ENTRIES[3], "replacement": h("new")})
    assert world.contract.read("statusOf", 1, ENTRIES[3]) == h("new")
    for replacement in (h("new"), h("other")):
        with refused(f"AlreadySuperseded(replacement=0x{h('new').hex()})"):
            world.contract.send(world[1].account, "supersede", *superseding(3, 7, replacement))
    assert world.contract.read("statusOf", 2, ENTRIES[3]) == bytes(32)
    assert world.contract.read("statusOf", 1, ENTRIES[4]) == bytes(32)


@pytest.mark.parametrize("replacement", [bytes(32), ENTRIES[3]])
def test_supersede_needs_another_record(refused, replacement):
    """Zero means none, and a record does not take its own place."""
    world = anchored(7)
    with refused("BadReplacement"):
        world.contract.send(world[1].account, "supersede", *superseding(3, 7, replacement))


def test_supersede_needs_the_record_in_the_log(refused):
    """A wrong index, a wrong path, or a record of nobody's is refused and leaves no trace."""
    world = anchored(7)
    entry, new, index, path = superseding(3, 7, h("new"))
    for arguments in [(entry, new, 4, path), (entry, new, index, path[:-1]), (h("none"), new, index, path)]:
        with refused("NotIncluded"):
            world.contract.send(world[1].account, "supersede", *arguments)
        assert world.contract.read("statusOf", 1, arguments[0]) == bytes(32)


def test_attack_superseding_in_a_foreign_log(refused):
    """Only the log's own active creator points away from its records."""
    world = World(Evm(), 2)
    root = tree.root(LEAVES[:7])
    world.anchor(world[1], 7, root, world.ack(world[1], 7, root, world[2]))
    with refused("NotIncluded"):
        world.contract.send(world[2].account, "supersede", *superseding(3, 7, h("new")))
    with refused("NotCreator"):
        world.contract.send(STRANGER, "supersede", *superseding(3, 7, h("new")))
    world.admin("setNodeRoles", 1, HOLDER)
    with refused("NotCreator"):
        world.contract.send(world[1].account, "supersede", *superseding(3, 7, h("new")))
