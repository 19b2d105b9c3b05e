"""What several complaints have in common, at a node whose graph is on a server: the server's own traversal
says which names the walk will come to, all that is known about them is looked up at once, and the answer is
that of the rules.
"""

from collections import Counter
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import closing
from dataclasses import replace
from hashlib import sha256
from itertools import combinations
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.journey.network import EVERYONE, Node, network
from tests.journey.scene import control, statement
from tests.lineage import ruled
from tests.lineage.apart import apart, parties
from tests.lineage.story import Case
from tests.lineage.telling import micros, wrong
from tests.lineage.test_stories import CASES
from tests.lineage.wild import Shelf, wild
from tests.neo4j_servers import opened
from tests.ports.graphs import made, step
from tests.unit.lineage_world import world
from tracehold.adapters.neo4j_graph import Neo4jGraph
from tracehold.adapters.sqlite_graph import SqliteGraph
from tracehold.core.control import Enrol
from tracehold.core.keys import Ed25519Key
from tracehold.core.lineage import Fact, Quantity, Wanted, complaint, touched
from tracehold.journey.ports import Graph
from tracehold.journey.shared import CommonAnswer, CommonQuestion, answer_common

pytestmark = pytest.mark.real

WORLDS, EVENTS, TRIES = 10, 14, 12


@pytest.fixture
async def graph(neo4j_server) -> AsyncIterator[Neo4jGraph]:
    """An empty graph on the server."""
    async with opened(neo4j_server) as found:
        await found.clear()
        yield found


class Counting:
    """A graph that counts what it is asked."""

    def __init__(self, graph: Neo4jGraph) -> None:
        self._graph = graph
        self.calls: Counter[str] = Counter()

    def __getattr__(self, name: str) -> Any:
        self.calls[name] += 1
        return getattr(self._graph, name)

    async def reach(self, items: Collection[str], **bounds: Any) -> Wanted:
        """See `ports.Reaching.reach`."""
        self.calls["reach"] += 1
        return await self._graph.reach(items, **bounds)


def _anything(number: int) -> Case:
    """A world of anything that can be said: circles, clocks that err, containers in each other; some of it
    taken back when it was known already.
    """
    events = wild(number, EVENTS)
    return apart(
        Case("", [events, [wrong(event) for event in events[:: 3 + number % 3]]], []), 9_000 + number
    )


STORIES = [apart(case, number) for number, (_, case) in enumerate(CASES)]
SAID = [case for case in STORIES if len(set().union(*map(touched, ruled.facts(case)))) > 3][::2]
SAID += [_anything(number) for number in range(WORLDS)]
"""Every other story of several things."""


def _key(party: str) -> Ed25519Key:
    return Ed25519Key.from_seed(sha256(party.encode()).digest())


async def tell(node: Node) -> list[int]:
    """All that is said, batch by batch, each anchored; answers since when each was known."""
    own, blocks = node.sealer.own.identity, list[int]()
    for party in parties(SAID):
        says = Enrol(party, _key(party).public)
        await node.upload(control(says, key=own.key, party=own.operator))
    for number in range(max(len(case.batches) for case in SAID)):
        said = [event for case in SAID for batch in case.batches[number : number + 1] for event in batch]
        events = [event for event in said if not event.is_masterdata]
        await node.upload(*(statement(key=_key(e.party), party=e.party, payload=e.payload) for e in events))
        await node.finish()
        blocks.append(max(each.block_time for each in node.network.chain.events()) * 1000)
    return blocks


def questions(blocks: Sequence[int]) -> list[CommonQuestion]:
    """Two things of each, at different times."""
    random = Random(5)
    times: list[dict[str, Any]] = [
        {},
        {"known_at": blocks[0]},
        {"at": micros(4)},
        {"strict_time": True, "known_at": blocks[-1]},
        {"max_depth": 1},
    ]
    return [
        CommonQuestion(pair, **times[number % len(times)])
        for number, pair in enumerate(_pair(random, ruled.facts(case)) for case in SAID)
    ]


def _pair(random: Random, said: Sequence[Fact]) -> tuple[str, ...]:
    """Of some pairs of things the first that have something in common, if any do."""
    pairs = list(combinations(sorted(set().union(*map(touched, said))), 2))
    some, shelf = random.sample(pairs, min(TRIES, len(pairs))), Shelf(said)
    return next((pair for pair in some if shelf.drive(complaint(pair)).common.items), some[0])


async def answers(node: Node, graph: Graph, asked: Sequence[CommonQuestion]) -> list[CommonAnswer]:
    """What the node says to each, over this graph."""
    node.use(graph)
    await node.index()
    return [await answer_common(node.knowledge, EVERYONE, each) for each in asked]


async def test_the_answers_are_those_of_the_rules(graph: Neo4jGraph, tmp_path: Path):
    """Of every story and of anything that can be said, now, at an instant, and as it was known before: each
    answer whole. The server found the names: two rounds of looking up are many.
    """
    with closing(SqliteGraph(tmp_path / "graph.sqlite")) as plain:
        async with network() as net:
            node = await net.join(plain)
            asked = questions(await tell(node))
            by_rules = await answers(node, plain, asked)
            counted = Counting(graph)
            node.use(counted)
            await node.index()
            rounds = []
            for question, expected in zip(asked, by_rules, strict=True):
                counted.calls.clear()
                assert await answer_common(node.knowledge, EVERYONE, question) == expected, question
                rounds.append(counted.calls["facts"])
    assert sum(1 for each in by_rules if each.items) > len(SAID) / 2
    assert sum(1 for each in by_rules if each.places and each.parties) > 2
    assert rounds.count(1) > 0.9 * len(rounds)


def _walked(said: Sequence[Fact], items: Sequence[str]) -> tuple[Wanted, int]:
    """All that the walk asks for, and in how many frontiers."""
    shelf, walk, asked = Shelf(said), complaint(items), []
    while not walk.done:
        asked.append(walk.wanted())
        for facts in shelf.look(asked[-1]):
            walk.feed(facts)
    names, runs = (frozenset().union(*each) for each in zip(*map(_names, asked), strict=True))
    return Wanted(names, runs), len(asked)


def _names(wanted: Wanted) -> tuple[frozenset[str], frozenset[str]]:
    return wanted.items, wanted.transformations


BOUNDS: dict[str, Any] = {"at": None, "known_at": None, "max_depth": 100, "most": 20_000}


async def test_one_traversal_finds_what_many_frontiers_ask_for(graph: Neo4jGraph):
    """Two hundred happenings one after the other: packed, moved, made, far back."""
    said = world(5, 200).facts
    await graph.add(step(*said))
    pairs, frontiers = list(combinations(sorted(set().union(*map(touched, said))), 2)), 0
    for pair in Random(1).sample(pairs, 12):
        wanted, asked = _walked(said, pair)
        found = await graph.reach(pair, **BOUNDS)
        assert wanted.items <= found.items
        assert wanted.transformations <= found.transformations
        frontiers = max(frontiers, asked)
    assert frontiers > 5


def _link(at: int) -> Fact:
    """The next one of a chain, at the instant of its number and known since."""
    link = made(f"f{at}", "", "", instant=at, known_ms=at)
    return replace(link, inputs=(Quantity(f"i{at}"),), outputs=(Quantity(f"i{at + 1}"),))


async def test_the_search_keeps_within_bounds(graph: Neo4jGraph):
    """What was later, known later, deeper than asked for, or more than may be."""
    await graph.add(step(*[_link(at) for at in range(1, 100)]))
    chain = {f"i{at}" for at in range(1, 101)}
    for bounds, expected in (
        ({}, chain),
        ({"at": 98}, {"i100"}),
        ({"known_at": 98}, {"i100"}),
        ({"max_depth": 3}, {"i100", "i99", "i98", "i97"}),
        ({"max_depth": 0}, {"i100"}),
    ):
        assert (await graph.reach(["i100"], **{**BOUNDS, **bounds})).items == expected
    found = await graph.reach(["i100", "i90"], **{**BOUNDS, "most": 50})
    assert {"i100", "i90"} <= found.items <= chain
    assert len(found.items) <= 52
    assert await graph.reach(["nothing"], **BOUNDS) == Wanted(frozenset({"nothing"}))
    assert await graph.reach([], **BOUNDS) == Wanted(frozenset())
