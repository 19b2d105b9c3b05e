"""Where a case can be told and asked: the rules over facts, and a node with a store of relations.

A source turns every answer into the plain form in which cases state theirs. Another graph back-end is one
more entry of `GRAPHS`; a network is one more class with the methods of `Source`.
"""

import hashlib
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Protocol

import pytest

from tests import neo4j_servers as servers
from tests.journey.network import EVERYONE, Node, network
from tests.journey.scene import NETWORK, SALTS, START, control, statement
from tests.lineage import story
from tests.lineage.forms import Standing, bag, chronicle, recalled, stated, traced
from tests.lineage.ruled import DIRECTIONS, Rules
from tests.lineage.story import Ask, Case, Row
from tests.lineage.telling import Event, micros
from tracehold.adapters.sqlite_graph import SqliteGraph
from tracehold.core.control import Enrol
from tracehold.core.keys import Ed25519Key
from tracehold.core.record import Header, Kind, sign
from tracehold.journey.answers import TIME_ORDER, Content
from tracehold.journey.contents import ContentsQuestion, answer_contents
from tracehold.journey.history import HistoryQuestion, answer_history
from tracehold.journey.ports import Graph
from tracehold.journey.recall import Recalled, RecallQuestion, answer_recall
from tracehold.journey.shared import CommonQuestion, answer_common
from tracehold.journey.state import StateQuestion, answer_state
from tracehold.journey.trace import TraceQuestion, answer_trace
from tracehold.journey.upload import Statement
from tracehold.journey.whereabouts import Whereabouts


class Source(Protocol):
    """Takes a case's events and answers its questions in plain form."""

    async def tell(self, case: Case) -> None:
        """Take all events in, batch by batch."""
        ...

    async def answer(self, ask: Ask) -> Any:
        """The answer, in the form of `ask.expected`."""
        ...


def _key_of(party: str) -> Ed25519Key:
    return Ed25519Key.from_seed(hashlib.sha256(party.encode()).digest())


def _signed(event: Event) -> Statement:
    """By the party itself: what is said twice in two spellings is two records."""
    key = _key_of(event.party)
    if not event.is_masterdata:
        return statement(key=key, party=event.party, payload=event.payload)
    public = key.public
    header = Header(public.alg, Kind.MASTERDATA, public.kid, event.party, NETWORK, int(START), SALTS(16))
    return Statement(sign(header, event.payload, key))


class Asked:
    """A node with one store of relations: sealed, anchored, indexed, and asked as anybody is."""

    def __init__(self, node: Node) -> None:
        self.node = node
        self.blocks: list[int] = []

    async def tell(self, case: Case) -> None:
        """Upload each batch; where it matters what was known when, anchor it before the next one."""
        await self._enrol({event.party for batch in case.batches for event in batch})
        for batch in case.batches:
            for event in batch:
                await self.node.upload(_signed(event))
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
        if ask.kind == story.STANDS:
            how = await answer_state(knowledge, EVERYONE, StateQuestion(ask.about, **time))
            return stated(_standing(how.stands), ask.expected)
        if ask.kind == story.CALLED:
            return await self._recall(ask, RecallQuestion(ask.about, **time, **ask.options))
        return await self._common(ask, CommonQuestion(ask.about, **time, **ask.options))

    async def _common(self, ask: Ask, question: CommonQuestion) -> Any:
        found = await answer_common(self.node.knowledge, EVERYONE, question)
        if ask.kind == story.SHARED:
            return {entry.item: entry.depths for entry in found.items}
        return [place.id for place in found.places], [party.id for party in found.parties]

    async def _recall(self, ask: Ask, question: RecallQuestion) -> Any:
        found = await answer_recall(self.node.knowledge, EVERYONE, question)
        assert dict(found.issuers) == Counter(row.issuer for row in found.items)
        contacts: dict[str, list[str]] = {}
        for each in found.contacts:
            contacts.setdefault(each.id, []).append(each.name)
        return recalled(ask, _rows(found.items), _rows(found.recalled), lambda: contacts)


def _rows(found: Sequence[Recalled]) -> list[Row]:
    return [
        (
            each.item,
            {
                "depth": each.depth,
                "by": each.issuer,
                "late": TIME_ORDER in each.flags,
                "comes": set(each.comes_from),
                **_standing(each.stands),
            },
        )
        for each in found
    ]


def _standing(found: Whereabouts) -> dict[str, Any]:
    return Standing(
        [stay.place for stay in found.places],
        [(each.word, each.lasting) for each in found.conditions],
        [(held.item, held.parent) for held in found.containers],
        [(held.item, held.parent) for held in found.part_of],
        [(each.party, each.bound_for) for each in found.custodians],
        found.amounts,
        found.ended,
    ).plain()


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
