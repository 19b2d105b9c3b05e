"""Relationships of events, made and taken away, a statement for each type and not for each event."""

from collections.abc import Collection, Iterable
from typing import Any

from neo4j import AsyncTransaction

from tracehold.adapters.neo4j_graph.vertices import WAYS, Standing, Way, ends, named
from tracehold.core.gs1.levels import level
from tracehold.core.lineage import Fact

ITEMS = "UNWIND $rows AS r MERGE (i:Item {id: r.id}) ON CREATE SET i.level = r.level"

STANDS = """
UNWIND $rows AS r MATCH (e:Event {fingerprint: r.event})
FOREACH (_ IN CASE WHEN r.withdrawn THEN [1] ELSE [] END | SET e:Withdrawn)
FOREACH (_ IN CASE WHEN r.withdrawn THEN [] ELSE [1] END | REMOVE e:Withdrawn)
"""

TYPES = "|".join(WAYS)

APART = (
    "UNWIND $events AS f MATCH (e:Event {fingerprint: f}) USING INDEX SEEK e:Event(fingerprint) "
    f"MATCH (e)-[r:{TYPES}]-() DELETE r"
)

LONELY = f"""
UNWIND $events AS f MATCH (e:Event {{fingerprint: f}}) MATCH (e)-[:{TYPES}]-(n)
WHERE NOT n:Item AND NOT EXISTS {{ MATCH (n)--(o) WHERE o <> e }}
WITH DISTINCT n DETACH DELETE n
"""


async def relate(transaction: AsyncTransaction, facts: Collection[tuple[Fact, Standing]]) -> None:
    """Make the relationships of events that have none."""
    found = ends(facts)
    for label, ids in sorted(named(found).items()):
        # Sorted: two writers take their locks in one order.
        each = [{"id": id, "level": str(level(id))} for id in sorted(ids)]
        merge = ITEMS if label == "Item" else f"UNWIND $rows AS r MERGE (:{label} {{id: r.id}})"
        await run(transaction, merge, rows=each)
    for type_, by_event in found.items():
        if any(end["on"].keys() != {"t"} for each in by_event.values() for end in each):
            made = [{"event": event, "ends": each} for event, each in by_event.items()]
            await run(transaction, _create(WAYS[type_], "o.id", "o.on"), rows=made)
        else:
            # What the event says itself is not sent for each: packing is much of what a write costs.
            plain = [{"event": e, "ends": [end["id"] for end in each]} for e, each in by_event.items()]
            await run(transaction, _create(WAYS[type_], "o", "{t: e.t}"), rows=plain)


def _create(way: Way, id: str, on: str) -> str:
    arrow = f"(n)-[x:{way.type}]->(e)" if way.begins else f"(e)-[x:{way.type}]->(n)"
    return (
        "UNWIND $rows AS r MATCH (e:Event {fingerprint: r.event}) UNWIND r.ends AS o "
        f"MATCH (n:{way.label} {{id: {id}}}) CREATE {arrow} SET x = {on}"
    )


async def change(transaction: AsyncTransaction, facts: Collection[tuple[Fact, Standing]]) -> None:
    """Let these events count for something else from now on."""
    if not facts:
        return
    counts = [
        {"event": fact.fingerprint.hex(), "withdrawn": standing is Standing.WITHDRAWN}
        for fact, standing in facts
    ]
    await run(transaction, APART, events=[row["event"] for row in counts])
    await run(transaction, STANDS, rows=counts)
    await relate(transaction, facts)


async def part(transaction: AsyncTransaction, event: str) -> None:
    """Take all relationships from an event, and what only it was related to, but for items."""
    await run(transaction, LONELY, events=[event])
    await run(transaction, APART, events=[event])


async def run(transaction: AsyncTransaction, statement: str, **parameters: object) -> None:
    """A statement whose answer is nothing. One that goes through a list of nothing is not sent."""
    if statement.lstrip().startswith("UNWIND") and [] in parameters.values():
        return
    result = await transaction.run(statement, parameters)
    await result.consume()


async def rows(transaction: AsyncTransaction, statement: str, **parameters: object) -> list[list[Any]]:
    """What a statement answers."""
    result = await transaction.run(statement, parameters)
    return [record.values() async for record in result]


def hexed(fingerprints: Iterable[bytes]) -> list[str]:
    """As the server keeps them: analysts can read and paste them."""
    return [each.hex() for each in fingerprints]
