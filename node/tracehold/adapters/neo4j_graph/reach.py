"""What a walk upstream will ask for, found by the server itself: names, for the rules to look up at once.

Along the arrows one statement runs the server's pruning breadth-first plan, however deep they go. From what
it reached others go where no arrow leads: to the other events of a transformation id, to lots and pieces,
into containers that were used, and to what ever held any of it; what is new begins another round.

Nothing here decides: who was in a container is for the rules to say, and these statements take for it whoever
was put in last. A name too many is looked up for nothing, one too few is looked up when the walk comes to it.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

from neo4j import AsyncTransaction

from tracehold.adapters.neo4j_graph.relating import rows
from tracehold.core.lineage import Wanted

EVER = (1 << 63) - 1
DEEP = 100
"""Processes that one statement follows at most; the walk asks again from there."""

_ITEM = "UNWIND $names AS name MATCH (n:Item {id: name}) USING INDEX SEEK n:Item(id)"
_HELD = "UNWIND $rows AS r MATCH (n:Item {id: r.id}) USING INDEX SEEK n:Item(id)"


def _seen(event: str) -> str:
    """That an event counts by the two times of the question."""
    known = f"coalesce({event}.anchored_ms, {event}.sealed_ms, 0) <= $known"
    return f"{event}.t <= $at AND ({known} OR EXISTS {{ ({event})-[:COPY]->() }})"


def along(depth: int) -> str:
    """Everything above the items along the arrows, through so many processes at most."""
    return (
        f"{_ITEM} MATCH way = (n)<-[:INPUT_OF|OUTPUT*0..{2 * min(max(depth, 0), DEEP)}]-(i:Item) "
        "WHERE all(x IN relationships(way) WHERE x.t <= $at) "
        "AND all(e IN nodes(way) WHERE coalesce(e.anchored_ms, e.sealed_ms, 0) <= $known) "
        "WITH DISTINCT i LIMIT $most RETURN collect(i.id)"
    )


_MADE = (
    f"MATCH (n)<-[:OUTPUT]-(e:Event) WHERE {_seen('e')} RETURN e UNION "
    f"MATCH (n)-[l:LOT_IN]->(e:Event)-[:OUTPUT]->(piece) WHERE piece.id IN l.pieces AND {_seen('e')} RETURN e"
)
RUNS = f"{_ITEM} CALL (n) {{ {_MADE} }} RETURN collect(DISTINCT e.transformation_id)"
"""The transformation ids under which the items, or pieces of them, were made."""
PUT_IN = f"""
UNWIND $runs AS run MATCH (t:Transformation {{id: run}}) USING INDEX SEEK t:Transformation(id)
MATCH (t)<-[:PART_OF]-(e)<-[:INPUT_OF]-(i) WHERE {_seen("e")} WITH DISTINCT i LIMIT $most RETURN collect(i.id)
"""
"""What went in under them."""
OF_PIECES = f"""
{_ITEM} MATCH (n)-[l:LOT_IN]->(e:Event)-[:OUTPUT]->(piece) WHERE piece.id IN l.pieces AND {_seen("e")}
MATCH (e)<-[:INPUT_OF]-(i) WITH DISTINCT i LIMIT $most RETURN collect(i.id)
"""
"""What the pieces of a lot were made of."""
LOTS = f"""
{_ITEM} MATCH (n)--(e:Event)<-[l:LOT_IN]-(lot) WHERE name IN l.pieces AND {_seen("e")}
WITH DISTINCT lot LIMIT $most RETURN collect(lot.id)
"""
"""The lots of pieces."""
USES = f"""
{_ITEM} MATCH (n)-[:INPUT_OF]->(e) WHERE {_seen("e")} AND EXISTS {{ (n)-[:PARENT_IN]->() }}
WITH DISTINCT n, e.t AS t LIMIT $most RETURN collect([n.id, t])
"""
"""When a container was used."""
EVER_IN = f"""
{_ITEM} MATCH (n)-[:PARENT_IN]->(e)<-[:CHILD_IN]-(i) WHERE {_seen("e")}
WITH DISTINCT i LIMIT $most RETURN collect(i.id)
"""
"""Whatever was in a container."""
INSIDE = f"""
{_HELD} MATCH (n)-[:PARENT_IN]->(e)<-[:CHILD_IN]-(i)
WHERE e.t <= r.t AND e.action <> 'DELETE' AND {_seen("e")} AND NOT EXISTS {{
  MATCH (i)-[:CHILD_IN]->(next) WHERE next.t > e.t AND next.t < r.t
  AND (next.action = 'DELETE' OR NOT EXISTS {{ (next)<-[:PARENT_IN]-(n) }}) }}
WITH DISTINCT i, r.t AS t LIMIT $most RETURN collect([i.id, t])
"""
"""What was put in last, and not taken out before."""
AROUND = f"""
{_HELD} MATCH (n)-[:CHILD_IN]->(e)<-[:PARENT_IN]-(i)
WHERE e.action <> 'DELETE' AND e.t <= r.stop AND {_seen("e")}
OPTIONAL MATCH (n)-[:CHILD_IN]->(next) WHERE next.t > e.t
WITH r, i, e, coalesce(min(next.t), $ever) AS out WHERE out >= r.start
WITH DISTINCT i.id AS id, CASE WHEN e.t > r.start THEN e.t ELSE r.start END AS start,
  CASE WHEN out < r.stop THEN out ELSE r.stop END AS stop LIMIT $most RETURN collect([id, start, stop])
"""
"""What held an item, from when it was put in until the next that was said of it."""


@dataclass(slots=True)
class Reach:
    """The search, with the bounds of a question. It ends with `most` names."""

    transaction: AsyncTransaction
    at: int | None
    known_at: int | None
    depth: int
    most: int
    above: set[str] = field(default_factory=set)
    """Items that the walk will climb from."""
    beside: set[str] = field(default_factory=set)
    """Items that it will only look at."""
    runs: set[str] = field(default_factory=set)
    """Transformation ids."""

    async def find(self, items: Collection[str]) -> Wanted:
        """All names, those of the items too."""
        fresh = set(items)
        while fresh and self._room > 0:
            found = await self._names(along(self.depth), fresh)
            fresh = (fresh | found) - self.above
            self.above |= fresh
            fresh = await self._aside(fresh) - self.above
        await self._around()
        return Wanted(frozenset(self.above | self.beside), frozenset(self.runs))

    @property
    def _room(self) -> int:
        return self.most - len(self.above) - len(self.beside) - len(self.runs)

    async def _aside(self, fresh: Collection[str]) -> set[str]:
        """Where no arrow leads: what else went into what made them, and what was inside of that."""
        runs = await self._names(RUNS, fresh) - self.runs
        self.runs |= runs
        found = await self._names(PUT_IN, (), runs=sorted(runs)) if runs else set()
        for statement in (OF_PIECES, LOTS):
            found |= await self._names(statement, fresh)
        return found | await self._contents(fresh)

    async def _contents(self, fresh: Collection[str]) -> set[str]:
        """What was in containers when these were used, and in containers in them."""
        found: set[str] = set()
        edge = {(item, t) for item, t in await self._rows(USES, names=sorted(fresh))}
        done: set[tuple[str, int]] = set()
        while edge and self._room > 0:
            done |= edge
            self.beside |= await self._names(EVER_IN, {item for item, _ in edge})
            uses = [{"id": item, "t": t} for item, t in sorted(edge)]
            inner = {(item, t) for item, t in await self._rows(INSIDE, rows=uses)}
            found |= {item for item, _ in inner}
            edge = inner - done
        return found

    async def _around(self) -> None:
        """The containers of all of them, and theirs, each while it held them."""
        edge: Iterable[tuple[str, int, int]] = {(item, -EVER, EVER) for item in self.above}
        done: set[tuple[str, int, int]] = set()
        while edge and self._room > 0:
            windows = [{"id": id, "start": start, "stop": stop} for id, start, stop in sorted(edge)]
            found = {(id, start, stop) for id, start, stop in await self._rows(AROUND, rows=windows)}
            self.beside |= {id for id, _, _ in found}
            edge = found - done
            done |= found

    async def _names(self, statement: str, names: Collection[str], **more: object) -> set[str]:
        return set(await self._rows(statement, names=sorted(names), **more))

    async def _rows(self, statement: str, **parameters: object) -> list[Any]:
        """The one list that each of these statements answers."""
        at, known = (EVER if each is None else each for each in (self.at, self.known_at))
        bounds = {"at": at, "known": known, "ever": EVER, "most": max(self._room, 1)}
        found: list[Any] = (await rows(self.transaction, statement, **parameters, **bounds))[0][0]
        return found
