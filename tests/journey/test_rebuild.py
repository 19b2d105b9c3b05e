"""The graph made again from the logs."""

import pytest

from tests.journey.asking import DOWN, UP, names, node, trace
from tests.journey.network import made, network
from tracehold.adapters.memory.graph import MemoryGraph
from tracehold.core.errors import Unavailable
from tracehold.journey.rebuild import rebuild

__all__ = ["node"]

A, B, C = (f"https://id.gs1.org/01/09521000000018/10/{lot}" for lot in "abc")


async def test_answers_are_as_before(node):
    """From nothing, with progress that ends at all that is kept."""
    await node.say(made([A], [B], 1), made([B], [C], 2))
    await node.finish()
    before = [await trace(node, C, UP), await trace(node, A, DOWN)]
    told = []
    done = await rebuild(node.store, node.knowledge.graph, lambda *each: told.append(each))
    assert [await trace(node, C, UP), await trace(node, A, DOWN)] == before
    assert set(names(before[0])) == {A, B}
    assert set(names(before[1])) == {B, C}
    total = len(await node.store.read(node.log, 0, 100))
    assert (done.entries, done.disputed) == (total, 0)
    assert told[0] == (0, total)
    assert told[-1] == (total, total)
    assert sorted(told) == told


async def test_a_graph_that_is_down_is_told():
    """Nothing is lost: the logs are what it is made from."""
    graph = MemoryGraph()
    async with network() as net:
        node = await net.join(graph)
        graph.down = True
        with pytest.raises(Unavailable, match="GRAPH_DOWN"):
            await rebuild(node.store, graph, lambda *_: None)
