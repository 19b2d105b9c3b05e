"""What items came from, found by the server itself: its pruning breadth-first plan over plain processes, one
statement however deep they go.

Three things are not along the arrows, and begin another round: the other events of a transformation id, the
lot of a piece, and what was inside a container that was used. What was inside is for the rules alone to say
(core.lineage.containment).
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from neo4j import AsyncTransaction

from tracehold.adapters.graph_facts.remembered import Remembered
from tracehold.adapters.neo4j_graph.queries import BY_ITEM, BY_TRANSFORMATION, facts
from tracehold.adapters.neo4j_graph.relating import rows
from tracehold.core.ids import Fingerprint
from tracehold.core.lineage.book import Book
from tracehold.core.lineage.containment import Use, contents_at, spread
from tracehold.core.lineage.flows import TIMELESS, Flows, ProcessKey
from tracehold.core.lineage.walk import Walk

_ITEM = "UNWIND $names AS name MATCH (n:Item {id: name}) USING INDEX SEEK n:Item(id)"
REACHED = f"""
{_ITEM} MATCH (n)<-[:INPUT_OF|OUTPUT*0..]-(i:Item)
WITH DISTINCT i LIMIT $most RETURN i.id
"""
_BY_THEN = "($at IS NULL OR e.t <= $at)"
_MAKER = "RETURN DISTINCT name, e.fingerprint, e.transformation_id, e.t"
MAKERS = (
    f"{_ITEM} MATCH (n)<-[:OUTPUT]-(e) WHERE {_BY_THEN} {_MAKER}",
    f"{_ITEM} MATCH (n)-[l:LOT_IN]->(e)-[:OUTPUT]->(piece) "
    f"WHERE piece.id IN l.pieces AND {_BY_THEN} {_MAKER}",
)
"""Of an item, and of pieces of it where it is a lot."""
LOTS = f"""
{_ITEM} MATCH (n)--(e)<-[l:LOT_IN]-(lot)
WHERE name IN l.pieces AND {_BY_THEN} RETURN DISTINCT name, lot.id, e.t
"""
_INPUT = (
    f"MATCH (e)<-[:INPUT_OF]-(i) WHERE {_BY_THEN} RETURN name, i.id, e.t, EXISTS {{ (i)-[:PARENT_IN]->() }}"
)
INPUTS = {
    "event": "UNWIND $names AS name MATCH (e:Event {fingerprint: name}) "
    f"USING INDEX SEEK e:Event(fingerprint) {_INPUT}",
    "id": "UNWIND $names AS name MATCH (n:Transformation {id: name}) USING INDEX SEEK n:Transformation(id) "
    f"MATCH (n)<-[:PART_OF]-(e) {_INPUT}",
}
"""Of a process, by the two kinds of its key."""


@dataclass(slots=True)
class Ancestry:
    """The search. `at`: events up to that instant. Gives up beyond `most` items."""

    transaction: AsyncTransaction
    remembered: Remembered
    at: int | None
    most: int
    flows: Flows = field(default_factory=lambda: Flows(sign=1))
    whole: bool = True

    async def find(self, items: Collection[str]) -> Flows | None:
        """All processes above the items; None where there are too many."""
        names = set(items)
        while names and self.whole:
            fresh = await self._reached(names)
            processes = await self._makers(fresh)
            beyond = await self._lots(fresh) | await self._inputs(processes)
            names = beyond - self.flows.near.keys()
        return self.flows if self.whole else None

    async def _reached(self, names: Iterable[str]) -> list[str]:
        """Those that were not, and all above them along the arrows; whoever no process is told of, too."""
        found = await rows(self.transaction, REACHED, names=sorted(names), most=self.most + 1)
        fresh = {*names, *(item for (item,) in found)} - self.flows.near.keys()
        self.flows.near.update((item, []) for item in fresh)
        self.whole = len(self.flows.near) <= self.most
        return sorted(fresh)

    async def _makers(self, fresh: Sequence[str]) -> set[ProcessKey]:
        """The processes that the items came out of; answers those that are new."""
        keys: set[ProcessKey] = set()
        for statement in MAKERS:
            for item, fingerprint, process, t in await self._rows(statement, fresh):
                name = Fingerprint(bytes.fromhex(fingerprint))
                key: ProcessKey = ("event", name) if process is None else ("id", process)
                self.flows.near[item].append((key, Use(item, t, ())))
                keys.add(key)
        return keys - self.flows.far.keys()

    async def _lots(self, fresh: Sequence[str]) -> set[str]:
        lots: set[str] = set()
        for piece, lot, t in await self._rows(LOTS, fresh):
            self.flows.near[piece].append(((TIMELESS, lot), Use(piece, t, ())))
            self.flows.far[TIMELESS, lot] = [Use(lot, t, ())]
            lots.add(lot)
        return lots

    async def _inputs(self, processes: Collection[ProcessKey]) -> set[str]:
        """What went into the processes, and what was inside of that."""
        uses: dict[ProcessKey, list[Use]] = {key: [] for key in processes}
        full: list[Use] = []
        for kind, statement in INPUTS.items():
            by_name = {_name(key): key for key in processes if key[0] == kind}
            for name, item, t, holds in await self._rows(statement, list(by_name)):
                use = Use(item, t, ())
                uses[by_name[name]].append(use)
                full += [use] if holds else []
        contents = await self._contents((use.item, use.instant) for use in full)
        for key, parts in uses.items():
            self.flows.far[key] = [part for use in parts for part in spread(use, contents)]
        return {part.item for key in processes for part in self.flows.far[key]}

    async def _contents(self, vessels: Iterable[tuple[str, int]]) -> dict[tuple[str, int], list[Use]]:
        book = Book(self.at)
        walk = Walk(book, contents_at(book, list(vessels)))
        while not walk.done:
            wanted = walk.wanted()
            asked = [(BY_ITEM, wanted.items), (BY_TRANSFORMATION, wanted.transformations)]
            walk.feed(await facts(self.transaction, asked, self.remembered))
        self.whole &= not book.truncated
        return walk.result()

    async def _rows(self, statement: str, names: Sequence[str]) -> list[list[Any]]:
        return await rows(self.transaction, statement, names=names, at=self.at) if names else []


def _name(key: ProcessKey) -> str:
    return key[1].hex() if isinstance(key[1], bytes) else key[1]
