"""Questions over the graph on Neo4j: equal to the same rules over a plain list of facts."""

from typing import Any

import pytest

from tests.neo4j_servers import opened
from tests.ports.graphs import step
from tests.unit.lineage_facts import down, told, up
from tests.unit.lineage_world import world
from tracehold.core.lineage import Direction, Walk, history, touched, trace
from tracehold.journey.hints import hinted

pytestmark = pytest.mark.real


async def walked(graph, walk: Walk[Any]) -> Any:
    """The answer of a walk that is fed by the graph."""
    while not walk.done:
        wanted = walk.wanted()
        walk.feed(await hinted(graph, wanted))
    return walk.result()


@pytest.mark.parametrize("seed", range(4))
async def test_walks_over_the_server_are_those_over_the_facts(neo4j_server, seed):
    """Up, down and the history of every item of a small world."""
    facts = world(seed, 60).facts
    async with opened(neo4j_server) as graph:
        await graph.clear()
        await graph.add(step(*facts))
        for item in sorted(set().union(*map(touched, facts))):
            assert await walked(graph, trace(item, Direction.UPSTREAM)) == up(facts, item)
            assert await walked(graph, trace(item, Direction.DOWNSTREAM)) == down(facts, item)
            assert await walked(graph, history(item)) == told(facts, item)
