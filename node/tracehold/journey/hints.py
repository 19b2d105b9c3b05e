"""What the graph points to for the names that a walk wants."""

from collections.abc import Sequence

from tracehold.core.lineage import Fact, Wanted, namesakes, touched
from tracehold.journey.ports import Graph
from tracehold.journey.proving import Proved


async def hinted(graph: Graph, names: Wanted) -> list[Fact]:
    """The facts about these names, and of places what was read there. Raises as `Graph`."""
    found = list[Fact]()
    if names.items or names.transformations:
        found += await graph.facts(names.items, names.transformations)
    if names.readings:
        found += await graph.readings(dict(names.readings))
    return found


async def deciding(
    graph: Graph, names: Wanted, hints: Sequence[Fact], found: Sequence[Proved] = ()
) -> Sequence[Fact]:
    """At places of which not all is wanted: what decides about the declarations among what was hinted here
    and found elsewhere, beyond that. Raises as `Graph`.
    """
    if not names.readings:
        return ()
    ids = namesakes([*hints, *(each.fact for each in found if each.fact is not None)])
    said = await graph.by_event_id(ids) if ids else ()
    known = {hint.fingerprint for hint in hints}
    return [
        fact for fact in said if fact.fingerprint not in known and not touched(fact).isdisjoint(names.names)
    ]
