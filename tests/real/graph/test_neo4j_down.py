"""A node whose graph is down: it seals, anchors, says so, and catches up."""

import asyncio
from pathlib import Path

import pytest

from tests.journey.asking import DOWN, UP, names, trace
from tests.journey.network import made, network
from tests.neo4j_servers import opened, running
from tracehold.core.errors import Unavailable
from tracehold.journey.ports import AnchorState

pytestmark = pytest.mark.real

A, B, C = (f"https://id.gs1.org/01/09521000000018/10/{lot}" for lot in "abc")


async def test_the_index_waits_and_nothing_else_does(tmp_path: Path):
    """Killed between two uploads: the second is sealed and anchored all the same, questions answer
    GRAPH_DOWN, the index waits, and goes on by itself when the server is back.
    """
    with running(tmp_path) as server:
        async with opened(server) as graph, network() as net:
            node = await net.join(graph)
            await node.say(made([A], [B], 1))
            await node.finish()
            server.kill()
            (outcome,) = await node.say(made([B], [C], 2))
            with pytest.raises(Unavailable, match="GRAPH_DOWN"):
                await node.finish()
            assert outcome.index is not None
            final = await node.store.anchors(node.log, {AnchorState.FINAL})
            assert max(task.size for task in final) > outcome.index
            with pytest.raises(Unavailable, match="GRAPH_DOWN"):
                await trace(node, C, UP)
            server.launch()
            await asyncio.to_thread(server.wait)
            while await node.indexer.once():
                pass
            assert names(await trace(node, C, UP)) == [B, A]
            assert names(await trace(node, A, DOWN)) == [B, C]
