"""Repair while members come and go, and some for good; and where a creator is lost."""

import asyncio
import math

import pytest

from tests.journey.pull_scene import SEGMENT, short_segments
from tests.network.town import LIMITS, Node, Town
from tests.network.virtual import run
from tracehold.journey.fsck import check_log
from tracehold.journey.tree import root_at

STAY_S, AWAY_S, TAIL = 7200.0, 300.0, 1.0
"""Medians of a stay and of an absence, and the spread of their logarithms (as `churn`)."""
GONE = 0.1
"""Of those who fall silent, the share that never comes back, with its disk."""
REVOKED_S = 3600.0
"""Seconds until somebody revokes a member that is gone."""
GROWS_S = 300.0
"""Seconds from one upload to the next, of ten records."""


class Churn:
    """Members of a town that come and go. Newcomers take the place of those who are gone."""

    def __init__(self, town: Town) -> None:
        self.town = town
        self.gone: set[int] = set()
        self._tasks: list[asyncio.Task[None]] = []

    def begin(self, number: int) -> None:
        """This one comes and goes from now on."""
        self._tasks.append(asyncio.ensure_future(self._live(number)))

    def end(self) -> None:
        """They all stay as they are. Raises what went wrong."""
        for task in self._tasks:
            if task.done():
                task.result()
            task.cancel()

    async def _live(self, number: int) -> None:
        town, random = self.town, self.town.random
        while True:
            await asyncio.sleep(STAY_S * math.exp(random.gauss(0, TAIL)))
            if random.random() < GONE:
                break
            await town.kill(number)
            await asyncio.sleep(AWAY_S * math.exp(random.gauss(0, TAIL)))
            town.revive(number)
        self.gone.add(number)
        await town.kill(number, forever=True)
        new = max(town.nodes) + 1
        await town.join(new)
        self.begin(new)
        await asyncio.sleep(REVOKED_S)
        town.leave(number)


async def copies(town: Town, creator: Node, segment: int, size: int) -> int:
    """Disks of others that have all of a segment up to `size`: of those who are there, or will be back."""
    end, found = min(size, (segment + 1) * SEGMENT), 0
    for node in town.nodes.values():
        if node is not creator:
            spans = await node.spans(creator.log)
            found += any(start <= segment * SEGMENT and end <= stop for start, stop in spans)
    return found


@pytest.mark.parametrize(("size", "hours"), [(30, 6), pytest.param(60, 16, marks=pytest.mark.slow)])
def test_members_that_come_and_go_lose_nothing(
    size: int, hours: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stays of two hours with a heavy tail; of ten absences one is for ever. Each segment has as many copies
    as the quorum asks for at every moment; uploads go on; and when all is quiet, as many as are wanted.
    """
    short_segments(monkeypatch)

    async def scene() -> None:
        town = Town(seed=3)
        await town.join(1, 2, creates=2 * SEGMENT + 10)
        await town.join(*range(3, size + 1))
        town.watch()
        await asyncio.sleep(300)
        makers = [town.nodes[1], town.nodes[2]]
        churn = Churn(town)
        for number in range(3, size + 1):
            churn.begin(number)
        for _ in range(int(hours * 3600 / GROWS_S)):
            for node in makers:
                assert node.branch is not None
                await node.grow(node.branch.size + 10)
            await asyncio.sleep(GROWS_S)
            for node in makers:
                anchored = await node.anchored()
                least = [await copies(town, node, at, anchored) for at in range(-(-anchored // SEGMENT))]
                assert min(least) >= town.chain.quorum, (node.number, anchored, least)
        churn.end()
        assert len(churn.gone) > hours / 4
        assert any(node.moves for node in makers)
        town.revive(*(town.down - churn.gone))
        await asyncio.sleep(4 * LIMITS.replace_s)
        for node in makers:
            assert node.branch is not None
            assert await node.anchored() == node.branch.size
            for at in range(-(-node.branch.size // SEGMENT)):
                assert await copies(town, node, at, node.branch.size) >= town.target - 1
            assert node.faults == []
        await town.end()

    run(scene())


@pytest.mark.parametrize("also", [0, 1, 2], ids=["alone", "with a holder", "with both holders' places moved"])
def test_where_a_creator_is_lost_its_log_is_brought_to_as_many_copies(
    also: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed for good, alone or with a holder of its first segment: others fetch what is missing from whoever
    has it, of distinct operators, all of the same bytes; and while it lived, nobody did.
    """
    short_segments(monkeypatch)

    async def scene() -> None:
        town = Town(target=3)
        await town.join(1, creates=2 * SEGMENT + 40)
        await town.join(*range(2, 12), pulls=True)
        town.watch()
        await asyncio.sleep(600)
        creator = town.nodes[1]
        size = await creator.anchored()
        root = await root_at(creator.store, creator.log, size)
        assert [await copies(town, creator, at, size) for at in range(3)] == [2, 2, 2]
        holders = [copy.node for copy in creator.holders.of(0)]
        if also == 2:
            # The creator was repairing when it went: one of its holders is lost before it.
            await town.kill(holders[1], forever=True)
            await asyncio.sleep(LIMITS.replace_s + 2 * LIMITS.look_s)
        await town.kill(1, *(holders[:1] if also == 1 else []), forever=True)
        await asyncio.sleep(2 * LIMITS.replace_s + 600)
        for segment in range(3):
            assert await copies(town, creator, segment, size) >= town.target
        for node in town.nodes.values():
            if await node.spans(creator.log):
                await check_log(node.store, creator.log)
                if await node.store.size(creator.log) == size:
                    assert await root_at(node.store, creator.log, size) == root
        assert all(node.faults == [] for node in town.nodes.values())
        await town.end()

    run(scene())
