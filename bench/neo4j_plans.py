"""What the server's own plans find, and how fast, beside the walk: for `bench.trace_neo4j`."""

import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from bench.questions import Question
from tracehold.adapters.neo4j_graph import Neo4jGraph, Server
from tracehold.adapters.neo4j_graph.connection import Connection
from tracehold.core.lineage import common

TOGETHER = 3
"""Items of a question for what they have in common."""
PLANS = {
    "upstream": "MATCH (:Item {id: $item})<-[:INPUT_OF|OUTPUT*1..]-(i:Item) RETURN DISTINCT i.id",
    "downstream": "MATCH (:Item {id: $item})-[:INPUT_OF|OUTPUT*1..]->(i:Item) RETURN DISTINCT i.id",
}


@dataclass(frozen=True, slots=True)
class Planned:
    """What one statement finds along the arrows: milliseconds once it is warm, and its share of the truth.
    `beyond`: items that are none of the truth."""

    kind: str
    size: int
    p50_ms: float
    worst_ms: float
    share: float
    beyond: int


@dataclass(frozen=True, slots=True)
class Shared:
    """What items with answers of this size have in common, by both ways; the answers are equal."""

    items: int
    size: int
    shared: int
    traversal_ms: float
    walk_ms: float


async def plans(login: Server, questions: Sequence[Question], runs: int) -> list[Planned]:
    """The plan for each question, again and again."""
    connection = Connection(login)
    try:
        alike = groupby(questions, key=lambda question: (question.kind, question.size))
        return [
            await _planned(connection, kind, size, list(some), runs)
            for (kind, size), some in alike
            if kind in PLANS
        ]
    finally:
        await connection.close()


async def _planned(connection: Connection, kind: str, size: int, some: list[Question], runs: int) -> Planned:
    times, shares, beyond = [], [], 0
    for question in some:
        found = await _along(connection, kind, question.item)  # cold
        for _ in range(runs):
            begun = time.perf_counter()
            found = await _along(connection, kind, question.item)
            times.append(time.perf_counter() - begun)
        shares.append(len(found & question.expected) / len(question.expected))
        beyond = max(beyond, len(found - question.expected - {question.item}))
    return Planned(
        kind, size, _ms(statistics.median(times)), _ms(max(times)), round(statistics.mean(shares), 3), beyond
    )


async def _along(connection: Connection, kind: str, item: str) -> set[str]:
    return {found for (found,) in await connection.run(PLANS[kind], {"item": item})}


async def shared(graph: Neo4jGraph, questions: Sequence[Question]) -> list[Shared]:
    """Some questions upstream of one size at a time. Raises AssertionError where the two ways differ."""
    found = []
    alike = groupby([q for q in questions if q.kind == "upstream"], key=lambda question: question.size)
    for size, some in alike:
        items = [question.item for question in some][:TOGETHER]
        await graph.common(items)  # cold, and what it reads is remembered for both
        await _walked(graph, items)
        begun = time.perf_counter()
        by_server = await graph.common(items)
        between = time.perf_counter()
        by_walk = await _walked(graph, items)
        ended = time.perf_counter()
        if by_server != by_walk:
            raise AssertionError(f"{items} have two answers")
        found.append(Shared(len(items), size, len(by_walk), _ms(between - begun), _ms(ended - between)))
    return found


async def _walked(graph: Neo4jGraph, items: Sequence[str]) -> Sequence[object]:
    walk = common(items)
    while not walk.done:
        wanted = walk.wanted()
        walk.feed(await graph.facts(wanted.items, wanted.transformations))
    return walk.result().items


def _ms(seconds: float) -> float:
    return round(seconds * 1e3, 1)
