"""Recovery: an index whose graph or store fails, before or after its work."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.journey.network import Node, begun, network
from tests.journey.scene import settle
from tracehold.adapters.memory.graph import MemoryGraph
from tracehold.adapters.memory.log import MemoryLog
from tracehold.core.errors import Broken, Unavailable
from tracehold.journey import index
from tracehold.journey.follow import Bell


@pytest.fixture
async def node() -> AsyncIterator[Node]:
    """A node in a network of one."""
    async with network() as net:
        yield await net.join()


async def found(node: Node, *items: str) -> int:
    """How many facts the graph has about these items."""
    return len(await node.graph.facts(items))


class Shaky(MemoryGraph):
    """A graph that fails: before or after its work, a given number of times."""

    def __init__(self, before: int = 0, after: int = 0) -> None:
        super().__init__()
        self.before, self.after, self.added = before, after, 0

    async def add(self, step) -> None:
        """Fail, add, or add and fail."""
        if self.before:
            self.before -= 1
            raise Unavailable("GRAPH_DOWN", "before")
        await super().add(step)
        self.added += 1
        if self.after:
            self.after -= 1
            raise Unavailable("GRAPH_DOWN", "after")


@pytest.mark.parametrize(("before", "after"), [(2, 0), (0, 1), (1, 1)])
async def test_recovery_a_graph_that_fails_before_or_after_its_work_is_retried(node, before, after):
    """The follower waits and goes on; every fact is there once; the trouble was told and ended."""
    await node.say(begun("urn:x:a", 1), begun("urn:x:b", 2))
    node.use(Shaky(before, after))
    told: list[str] = []
    bell, clock = Bell(), node.network.clock
    running = asyncio.ensure_future(
        node.indexer.run(bell, clock.sleep, lambda error: told.append(error.code if error else ""))
    )
    await settle()
    for _ in range(4):
        await clock.pass_by(1)
    assert await found(node, "urn:x:a", "urn:x:b") == 2
    assert told.count("GRAPH_DOWN") == before + after
    assert told[-1] == ""
    await node.say(begun("urn:x:c", 3))
    assert await found(node, "urn:x:c") == 0
    bell.ring()
    await settle()
    assert await found(node, "urn:x:c") == 1
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def test_a_ring_while_the_index_looks_is_not_missed(node, monkeypatch):
    """A record that is sealed after a look that found nothing, and before the wait, is indexed."""
    bell, look, late = Bell(), node.indexer.once, ["urn:x:late"]

    async def once() -> int:
        done = await look()
        if not done and late:
            await node.say(begun(late.pop(), 1))
            bell.ring()
        return done

    monkeypatch.setattr(node.indexer, "once", once)
    running = asyncio.ensure_future(node.indexer.run(bell, node.network.clock.sleep))
    await settle()
    assert await found(node, "urn:x:late") == 1
    running.cancel()


async def test_recovery_a_store_that_is_broken_ends_the_follower(node):
    """The node stops rather than go on."""

    class Failing(MemoryLog):
        """A log whose disk refuses."""

        async def logs(self):
            raise Broken("STORE_FAILED", "no")

    indexer = index.Indexer(Failing(), MemoryGraph())
    with pytest.raises(Broken):
        await indexer.run(Bell(), node.network.clock.sleep)
