"""What the server's own plans find, and how fast, beside the walk: for `bench.trace_neo4j`."""

import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from bench.questions import Question
from tracehold.adapters.neo4j_graph import Neo4jGraph, Server
from tracehold.adapters.neo4j_graph.connection import Connection
from tracehold.core.lineage import ComplaintResult, complaint
from tracehold.journey.stock import Gathered, Stock

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
    """What items with answers of this size have in common, and where they passed, by both ways; the answers
    are equal. Of the names that the walk asks for, those that the traversal `missed`; looked up in so many
    rounds."""

    items: int
    size: int
    shared: int
    names: int
    names_by_traversal: int
    missed: int
    traversal_ms: float
    rounds_ahead: int
    ahead_ms: float
    rounds_by_frontier: int
    by_frontier_ms: float


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
    """Some questions upstream of one size at a time: what the items have in common, and where they passed.
    Raises AssertionError where the two ways differ.
    """
    found = []
    alike = groupby([q for q in questions if q.kind == "upstream"], key=lambda question: question.size)
    for size, some in alike:
        items = [question.item for question in some][:TOGETHER]
        await _reached(graph, items)  # cold, and what it reads is remembered for both
        by_reach, by_walk = await _reached(graph, items), await _walked(graph, items)
        if by_reach.answer != by_walk.answer:
            raise AssertionError(f"{items} have two answers")
        found.append(
            Shared(
                len(items),
                size,
                len(by_walk.answer.common.items),
                len(by_walk.names),
                len(by_reach.names),
                len(by_walk.names - by_reach.ahead),
                _ms(by_reach.reaching),
                by_reach.rounds,
                _ms(by_reach.seconds),
                by_walk.rounds,
                _ms(by_walk.seconds),
            )
        )
    return found


@dataclass(slots=True)
class _Driven:
    """One walk to its end: by which names, how many rounds of looking up, how long; seconds."""

    answer: ComplaintResult
    names: set[str]
    ahead: frozenset[str]
    rounds: int
    reaching: float
    seconds: float


async def _walked(graph: Neo4jGraph, items: Sequence[str]) -> _Driven:
    """A frontier after the other."""
    begun, walk, names, rounds = time.perf_counter(), complaint(items), set[str](), 0
    while not walk.done:
        wanted = walk.wanted()
        if wanted:
            rounds, names = rounds + 1, names | wanted.items
        walk.feed(await graph.facts(wanted.items, wanted.transformations))
    return _Driven(walk.result(), names, frozenset(), rounds, 0.0, time.perf_counter() - begun)


async def _reached(graph: Neo4jGraph, items: Sequence[str]) -> _Driven:
    """All that the server finds at once, the rest by frontiers: as `journey.ahead`, without records."""
    begun, walk, stock, rounds = time.perf_counter(), complaint(items), Stock(), 0
    ahead = await graph.reach(items, at=None, known_at=None, max_depth=64, most=100_000)
    reaching, names, wanted = time.perf_counter() - begun, set[str](), ahead
    while not walk.done:
        lacking = stock.lacks(wanted)
        if lacking:
            rounds, names = rounds + 1, names | lacking.items
            facts = await graph.facts(lacking.items, lacking.transformations)
            stock.put(lacking, Gathered(facts, (), ()))
        wanted = walk.wanted()
        if not stock.lacks(wanted):
            walk.feed(stock.about(wanted).facts)
    spent = time.perf_counter() - begun
    return _Driven(walk.result(), names, ahead.items, rounds, reaching, spent)


def _ms(seconds: float) -> float:
    return round(seconds * 1e3, 1)
