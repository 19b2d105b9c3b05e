"""What is marked to be judged, and the graph for those who write it: marked before it is taken in."""

import asyncio
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

from tracehold.core.epcis.model import EventType
from tracehold.core.ids import Fingerprint, LogId
from tracehold.core.lineage import Fact, touched
from tracehold.core.quality import Kind, Subject, moves, places, reach, subjects
from tracehold.core.spans import Spans, common
from tracehold.journey.ports import Graph, Indexed, Known, MasterDataVersion
from tracehold.journey.ports.quality import FindingStore, Mark, Marks, Sighting
from tracehold.journey.surroundings import weight


def marks_of(fact: Fact) -> Iterator[Mark]:
    """What a fact concerns. A thing of which only one event is known is in no contradiction, but where it is
    received, or where the event is a process of its own."""
    weighed = min(touched(fact), default="") if fact.type is EventType.TRANSFORMATION else ""
    named, event = weight(fact), fact.fingerprint
    for subject in subjects(fact):
        match subject.kind:
            case Kind.ITEM:
                item = subject.name
                alone = fact.step == "receiving" or item == weighed
                yield Mark(subject, reach(fact, item), alone, moves(fact, item), named, event)
            case Kind.PROCESS:
                yield Mark(subject, weight=named, event=event)
            case _:
                yield Mark(subject, alone=False, weight=named, event=event)


def marks_in(step: Indexed) -> Marks:
    """What one step of the index concerns."""
    marks = [(at, mark) for at, fact in step.facts for mark in marks_of(fact)]
    marks += [(at, Mark(Subject(Kind.PLACE, said.id))) for at, said in step.masterdata]
    sightings = [
        (at, Sighting(place, fact.fingerprint, path))
        for at, fact in step.facts
        for place, path in places(fact).items()
    ]
    return Marks(step.log, step.start, step.stop, marks, sightings)


class WatchedGraph:
    """The `Graph` port for those who write: what they write is marked to be judged. It counts as indexed only
    what was marked too, so what an earlier release or another file of findings left out is made up for.
    """

    def __init__(
        self,
        graph: Graph,
        store: FindingStore,
        adding: asyncio.Lock,
        ring: Callable[[], None],
        cleared: Callable[[], None],
    ) -> None:
        self._graph = graph
        self._store = store
        self._adding = adding
        self._ring = ring
        self._cleared = cleared

    async def add(self, step: Indexed) -> None:
        """See `ports.Graph.add`. Raises what the store of findings raises too."""
        async with self._adding:
            await self._store.mark(marks_in(step))
            await self._graph.add(step)
        self._ring()

    async def coverage(self) -> Mapping[LogId, Spans]:
        """Entries that are both in the graph and marked."""
        marked = await self._store.covered()
        indexed = await self._graph.coverage()
        return {log: common(spans, marked.get(log, ())) for log, spans in indexed.items()}

    async def erase(self, fingerprint: Fingerprint) -> None:
        """See `ports.Graph.erase`."""
        async with self._adding:
            await self._store.unsettle(fingerprint)
            await self._graph.erase(fingerprint)
        self._ring()

    async def clear(self) -> None:
        """See `ports.Graph.clear`."""
        async with self._adding:
            self._cleared()
            await self._store.clear()
            await self._graph.clear()

    async def set_known(self, log: LogId, ranges: Sequence[Known]) -> None:
        """See `ports.Graph.set_known`."""
        await self._graph.set_known(log, ranges)

    async def reopen(self, log: LogId, index: int) -> None:
        """See `ports.Graph.reopen`."""
        await self._graph.reopen(log, index)

    async def facts(self, items: Collection[str], transformations: Collection[str] = ()) -> Sequence[Fact]:
        """See `ports.Graph.facts`."""
        return await self._graph.facts(items, transformations)

    async def readings(self, asked: Mapping[str, Spans]) -> Sequence[Fact]:
        """See `ports.Graph.readings`."""
        return await self._graph.readings(asked)

    async def by_event_id(self, event_ids: Collection[str]) -> Sequence[Fact]:
        """See `ports.Graph.by_event_id`."""
        return await self._graph.by_event_id(event_ids)

    async def masterdata(self, id: str) -> Sequence[MasterDataVersion]:
        """See `ports.Graph.masterdata`."""
        return await self._graph.masterdata(id)

    async def is_described(self, id: str) -> bool:
        """See `ports.Graph.is_described`."""
        return await self._graph.is_described(id)
