"""Quality (follower): what is doubtful about events, given the others, found behind the index.

    index step -> mark (before the graph has it) -> graph -> judge what is marked -> findings

What is found of a subject (an item, a process, an event id, a place) is a function of all facts about it.
So whatever comes late puts the findings right that were there: everything it concerns is marked, durably and
before the graph takes it in, and judged again after. A crash between the two marks once more; a judgement
that is repeated changes nothing.
"""

import asyncio
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import NoReturn

from tracehold.core.epcis.model import EventType
from tracehold.core.ids import Fingerprint, LogId
from tracehold.core.lineage import Fact, touched
from tracehold.core.quality import (
    DEPTH,
    EMPTIED,
    Kind,
    Subject,
    contents,
    judge,
    moves,
    places,
    reach,
    subjects,
)
from tracehold.core.spans import Spans, common
from tracehold.journey.follow import Bell, Trouble, patiently, unrung, untold
from tracehold.journey.ports import Graph, Indexed, Known, MasterDataVersion
from tracehold.journey.ports.quality import Due, FindingStore, Judged, Mark, Marks, Sighting
from tracehold.journey.states import Sleep
from tracehold.journey.surroundings import MOST_LOAD, Surroundings, TooMany

STEP = 200
"""Subjects, or sightings of places, of one step."""

MOST_CONTENTS = 10_000
"""Things ever named in one container that are judged again when something happens to it."""


class Quality:
    """Finds what is doubtful. One runs per graph; the graph is written through it (`watched`)."""

    def __init__(self, graph: Graph, store: FindingStore, changed: Callable[[], None] = unrung) -> None:
        """`changed` is called when findings have."""
        self._graph = graph
        self._store = store
        self._changed = changed
        self._bell = Bell()
        # Between mark and graph nothing is judged: it would be judged without what it was marked for.
        self._adding = asyncio.Lock()

    @property
    def watched(self) -> "WatchedGraph":
        """The graph, for those who write it."""
        return WatchedGraph(self._graph, self._store, self._adding, self._bell.ring)

    async def run(self, sleep: Sleep, trouble: Trouble = untold) -> NoReturn:
        """Follow for ever."""
        while True:
            ring = self._bell.next()
            if not await patiently(self.once, sleep, trouble):
                await ring.wait()

    async def once(self) -> int:
        """Judge one step of what waits. How much that was; 0 where nothing waits.

        Raises `Unavailable` (the graph or the store does not answer; repeat).
        """
        async with self._adding:
            sightings = await self._store.sightings(STEP)
            moved = await self._see(sightings) if sightings else 0
            due = await self._store.due(STEP)
            taken = _within(due)
            moved += await self._judge(taken) if taken else 0
        if moved:
            self._changed()
        return len(sightings) + len(taken)

    async def _see(self, sightings: Sequence[Sighting]) -> int:
        named = {each.place for each in sightings}
        unknown = {place for place in named if not await self._described(place)}
        return await self._store.placed(sightings, unknown)

    async def _described(self, place: str) -> bool:
        """Whether master data is known of the place, or of the one that it is part of (GLN extension)."""
        for name in dict.fromkeys((place, place.split("/254/", maxsplit=1)[0])):
            if any(version.issuer for version in await self._graph.masterdata(name)):
                return True
        return False

    async def _judge(self, due: Sequence[Due]) -> int:
        """Judge together, else in halves; one alone of which there is too much is found nothing of."""
        here = [each for each in due if each.subject.kind is not Kind.PLACE]
        try:
            known = await Surroundings(self._graph, self._store).of([each.subject for each in here])
        except TooMany:
            if len(here) > 1:
                half = len(here) // 2
                moved = await self._judge(here[:half]) + await self._judge(here[half:])
                return moved + await self._places(due)
            known = {}
        judged: list[Judged] = []
        further: list[Mark] = []
        for each in here:
            facts = known.get(each.subject, [])
            judged.append(Judged(each, judge(each.subject, facts)))
            further += _inside(each, facts)
            await asyncio.sleep(0)
        return await self._store.settle(judged, further) + await self._places(due)

    async def _places(self, due: Sequence[Due]) -> int:
        moved = 0
        for each in due:
            if each.subject.kind is Kind.PLACE:
                described = await self._described(each.subject.name)
                taken = await self._store.described(each.subject.name, STEP) if described else 0
                moved += taken
                if taken < STEP:
                    await self._store.settle([Judged(each, None)])
        return moved


def _within(due: Sequence[Due]) -> list[Due]:
    """The first of them, with as many facts as are looked up at once, one at least."""
    taken: list[Due] = []
    facts = 0
    for each in due:
        facts += each.load if each.load <= MOST_LOAD else 0
        if taken and facts > MOST_LOAD * 4:
            break
        taken.append(each)
    return taken


def _inside(due: Due, facts: Collection[Fact]) -> Iterator[Mark]:
    """What it ever held is judged again, where what happened to it concerns that."""
    if due.reach and due.subject.kind is Kind.ITEM:
        held = contents(due.subject.name, facts)
        below, all_of_it = min(due.reach, DEPTH) - 1, due.reach == EMPTIED
        for item in held if len(held) <= MOST_CONTENTS else ():
            yield Mark(Subject(Kind.ITEM, item), below, alone=all_of_it)


def marks_of(fact: Fact) -> Iterator[Mark]:
    """What a fact concerns. A thing of which only one event is known is in no contradiction, but where it is
    received, or where the event is a process of its own."""
    weighed = min(touched(fact), default="") if fact.type is EventType.TRANSFORMATION else ""
    for subject in subjects(fact):
        match subject.kind:
            case Kind.ITEM:
                item = subject.name
                alone = fact.step == "receiving" or item == weighed
                yield Mark(subject, reach(fact, item), alone, moves(fact, item))
            case Kind.PROCESS:
                yield Mark(subject)
            case _:
                yield Mark(subject, alone=False)


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
        self, graph: Graph, store: FindingStore, adding: asyncio.Lock, ring: Callable[[], None]
    ) -> None:
        self._graph = graph
        self._store = store
        self._adding = adding
        self._ring = ring

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

    async def by_event_id(self, event_ids: Collection[str]) -> Sequence[Fact]:
        """See `ports.Graph.by_event_id`."""
        return await self._graph.by_event_id(event_ids)

    async def masterdata(self, id: str) -> Sequence[MasterDataVersion]:
        """See `ports.Graph.masterdata`."""
        return await self._graph.masterdata(id)
