"""Where a case can be told and asked: the rules over facts, and a node with a store of relations.

A source turns every answer into the plain form in which cases state theirs. Another graph back-end is one
more entry of `GRAPHS`; a network is one more class with the methods of `Source`.
"""

import hashlib
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Protocol

import pytest

from tests import neo4j_servers as servers
from tests.journey.network import EVERYONE, Node, network
from tests.journey.scene import control, statement
from tests.lineage import story
from tests.lineage.story import Ask, Case
from tests.lineage.telling import Event, micros
from tests.unit.lineage_facts import drive
from tracehold.adapters.sqlite_graph import SqliteGraph
from tracehold.core import strict_json
from tracehold.core.control import Enrol
from tracehold.core.epcis import Mode, parse_event
from tracehold.core.epcis.event_hash import event_hash
from tracehold.core.ids import Fingerprint
from tracehold.core.keys import Ed25519Key
from tracehold.core.lineage import (
    CommonResult,
    Direction,
    Fact,
    Gap,
    GapReason,
    StateResult,
    TracedItem,
    Walk,
    common,
    contents,
    fact_of,
    history,
    state,
    trace,
)
from tracehold.journey.answers import Content
from tracehold.journey.contents import ContentsQuestion, answer_contents
from tracehold.journey.history import ROLES, HistoryQuestion, answer_history
from tracehold.journey.inquiry import Inquiry
from tracehold.journey.ports import Graph
from tracehold.journey.trace import TraceQuestion, answer_trace

DIRECTIONS = {story.UP: Direction.UPSTREAM, story.DOWN: Direction.DOWNSTREAM}


class Source(Protocol):
    """Takes a case's events and answers its questions in plain form."""

    async def tell(self, case: Case) -> None:
        """Take all events in, batch by batch."""
        ...

    async def answer(self, ask: Ask) -> Any:
        """The answer, in the form of `ask.expected`."""
        ...


def fact(event: Event, number: int, batch: int) -> Fact:
    """The fact of an event, known since its batch was anchored."""
    key = hashlib.sha256(event.payload + number.to_bytes(4)).digest()
    name = event_hash(strict_json.loads(event.payload))
    parsed = parse_event(event.payload, Mode.TOLERANT)
    return fact_of(parsed, Fingerprint(key), event.party, event_hash=name, known_ms=batch)


def facts(case: Case) -> list[Fact]:
    """All facts of a case."""
    said = [(event, batch) for batch, events in enumerate(case.batches, 1) for event in events]
    return [fact(event, number, batch) for number, (event, batch) in enumerate(said)]


class Rules:
    """The rules alone, over facts in a list."""

    def __init__(self) -> None:
        self.facts: list[Fact] = []

    async def tell(self, case: Case) -> None:
        """Derive the facts."""
        self.facts = facts(case)

    async def answer(self, ask: Ask) -> Any:
        """By the rules, over all facts."""
        time: dict[str, Any] = {
            "at": None if ask.at is None else micros(ask.at),
            "known_at": ask.known_at,
        }
        if ask.kind in DIRECTIONS:
            found = drive(trace(ask.about, DIRECTIONS[ask.kind], **time, **ask.options), self.facts)
            return traced(ask, found.items, found.gaps)
        if ask.kind == story.TOLD:
            events = drive(history(ask.about, **time), self.facts).events
            return chronicle(ask, [(e.instant, ROLES.get(e.role, str(e.role))) for e in events])
        if ask.kind in (story.INSIDE, story.PARTS):
            held = drive(contents(ask.about, recursive=True, **time), self.facts)
            entries = held.children if ask.kind == story.INSIDE else held.components
            return bag(
                ask, [(e.item, e.parent, n, u or "") for e in entries for n, u in e.amounts or NOTHING]
            )
        return plain(ask, drive(walk_of(ask, **time), self.facts))


def _key_of(party: str) -> Ed25519Key:
    return Ed25519Key.from_seed(hashlib.sha256(party.encode()).digest())


class Asked:
    """A node with one store of relations: sealed, anchored, indexed, and asked as anybody is."""

    def __init__(self, node: Node) -> None:
        self.node = node
        self.blocks: list[int] = []

    async def tell(self, case: Case) -> None:
        """Upload each batch; where it matters what was known when, anchor it before the next one.

        Each party signs for itself: what is said twice in two spellings is two records.
        """
        await self._enrol({event.party for batch in case.batches for event in batch})
        for batch in case.batches:
            for event in batch:
                key = _key_of(event.party)
                await self.node.upload(statement(key=key, party=event.party, payload=event.payload))
            if len(case.batches) > 1:
                await self.node.finish()
                self.blocks.append(max(e.block_time for e in self.node.network.chain.events()) * 1000)
        await self.node.index()

    async def _enrol(self, parties: Iterable[str]) -> None:
        own = self.node.sealer.own.identity
        for party in sorted(parties):
            says = Enrol(party, _key_of(party).public)
            await self.node.upload(control(says, key=own.key, party=own.operator))

    async def answer(self, ask: Ask) -> Any:
        """By the questions of a node."""
        time: dict[str, Any] = {
            "at": None if ask.at is None else micros(ask.at),
            "known_at": None if ask.known_at is None else self.blocks[ask.known_at - 1],
        }
        knowledge = self.node.knowledge
        if ask.kind in DIRECTIONS:
            question = TraceQuestion(ask.about, DIRECTIONS[ask.kind], **time, **ask.options)
            found = await answer_trace(knowledge, EVERYONE, question)
            return traced(ask, found.items, found.gaps)
        if ask.kind == story.TOLD:
            events = (await answer_history(knowledge, EVERYONE, HistoryQuestion(ask.about, **time))).events
            return chronicle(ask, [(event.instant, event.role) for event in events])
        if ask.kind in (story.INSIDE, story.PARTS):
            held = await answer_contents(knowledge, EVERYONE, ContentsQuestion(ask.about, **time))
            rows: Iterable[Content] = held.children if ask.kind == story.INSIDE else held.components
            return bag(ask, [(row.item, row.parent, row.quantity, row.uom) for row in rows])
        inquiry = Inquiry(knowledge, EVERYONE, known_at=time["known_at"])
        return plain(ask, await inquiry.drive(walk_of(ask, **time)))


NOTHING = ((None, None),)


def walk_of(ask: Ask, **time: int | None) -> Walk[Any]:
    """The walk of a question that is asked in one way everywhere."""
    ways: dict[str, Callable[..., Walk[Any]]] = {story.STANDS: state, story.SHARED: common}
    return ways[ask.kind](ask.about, **time, **ask.options)


def traced(ask: Ask, items: Iterable[TracedItem], gaps: Iterable[Gap]) -> Any:
    """Items with depth, those against time, and those that began nowhere, if the case tells them."""
    found = list(items)
    none = {gap.item for gap in gaps if gap.reason is GapReason.NEVER_COMMISSIONED}
    late = {entry.item for entry in found if entry.against_time}
    return {entry.item: entry.depth for entry in found}, late, None if ask.expected[2] is None else none


def chronicle(ask: Ask, events: list[tuple[int, str]]) -> Any:
    """The minutes of a history, with roles where the case states one. Of one instant in any order."""
    minutes = [((instant - micros(0)) / 60_000_000, role) for instant, role in events]
    stated = {entry[0] for entry in ask.expected if isinstance(entry, tuple)}
    return [(minute, role) if minute in stated else minute for minute, role in minutes]


def bag(ask: Ask, rows: list[tuple[str, str, float | None, str]]) -> Any:
    """What is in what, with amounts; a row without amount is a piece, or some."""
    found: dict[tuple[str, str], list[tuple[float | None, str | None]]] = {}
    for item, parent, amount, unit in rows:
        found.setdefault((item, parent), []).append((amount, unit or None))
    if ask.options.get("deep"):
        return {(item, parent, ()) for item, parent in found}
    return {
        (item, parent, () if amounts == [(None, None)] else tuple(amounts))
        for (item, parent), amounts in found.items()
        if parent == ask.about
    }


def plain(ask: Ask, result: Any) -> Any:
    """State and shared ancestors."""
    if isinstance(result, CommonResult):
        return {entry.item: entry.depths for entry in result.items}
    assert isinstance(result, StateResult)
    whole = {
        "places": [stay.place for stay in result.places],
        "disposition": result.disposition,
        "lasting": list(result.lasting),
        "around": [(held.item, held.parent) for held in result.around],
        "part_of": [(held.item, held.parent) for held in result.part_of],
        "amounts": list(result.amounts),
        "ended": result.ended,
    }
    return {name: whole[name] for name in ask.expected}


@asynccontextmanager
async def sqlite(request: pytest.FixtureRequest) -> AsyncIterator[Graph]:
    """The store that needs nothing."""
    graph = SqliteGraph(request.getfixturevalue("tmp_path") / "graph.sqlite")
    try:
        yield graph
    finally:
        graph.close()


@asynccontextmanager
async def neo4j(request: pytest.FixtureRequest) -> AsyncIterator[Graph]:
    """The server that all tests share, emptied."""
    async with servers.opened(request.getfixturevalue("neo4j_server")) as graph:
        await graph.clear()
        yield graph


GRAPHS: dict[str, Callable[[pytest.FixtureRequest], AbstractAsyncContextManager[Graph]]] = {
    "sqlite": sqlite,
    "neo4j": neo4j,
}
SOURCES = ("rules", "sqlite", pytest.param("neo4j", marks=pytest.mark.real))


@asynccontextmanager
async def opened(name: str, request: pytest.FixtureRequest) -> AsyncIterator[Source]:
    """A source with nothing in it."""
    if name == "rules":
        yield Rules()
        return
    async with GRAPHS[name](request) as graph, network() as net:
        yield Asked(await net.join(graph))
