"""The contract's inclusion check and `core.merkle` say the same, of what holds and of what must not."""

from collections.abc import Iterator

import pytest

from tests.contracts.evm import Evm
from tests.contracts.world import World, h
from tracehold.core import merkle
from tracehold.core.errors import Rejected

ENTRIES = [h("entry", number) for number in range(1001)]
LEVELS = [[merkle.leaf_hash(entry) for entry in ENTRIES]]
while len(LEVELS[-1]) > 1:
    LEVELS.append(
        [
            merkle.node_hash(left, right)
            for left, right in zip(LEVELS[-1][::2], LEVELS[-1][1::2], strict=False)
        ]
    )
Claim = tuple[int, int, list[bytes]]


def node(level: int, index: int) -> bytes:
    """Hash of a complete subtree."""
    return LEVELS[level][index]


def path(index: int, size: int) -> list[bytes]:
    """The core's inclusion path."""
    return merkle.inclusion_path(index, size, node)


def good_claims(size: int) -> list[Claim]:
    """(entry, index, path): first, last, middle, and the border of the largest complete subtree."""
    border = 1 << (size - 1).bit_length() >> 1
    return [(at, at, path(at, size)) for at in sorted({0, size - 1, size // 2, min(border, size - 1)})]


def bad_claims(size: int) -> list[Claim]:
    """One entry in the wrong place, in a tree of another size, with a path that is damaged."""
    at = size * 7919 // 3 % size
    right = path(at, size)
    claims = [
        (at, at ^ 1, right),
        (at, at + size, right),
        (at, 2**64 - 1, right),
        ((at + 1) % 1001, at, right),
        (at, at, path(at, size + 1)),
        (at, at, [*right, node(0, at)]),
    ]
    if size > 1:
        claims += [(at, at, right[:-1]), (at, at, right[1:]), (at, at, [node(0, at), *right[1:]])]
    if len(right) > 1:
        claims += [(at, at, [right[1], right[0], *right[2:]]), (at, at, right[::-1])]
    return claims


def core_holds(claim: Claim, size: int) -> bool:
    """What the core says under the root of that size."""
    entry, index, siblings = claim
    try:
        merkle.verify_inclusion(node(0, entry), index, size, siblings, merkle.subtree_root(0, size, node))
    except Rejected:
        return False
    return True


def contract_holds(world: World, claim: Claim) -> bool:
    """What the contract says under the head anchored now."""
    entry, index, siblings = claim
    found: bool = world.contract.read("verifyInclusion", 1, ENTRIES[entry], index, siblings)
    return found


def sizes(world: World, step: int) -> Iterator[int]:
    """Anchors every size to 64, and every step-th up to 1,000."""
    for size in sorted({*range(1, 65), *range(64, 1001, step), 1000}):
        world.anchor(world[1], size, merkle.subtree_root(0, size, node))
        yield size


@pytest.mark.parametrize("step", [64, pytest.param(1, marks=pytest.mark.slow)])
def test_agree_on_good_claims_of_sizes_1_to_1000(step):
    """The core's paths hold in both, at every size."""
    world = World(Evm(), 1)
    for size in sizes(world, step):
        for claim in good_claims(size):
            assert contract_holds(world, claim), (size, claim[1])
            assert core_holds(claim, size), (size, claim[1])


@pytest.mark.parametrize("step", [64, pytest.param(1, marks=pytest.mark.slow)])
def test_agree_on_bad_claims_of_sizes_1_to_1000(step):
    """Another index, size, entry, a longer, shorter or swapped path: refused by both, at every size."""
    world = World(Evm(), 1)
    for size in sizes(world, step):
        for number, claim in enumerate(bad_claims(size)):
            assert not contract_holds(world, claim), (size, number)
            assert not core_holds(claim, size), (size, number)


def test_agree_on_every_index_of_small_trees():
    """Each entry's path at each index of the tree, and one past it: both say yes on the diagonal alone."""
    world = World(Evm(), 1)
    for size in range(1, 18):
        world.anchor(world[1], size, merkle.subtree_root(0, size, node))
        for entry in range(size):
            for index in range(size + 1):
                claim = (entry, index, path(entry, size))
                assert contract_holds(world, claim) == core_holds(claim, size) == (entry == index)
