"""The graph's reads, each of a whole frontier at once."""

import asyncio
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from neo4j import AsyncTransaction

from tracehold.adapters.graph_facts.encoding import decode
from tracehold.adapters.graph_facts.remembered import Remembered
from tracehold.adapters.graph_facts.versions import merged
from tracehold.adapters.neo4j_graph.relating import hexed, rows
from tracehold.adapters.neo4j_graph.writes import spanned
from tracehold.core.ids import Fingerprint, LogId
from tracehold.core.lineage import Fact
from tracehold.core.spans import Spans
from tracehold.journey.ports import MasterDataVersion

_KNOWN = "coalesce({0}.anchored_ms, {0}.sealed_ms)"
NEVER = -1
"""Stands for no time in a list: a list of Cypher's `collect` has no nulls."""
_EARLIEST = (
    f"reduce(first = {_KNOWN.format('e')}, k IN [(e)-[:COPY]->(c:Copy) | {_KNOWN.format('c')}] | "
    "CASE WHEN first IS NULL OR k < first THEN k ELSE first END)"
)
_HIT = f"WITH DISTINCT e RETURN collect(e.fingerprint), collect(coalesce({_EARLIEST}, {NEVER}))"
"""Two lists and not a record each: to unpack a record is most of what the client does for a fact."""
_USING = "USING INDEX SEEK e:Event"
_BY = "UNWIND $names AS name MATCH (i:Item {id: name}) USING INDEX SEEK i:Item(id)"
"""Said to the planner: among few items it would read them all, and keep that plan while they grow."""
BY_ITEM = f"{_BY} MATCH (i)--(e:Event) {_HIT}"
BY_TRANSFORMATION = (
    f"UNWIND $names AS name MATCH (e:Event {{transformation_id: name}}) {_USING}(transformation_id) {_HIT}"
)
BY_EVENT_ID = f"UNWIND $names AS name MATCH (e:Event {{event_id: name}}) {_USING}(event_id) {_HIT}"
READ_THERE = f"""
UNWIND $names AS a MATCH (r:Reading) USING INDEX r:Reading(place, size, start)
WHERE r.place = a[0] AND r.size = a[1] AND r.start >= a[2] AND r.start < a[4] AND r.stop > a[3]
WITH DISTINCT r.fingerprint AS name MATCH (e:Event {{fingerprint: name}}) {_USING}(fingerprint) {_HIT}
"""
BODIES = "UNWIND $events AS f MATCH (e:Event {fingerprint: f}) RETURN collect(f), collect(e.body)"
SLICE = 2_000
"""Bodies that are asked for at once, some 600 bytes each."""
MASTERDATA = f"""
MATCH (m:MasterData {{id: $id}})
RETURN m.log, m.type, m.issuer, m.fingerprint, m.audience, m.payload, {_KNOWN.format("m")}
ORDER BY m.log, m.at
"""
DESCRIBED = "MATCH (m:MasterData {id: $id}) WHERE m.issuer <> '' RETURN 1 LIMIT 1"
COVERAGE = "MATCH (l:Log) RETURN l.id, l.spans"

Asked = tuple[str, Collection[object]]
"""A statement above and the names that it is asked for."""


async def facts(transaction: AsyncTransaction, asked: Iterable[Asked], remembered: Remembered) -> list[Fact]:
    """Every fact that one of these finds, once."""
    begun = remembered.begin()
    hits: dict[Fingerprint, int | None] = {}
    for statement, names in asked:
        if names:
            (found,) = await rows(transaction, statement, names=list(names))
            for name, known in zip(*found, strict=True):
                hits[Fingerprint(bytes.fromhex(name))] = None if known == NEVER else known
    kept = remembered.known(hits)
    unread = hexed(hits.keys() - {fact.fingerprint for fact in kept})
    fresh: list[Fact] = []
    for start in range(0, len(unread), SLICE):
        (found,) = await rows(transaction, BODIES, events=unread[start : start + SLICE])
        # A frontier may be thousands: the loop has others to serve meanwhile.
        fresh += await asyncio.to_thread(_decoded, found, hits)
    remembered.keep(fresh, begun)
    return kept + fresh


def _decoded(found: Sequence[list[Any]], hits: dict[Fingerprint, int | None]) -> list[Fact]:
    names, bodies = found
    named = zip([Fingerprint(bytes.fromhex(name)) for name in names], bodies, strict=True)
    return [decode(fingerprint, body, hits[fingerprint]) for fingerprint, body in named]


async def masterdata(transaction: AsyncTransaction, id: str) -> list[MasterDataVersion]:
    """Versions about `id`, oldest first."""
    by_log: dict[LogId, list[MasterDataVersion]] = {}
    for log, type_, issuer, fingerprint, audience, payload, known in await rows(
        transaction, MASTERDATA, id=id
    ):
        version = MasterDataVersion(
            id, type_, issuer, Fingerprint(bytes.fromhex(fingerprint)), audience, bytes(payload), known
        )
        by_log.setdefault(LogId(bytes.fromhex(log)), []).append(version)
    return merged(by_log)


async def is_described(transaction: AsyncTransaction, id: str) -> bool:
    """Whether a version about `id` says something."""
    return bool(await rows(transaction, DESCRIBED, id=id))


async def coverage(transaction: AsyncTransaction) -> dict[LogId, Spans]:
    """Entries indexed, per log."""
    return {LogId(bytes.fromhex(log)): spanned(flat) for log, flat in await rows(transaction, COVERAGE)}
