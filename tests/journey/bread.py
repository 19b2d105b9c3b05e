"""Two nodes that each know a part of how a bread came to be."""

from collections.abc import AsyncIterator

import pytest

from tests.journey.network import EVERYONE, Network, Node, begun, made, network
from tracehold.core.lineage import Direction
from tracehold.journey.answers import TraceAnswer
from tracehold.journey.trace import TraceQuestion, answer_trace

BREAD = "urn:x:bread"
STORY = [
    begun("urn:x:seed", 0),
    made(["urn:x:seed"], ["urn:x:grain"], 10),
    made(["urn:x:grain"], ["urn:x:flour", "urn:x:bran"], 20),
    made(["urn:x:flour", "urn:x:water"], [BREAD], 30),
    begun("urn:x:water", 5),
]
WHOLE = ["urn:x:flour", "urn:x:water", "urn:x:grain", "urn:x:seed"]


@pytest.fixture
async def net() -> AsyncIterator[Network]:
    """An empty network."""
    async with network() as running:
        yield running


@pytest.fixture
async def pair(net) -> tuple[Node, Node]:
    """Two nodes; the first has the bread and the water, the second what is before."""
    here, there = await net.join(), await net.join()
    await here.say(STORY[3], STORY[4])
    await there.say(*STORY[:3])
    await there.finish()
    await here.finish()
    return here, there


async def trace(
    node: Node, item: str = BREAD, reader=EVERYONE, direction=Direction.UPSTREAM, **options
) -> TraceAnswer:
    """The whole answer of one node."""
    return await answer_trace(node.knowledge, reader, TraceQuestion(item, direction, **options))


def names(answer: TraceAnswer) -> list[str]:
    """Items of a trace."""
    return [item.item for item in answer.items]
