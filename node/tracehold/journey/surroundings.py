"""The facts that a judgement of quality needs, looked up within bounds."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from tracehold.core.lineage import Fact, touched
from tracehold.core.quality import DEPTH, Kind, Subject, parents
from tracehold.journey.ports import Graph
from tracehold.journey.ports.quality import FindingStore

Names = Callable[[Fact], Iterable[str | None]]
"""By what a fact is grouped."""

NAMES = 100
"""Names in one statement that weigh as much as one statement more."""

MOST_LOAD = 500
"""Weight of the statements about one item, process or event id; of more nothing is found. A class that stands
in
every event of a company is no thing that could be in two places."""

MOST_CONTAINERS = 64
"""Containers that one thing was ever in; of more nothing is found."""

MOST_AROUND = 2_000
"""Weight of the statements about an item and all that it was in; of more nothing is found."""

MOST_FACTS = 10_000
"""Weight of the facts that are looked up at once."""


class TooMany(Exception):
    """More than is looked up at once: ask for fewer."""


def weight(fact: Fact) -> int:
    """How much work the fact is for whoever reads it."""
    named = (fact.children, fact.inputs, fact.outputs, fact.observed, fact.memberships)
    return 1 + sum(map(len, named)) // NAMES


async def is_described(graph: Graph, place: str) -> bool:
    """Whether master data is known of the place, or of the one that it is part of (GLN extension)."""
    if await graph.is_described(place):
        return True
    whole, extended, _ = place.partition("/254/")
    return bool(extended) and await graph.is_described(whole)


class Surroundings:
    """Looks up facts. `extra` facts count as known beside those of the graph."""

    def __init__(self, graph: Graph, store: FindingStore, extra: Sequence[Fact] = ()) -> None:
        self._graph = graph
        self._store = store
        self._extra = extra

    async def of(self, subjects: Collection[Subject]) -> Mapping[Subject, list[Fact]]:
        """The facts about each of these and, of items, about the containers around them; those of which there
        are too many to be judged are left out. Raises `TooMany`, and what graph and store raise.

        The store's count keeps the graph from being asked for too much; what was looked up is weighed too.
        """
        loads = await self._loads(subjects)
        found = await self._named([s for s in subjects if s.kind is not Kind.ITEM and loads[s] <= MOST_LOAD])
        items = {s.name for s in subjects if s.kind is Kind.ITEM}
        found |= {Subject(Kind.ITEM, item): facts for item, facts in (await self._items(items)).items()}
        return found

    async def _named(self, subjects: Sequence[Subject]) -> dict[Subject, list[Fact]]:
        processes = {s.name for s in subjects if s.kind is Kind.PROCESS}
        ids = {s.name for s in subjects if s.kind is Kind.EVENT_ID}
        facts = [*self._extra]
        facts += await self._graph.facts((), processes) if processes else ()
        facts += await self._graph.by_event_id(ids) if ids else ()
        by_name = {
            Kind.PROCESS: _grouped(facts, lambda fact: [fact.transformation_id]),
            Kind.EVENT_ID: _grouped(facts, lambda fact: [fact.event_id]),
        }
        found = {s: by_name[s.kind].get(s.name, []) for s in subjects if s.kind in by_name}
        return {s: facts for s, facts in found.items() if _weight(facts) <= MOST_LOAD}

    async def _items(self, items: Collection[str]) -> dict[str, list[Fact]]:
        """Level by level: the items, what they were in, and what that was in."""
        known: dict[str, list[Fact] | None] = {}
        edge, room = set(items), MOST_FACTS
        for _ in range(DEPTH + 1):
            level, load = await self._level(edge, room)
            known, room = known | level, room - load
            edge = {up for item in edge for up in _containers(item, known[item])} - known.keys()
        return {item: facts for item in items if (facts := _together(item, known)) is not None}

    async def _level(self, items: Collection[str], room: int) -> tuple[dict[str, list[Fact] | None], int]:
        """The facts of each, and how much they are; None of those of which there are too many."""
        loads = await self._loads([Subject(Kind.ITEM, item) for item in items])
        few = {s.name for s, load in loads.items() if load <= MOST_LOAD}
        load = sum(load for load in loads.values() if load <= MOST_LOAD)
        if load > room:
            raise TooMany
        facts = [*self._extra, *(await self._graph.facts(few) if few else ())]
        grouped = _grouped(facts, touched)
        few = {item for item in few if _weight(grouped.get(item, ())) <= MOST_LOAD}
        return {item: grouped.get(item, []) if item in few else None for item in items}, load

    async def _loads(self, subjects: Collection[Subject]) -> Mapping[Subject, int]:
        known = await self._store.loads(subjects)
        return {subject: known.get(subject, 0) for subject in subjects}


def _containers(item: str, facts: list[Fact] | None) -> set[str]:
    found = parents(item, facts or ())
    return found if len(found) <= MOST_CONTAINERS else set()


def _together(item: str, known: Mapping[str, list[Fact] | None]) -> list[Fact] | None:
    """The facts of an item and of all around it; None where some of them are too many."""
    seen: set[str] = set()
    edge = {item}
    found: list[Fact] = []
    for _ in range(DEPTH + 1):
        seen |= edge
        around: set[str] = set()
        for each in edge:
            facts = known.get(each)
            if facts is None or len(up := parents(each, facts)) > MOST_CONTAINERS:
                return None
            found += facts
            around |= up
        edge = around - seen
    return found if _weight(found) <= MOST_AROUND else None


def _weight(facts: Iterable[Fact]) -> int:
    return sum(map(weight, facts))


def _grouped(facts: Iterable[Fact], names: Names) -> dict[str, list[Fact]]:
    grouped: dict[str, list[Fact]] = {}
    for fact in facts:
        for name in names(fact):
            if name is not None:
                grouped.setdefault(name, []).append(fact)
    return grouped
