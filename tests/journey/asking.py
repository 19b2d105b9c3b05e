"""A node on each kind of graph, and questions to it as anybody of the network."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.journey.network import EVERYONE, Node, network
from tests.neo4j_servers import opened
from tracehold.adapters.memory.graph import MemoryGraph
from tracehold.adapters.sqlite_graph import SqliteGraph
from tracehold.core.lineage import Direction
from tracehold.journey.answers import HistoryAnswer, TraceAnswer
from tracehold.journey.history import HistoryQuestion, answer_history
from tracehold.journey.subject import Subject
from tracehold.journey.trace import TraceQuestion, answer_trace

UP, DOWN = Direction.UPSTREAM, Direction.DOWNSTREAM


@pytest.fixture(params=["memory", "sqlite", pytest.param("neo4j", marks=pytest.mark.real)])
async def node(request, tmp_path: Path) -> AsyncIterator[Node]:
    """A node in a network of one, on each kind of graph."""
    if request.param == "neo4j":
        async with opened(request.getfixturevalue("neo4j_server")) as found, network() as net:
            await found.clear()
            yield await net.join(found)
        return
    graph = MemoryGraph() if request.param == "memory" else SqliteGraph(tmp_path / "graph.sqlite")
    async with network() as net:
        yield await net.join(graph)
    if isinstance(graph, SqliteGraph):
        graph.close()


async def trace(node: Node, item: str, direction: Direction = UP, **options) -> TraceAnswer:
    """The whole answer."""
    return await answer_trace(node.knowledge, EVERYONE, TraceQuestion(item, direction, **options))


async def history(node: Node, item: Subject, **options) -> HistoryAnswer:
    """The whole answer."""
    return await answer_history(node.knowledge, EVERYONE, HistoryQuestion(item, **options))


def names(answer: TraceAnswer) -> list[str]:
    """Items of a trace."""
    return [item.item for item in answer.items]
