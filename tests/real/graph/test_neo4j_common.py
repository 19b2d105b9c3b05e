"""What several items came from, by the server's own traversal: equal to the rules, whatever was said."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from itertools import combinations
from random import Random
from typing import Any

import pytest

from tests.lineage import sources
from tests.lineage.apart import apart
from tests.lineage.story import Case
from tests.lineage.telling import Event, micros, wrong
from tests.lineage.test_stories import CASES
from tests.lineage.wild import Shelf, facts, wild
from tests.neo4j_servers import opened
from tests.ports.graphs import made, step
from tests.unit.lineage_world import world as world_of
from tracehold.adapters.neo4j_graph import Neo4jGraph
from tracehold.core.lineage import Fact, Quantity, common, touched

pytestmark = pytest.mark.real

WORLDS, EVENTS, PAIRS = 30, 14, 12


@pytest.fixture
async def graph(neo4j_server) -> AsyncIterator[Neo4jGraph]:
    """An empty graph on the server."""
    async with opened(neo4j_server) as found:
        await found.clear()
        yield found


def world(number: int) -> list[Fact]:
    """Anything that can be said, about things that no other world has; some of it taken back."""
    events = wild(number, EVENTS)
    voided = [wrong(event) for event in events[:: 3 + number % 3]]
    return facts(_apart([*events, *voided], number), number)


def _apart(events: Sequence[Event], number: int) -> list[Event]:
    return [event for batch in apart(Case("", events, []), number).batches for event in batch]


async def equal(graph: Neo4jGraph, said: Sequence[Fact], items: Sequence[str], **time: Any) -> bool:
    """Compare both ways for two items at a time; whether any two had something in common."""
    shelf, any_shared, pairs = Shelf(said), False, list(combinations(items, 2))
    for some in Random(len(said)).sample(pairs, min(PAIRS, len(pairs))):
        expected = shelf.drive(common(some, **time)).items
        assert await graph.common(some, **time) == expected, (some, time)
        any_shared |= bool(expected)
    return any_shared


def _things(said: Sequence[Fact]) -> list[str]:
    return sorted(set().union(*map(touched, said)))


async def test_of_anything_that_can_be_said(graph: Neo4jGraph):
    """Thirty worlds of circles, clocks that err, containers in each other, declarations of error: now, and
    at an instant; with edges against time and without.
    """
    worlds = [world(number) for number in range(WORLDS)]
    await graph.add(step(*[fact for said in worlds for fact in said]))
    shared = 0
    for number, said in enumerate(worlds):
        times: list[dict[str, Any]] = [{}, {"at": micros(2)}, {"strict_time": True}]
        shared += await equal(graph, said, _things(said), **times[number % 3])
    assert shared > WORLDS / 2


async def test_of_every_story(graph: Neo4jGraph):
    """What each of them says, now."""
    stories = [sources.facts(apart(case, number)) for number, (_, case) in enumerate(CASES)]
    await graph.add(step(*[fact for said in stories for fact in said]))
    shared = 0
    for said in stories:
        shared += await equal(graph, said, _things(said)[:4])
    assert shared > len(CASES) / 4


async def test_of_a_world_that_keeps_order(graph: Neo4jGraph):
    """Two hundred happenings one after the other: packed, moved, made, far back."""
    said = world_of(5, 200).facts
    await graph.add(step(*said))
    assert await equal(graph, said, _things(said))


def _one(at: int) -> Fact:
    """The next link of a chain."""
    return replace(made(f"f{at}", "", ""), inputs=(Quantity(f"i{at}"),), outputs=(Quantity(f"i{at + 1}"),))


async def test_too_many_ancestors_are_the_rules_affair(graph: Neo4jGraph):
    """None, and not a part."""
    await graph.add(step(*[_one(at) for at in range(100)]))
    assert await graph.common(["i100", "i90"], max_items=50) is None
    assert await graph.common(["i100", "i90"], max_items=500)
    assert await graph.common([], max_items=50) == ()


async def test_nobody_knows_them(graph: Neo4jGraph):
    """Items of which nothing was said have nothing in common, but one is itself."""
    assert await graph.common(["a", "b"]) == ()
    assert [entry.item for entry in await graph.common(["a", "a"]) or ()] == ["a"]
