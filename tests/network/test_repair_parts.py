"""Repair while the network is cut, and behind it: nobody copies a network that is only out of sight."""

import asyncio
from collections.abc import Collection

import pytest

from tests.journey.pull_scene import SEGMENT, short_segments
from tests.network.town import LIMITS, Node, Town
from tests.network.virtual import run

ENTRIES = 2 * SEGMENT + 100
"""Of each creator's log: three segments."""


async def settled(town: Town, seconds: float = 600) -> list[Node]:
    """Everything is anchored and kept; the creators."""
    town.watch()
    creators = [node for node in town.nodes.values() if node.creates]
    await asyncio.sleep(seconds)
    for node in creators:
        assert await node.anchored() == ENTRIES
        await kept(town, node, copies=town.target - 1)
    return creators


async def kept(town: Town, creator: Node, copies: int, among: Collection[int] | None = None) -> None:
    """Each segment of this log has so many holders by the creator's books, and they have all of it."""
    size = await creator.anchored()
    for segment in range((size - 1) // SEGMENT + 1):
        end = min(size, (segment + 1) * SEGMENT)
        holders = [copy.node for copy in creator.holders.of(segment)]
        assert len(holders) == copies, (creator.number, segment, holders)
        assert among is None or set(holders) <= set(among)
        for number in holders:
            spans = await town.nodes[number].spans(creator.log)
            assert any(start <= segment * SEGMENT and end <= stop for start, stop in spans)


async def disks(town: Town, creator: Node, segment: int) -> int:
    """Other nodes that have the start of a segment."""
    found = [await node.spans(creator.log) for node in town.nodes.values() if node is not creator]
    return sum(any(a <= segment * SEGMENT < b for a, b in spans) for spans in found)


SIZES = [(40, 4), pytest.param(300, 8, marks=pytest.mark.slow)]


@pytest.mark.parametrize(("size", "creators"), SIZES)
def test_a_network_that_is_cut_in_halves_copies_nothing(
    size: int, creators: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For three times the time of a lost one. Both sides see a storm: not a place is given away, and behind
    it every segment is as it was, with no copy more than wanted.
    """
    short_segments(monkeypatch)

    async def scene() -> None:
        town = Town()
        await town.join(*range(1, creators + 1), creates=ENTRIES)
        await town.join(*range(creators + 1, size + 1))
        makers = await settled(town)
        town.cut([number for number in town.nodes if number % 2])
        await asyncio.sleep(3 * LIMITS.replace_s)
        assert all(node.liveness.storm for node in makers)
        town.cut([])
        await asyncio.sleep(3 * LIMITS.look_s)
        for node in makers:
            assert node.liveness.calm
            assert node.moves == []
            await kept(town, node, town.target - 1)
            assert [await disks(town, node, at) for at in range(3)] == [2, 2, 2]
        assert all(node.faults == [] for node in town.nodes.values())
        await town.end()

    run(scene())


@pytest.mark.parametrize(("size", "creators"), SIZES)
def test_where_a_fifth_is_cut_off_the_others_repair_and_it_does_not(
    size: int, creators: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The large side replaces those it lost, and nobody else, two by two; creators on the small side see a
    storm and wait. Behind it all segments are whole at as many holders as are wanted.
    """
    short_segments(monkeypatch)

    async def scene() -> None:
        town = Town()
        await town.join(*range(1, creators + 1), creates=ENTRIES)
        await town.join(*range(creators + 1, size + 1))
        makers = await settled(town)
        books = {node.number: _books(node) for node in makers}
        # One creator of four, and every fifth of the others.
        small = {number for number in town.nodes if number % 5 == 1}
        town.cut(small)
        await asyncio.sleep(3 * LIMITS.replace_s)
        for node in makers:
            if node.number in small:
                assert (node.liveness.storm, node.moves) == (True, [])
                assert _books(node) == books[node.number]
                continue
            await kept(town, node, town.target - 1, town.nodes.keys() - small)
            lost = sum(number in small for at in books[node.number] for number in at)
            assert len([each for each in node.moves if each.ended]) == lost
        town.cut([])
        await asyncio.sleep(4 * LIMITS.look_s)
        for node in makers:
            assert node.liveness.calm
            await kept(town, node, town.target - 1)
        await town.end()

    run(scene())


def _books(node: Node) -> list[set[int]]:
    """Holders of each segment."""
    return [{copy.node for copy in node.holders.of(segment)} for segment in range(3)]
