"""Quality (follower): what is doubtful about events, given the others, found behind the index.

    index step -> mark (before the graph has it) -> graph -> judge what is marked -> findings

What is found of a subject (an item, a process, an event id, a place) is a function of all facts about it.
So whatever comes late puts the findings right that were there: everything it concerns is marked, durably and
before the graph takes it in, and judged again after. A crash between the two marks once more; a judgement
that is repeated changes nothing. Judging is work that is bounded by how much is said of a thing, and goes on
beside
the event loop.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from functools import partial
from typing import NoReturn

from tracehold.core.ids import LogId
from tracehold.core.lineage import Fact
from tracehold.core.quality import (
    DEPTH,
    EMPTIED,
    MOST_OF_SUBJECT,
    Code,
    Finding,
    Kind,
    Subject,
    contents,
    judge,
)
from tracehold.core.spans import Spans, common, without
from tracehold.journey.follow import Bell, Trouble, patiently, unrung, untold
from tracehold.journey.knowledge import Run, at_once
from tracehold.journey.marking import WatchedGraph
from tracehold.journey.ports import Graph
from tracehold.journey.ports.quality import Due, FindingStore, Judged, Mark, Sighting
from tracehold.journey.states import Sleep
from tracehold.journey.surroundings import MOST_LOAD, Surroundings, TooMany, is_described

Kept = Callable[[], Awaitable[Mapping[LogId, Spans]]]
"""Which entries of which logs are here."""

STEP = 200
"""Subjects, or sightings of places, of one step."""

MOST_CONTENTS = 10_000
"""Things ever named in one container that are judged again when something happens to it."""


class Quality:
    """Finds what is doubtful. One runs per graph; the graph is written through it (`watched`)."""

    def __init__(
        self,
        graph: Graph,
        store: FindingStore,
        changed: Callable[[], None] = unrung,
        run: Run = at_once,
        kept: Kept | None = None,
    ) -> None:
        """`changed` is called when findings have; `run` does what may be long; `kept`: what the index hands
        over
        again where it was not marked, None for all that the graph has.
        """
        self._graph = graph
        self._store = store
        self._changed = changed
        self._run = run
        self._kept = kept or graph.coverage
        self._level = False
        self._bell = Bell()
        # Between mark and graph nothing is judged: it would be judged without what it was marked for.
        self._adding = asyncio.Lock()

    @property
    def watched(self) -> "WatchedGraph":
        """The graph, for those who write it."""
        return WatchedGraph(self._graph, self._store, self._adding, self._bell.ring, self._cleared)

    def _cleared(self) -> None:
        self._level = False

    async def run(self, sleep: Sleep, trouble: Trouble = untold) -> NoReturn:
        """Follow for ever."""
        while True:
            ring = self._bell.next()
            if not await patiently(self.once, sleep, trouble):
                await ring.wait()

    async def once(self) -> int:
        """Judge one step of what waits. How much that was; 0 where nothing waits, and while the graph has
        what was
        not marked yet: how much is said of a thing is not known then, and the index is about to tell it.

        Raises `Unavailable` (the graph or the store does not answer; repeat).
        """
        async with self._adding:
            if not await self._is_level():
                return 0
            sightings = await self._store.sightings(STEP)
            moved = await self._see(sightings) if sightings else 0
            due = await self._store.due(STEP)
            taken = _within(due)
            moved += await self._judge(taken) if taken else 0
        if moved:
            self._changed()
        return len(sightings) + len(taken)

    async def _is_level(self) -> bool:
        """Whether all that the graph has is marked. Once it is, it stays so: marks come before the graph."""
        if not self._level:
            marked, indexed = await self._store.covered(), await self._graph.coverage()
            kept = await self._kept()
            due = [
                without(common(indexed.get(log, ()), here), marked.get(log, ())) for log, here in kept.items()
            ]
            self._level = not any(due)
        return self._level

    async def _see(self, sightings: Sequence[Sighting]) -> int:
        named = {each.place for each in sightings}
        unknown = {place for place in named if not await is_described(self._graph, place)}
        return await self._store.placed(sightings, unknown)

    async def _judge(self, due: Sequence[Due]) -> int:
        """Judge together, else in halves; of one alone of which there is too much that is told."""
        here = [each for each in due if each.subject.kind is not Kind.PLACE]
        try:
            known = await Surroundings(self._graph, self._store).of([each.subject for each in here])
        except TooMany:
            if len(here) > 1:
                half = len(here) // 2
                moved = await self._judge(here[:half]) + await self._judge(here[half:])
                return moved + await self._places(due)
            known = {}
        judged, further = await self._run(partial(_judged, here, known))
        return await self._store.settle(judged, further) + await self._places(due)

    async def _places(self, due: Sequence[Due]) -> int:
        moved = 0
        for each in due:
            if each.subject.kind is Kind.PLACE:
                described = await is_described(self._graph, each.subject.name)
                taken = await self._store.described(each.subject.name, STEP) if described else 0
                moved += taken
                if taken < STEP:
                    await self._store.settle([Judged(each, None)])
        return moved


def _judged(due: Sequence[Due], known: Mapping[Subject, Collection[Fact]]) -> tuple[list[Judged], list[Mark]]:
    """What is found of each, and what must be judged again because of it."""
    judged: list[Judged] = []
    further: list[Mark] = []
    for each in due:
        facts = known.get(each.subject)
        found = too_much(each) if facts is None else judge(each.subject, facts)[:MOST_OF_SUBJECT]
        judged.append(Judged(each, found))
        further += _inside(each, facts or ())
    return judged, further


def too_much(due: Due) -> tuple[Finding, ...]:
    """That it was not judged, at the event by which it was last marked."""
    return (Finding(Code.NOT_JUDGED, due.event),) if due.event else ()


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
