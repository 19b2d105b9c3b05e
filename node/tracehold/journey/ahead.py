"""A walk whose names are known before it asks for them: looked up all at once, and handed to it one frontier
after the other.

A graph that reaches by itself says which names a walk upstream will come to. All facts about them are read,
checked and asked of other nodes together, in a round or two and not in several for each frontier. What the
walk is fed is what it asked for, no more: the answer is the rules' own, whatever the graph thought of.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from tracehold.core.lineage import Fact, Wanted
from tracehold.journey.inquiry import Inquiry
from tracehold.journey.ports import Reaching
from tracehold.journey.stock import Stock

MOST = 20_000
"""Names that are looked up ahead of one walk at most: what one peer's records are checked for at most."""

PORTION = 2_000
"""Names that are looked up at once: what they lead to, a peer hands over in one answer."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """Of the question, as in `core.lineage.trace`."""

    at: int | None
    known_at: int | None
    max_depth: int


class Ahead:
    """Looks things up for one walk of an inquiry."""

    def __init__(self, inquiry: Inquiry, graph: Reaching, items: Collection[str], bounds: Bounds) -> None:
        """`items`: those that the question is about."""
        self._inquiry = inquiry
        self._first = frozenset(items)
        self._graph = graph
        self._bounds = bounds
        self._stock = Stock()
        self._room = MOST

    async def look(self, wanted: Wanted) -> Sequence[Fact]:
        """As `Inquiry.look`; what it lacks it looks up with all that the walk will ask for from there."""
        if not wanted or wanted.readings:
            return await self._inquiry.look(wanted)
        lacking = self._stock.lacks(wanted)
        if lacking:
            for names in _portions(lacking, self._stock.lacks(await self._beyond(lacking))):
                self._stock.put(names, await self._inquiry.gather(names))
        return self._inquiry.enter(wanted, self._stock.about(wanted))

    async def _beyond(self, names: Wanted) -> Wanted:
        """What the graph finds, as long as there is room for it."""
        if not names.items or self._room <= 0:
            return names
        b = self._bounds
        items, self._first = names.items | self._first, frozenset()
        found = await self._graph.reach(
            items, at=b.at, known_at=b.known_at, max_depth=b.max_depth, most=self._room
        )
        self._room -= len(found.items - names.items)
        return found


def _portions(first: Wanted, more: Wanted) -> Iterator[Wanted]:
    """All names in parts: those of `first` in the first, however many."""
    items = sorted(more.items - first.items)
    room = max(0, PORTION - len(first.items))
    yield Wanted(first.items.union(items[:room]), first.transformations | more.transformations)
    for at in range(room, len(items), PORTION):
        yield Wanted(frozenset(items[at : at + PORTION]))
