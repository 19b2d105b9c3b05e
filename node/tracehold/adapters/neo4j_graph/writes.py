"""The graph's writes. Each runs in one transaction whose first statement took the writers' lock."""

from collections.abc import Collection, Iterable, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Any

from neo4j import AsyncTransaction

from tracehold.adapters.graph_facts.encoding import decode
from tracehold.adapters.graph_facts.reading_rows import reading_rows
from tracehold.adapters.neo4j_graph.known import Times, known_at, laid
from tracehold.adapters.neo4j_graph.relating import hexed, part, relate, rows, run
from tracehold.adapters.neo4j_graph.vertices import Standing, described, properties
from tracehold.adapters.neo4j_graph.withdrawing import by_name, restore, withdraw
from tracehold.core.ids import Fingerprint, LogId
from tracehold.core.lineage import Fact, emptied
from tracehold.core.spans import Spans, covers, joined, without
from tracehold.journey.ports import Indexed, Known, MasterDataVersion

SPANS = "MATCH (l:Log {id: $log}) RETURN l.spans"
SET_SPANS = "MERGE (l:Log {id: $log}) SET l.spans = $spans"
PRESENT = """
UNWIND $fingerprints AS f MATCH (e:Event {fingerprint: f})
RETURN f, [[e.log, e.at]] + [(e)-[:COPY]->(c) | [c.log, c.at]]
"""
EVENTS = "UNWIND $rows AS r CREATE (e:Event:Entry) SET e = r"
DECLARE = "UNWIND $events AS f MATCH (e:Event {fingerprint: f}) SET e:ErrorDeclaration"
COPIES = """
UNWIND $rows AS r MATCH (e:Event {fingerprint: r.fingerprint})
CREATE (e)-[:COPY]->(c:Copy:Entry) SET c = r, c.fingerprint = null
"""
VERSIONS = """
UNWIND $rows AS r
OPTIONAL MATCH (o:MasterData {id: r.id}) USING INDEX SEEK o:MasterData(id) WHERE o.log = r.log AND o.at = r.at
WITH r, o WHERE o IS NULL CREATE (m:Entry:MasterData) SET m = r
"""
READINGS = "UNWIND $rows AS r CREATE (n:Reading) SET n = r"
UNREAD = "MATCH (r:Reading {fingerprint: $event}) DELETE r"
OVERLAPPING = """
MATCH (k:Known) WHERE k.log = $log AND k.stop > $start AND k.start < $stop
RETURN k.start, k.stop, k.known_ms
"""
UNLAY = "UNWIND $stops AS stop MATCH (k:Known {log: $log, stop: stop}) DELETE k"
LAY = "UNWIND $rows AS r CREATE (k:Known) SET k = r"
DATE = """
UNWIND $rows AS r MATCH (n:Entry) WHERE n.log = r.log AND n.at >= r.start AND n.at < r.stop
SET n.anchored_ms = r.known_ms
"""
FACT = "MATCH (e:Event {fingerprint: $event}) RETURN e.body, properties(e)"
EMPTY_EVENT = (
    "MATCH (e:Event {fingerprint: $event}) SET e = $properties, e:Erased REMOVE e:ErrorDeclaration:Withdrawn"
)
EMPTY_VERSIONS = """
MATCH (m:MasterData {fingerprint: $event}) SET m.issuer = '', m.type = '', m.payload = $nothing
"""


async def add(transaction: AsyncTransaction, step: Indexed) -> None:
    """Facts, master data and coverage of one step; entries that are indexed already are passed over."""
    log = step.log.hex()
    before = await spans(transaction, log)
    times = await _times(transaction, log, step.start, step.stop)
    facts = [(fact, _entry(log, at, fact, times)) for at, fact in step.facts if not covers(before, at)]
    said = [(v, _entry(log, at, v, times)) for at, v in step.masterdata if not covers(before, at)]
    await _add_facts(transaction, facts)
    await _add_versions(transaction, said)
    await set_spans(transaction, log, joined([*before, (step.start, step.stop)]))


def _entry(log: str, at: int, what: Fact | MasterDataVersion, times: Times) -> dict[str, Any]:
    """Where a record stands, and since when it is known there."""
    return {"log": log, "at": at, "sealed_ms": what.known_ms, "anchored_ms": known_at(times, at)}


async def spans(transaction: AsyncTransaction, log: str) -> Spans:
    """The entries of a log that were indexed."""
    found = await rows(transaction, SPANS, log=log)
    return spanned(found[0][0]) if found else ()


def spanned(flat: Sequence[int]) -> Spans:
    """Spans as they are kept: starts and stops in turn."""
    return tuple(zip(flat[::2], flat[1::2], strict=True))


async def set_spans(transaction: AsyncTransaction, log: str, indexed: Spans) -> None:
    """The entries of a log that are indexed from now on."""
    await run(transaction, SET_SPANS, log=log, spans=[at for span in indexed for at in span])


async def reopen(transaction: AsyncTransaction, log: LogId, index: int) -> None:
    """Take one entry out of what is indexed."""
    before = await spans(transaction, log.hex())
    if covers(before, index):
        await set_spans(transaction, log.hex(), without(before, [(index, index + 1)]))


async def _add_facts(transaction: AsyncTransaction, facts: Sequence[tuple[Fact, dict[str, Any]]]) -> None:
    if not facts:
        return
    fingerprints = hexed(dict.fromkeys(fact.fingerprint for fact, _ in facts))
    stored = await rows(transaction, PRESENT, fingerprints=fingerprints)
    present: dict[str, list[list[Any]]] = {str(name): places for name, places in stored}
    fresh: dict[str, tuple[Fact, dict[str, Any]]] = {}
    copies: list[dict[str, Any]] = []
    for fact, entry in facts:
        name, stands = fact.fingerprint.hex(), [entry["log"], entry["at"]]
        if name not in present:
            fresh[name], present[name] = (fact, entry), [stands]
        elif stands not in present[name]:
            copies.append({"fingerprint": name, **entry})
    await run(transaction, EVENTS, rows=[{**properties(fact), **entry} for fact, entry in fresh.values()])
    await run(transaction, COPIES, rows=copies)
    await run(transaction, READINGS, rows=_read([fact for fact, _ in fresh.values()]))
    await _relate(transaction, [fact for fact, _ in fresh.values()])


def _read(facts: Iterable[Fact]) -> list[dict[str, Any]]:
    return [
        {"fingerprint": fact.fingerprint.hex(), **row._asdict()}
        for fact in facts
        for row in reading_rows(fact)
    ]


async def _relate(transaction: AsyncTransaction, fresh: Collection[Fact]) -> None:
    declared = [fact.fingerprint.hex() for fact in fresh if fact.declares_error]
    await run(transaction, DECLARE, events=declared)
    withdrawn = await withdraw(transaction, fresh)
    await run(
        transaction,
        "UNWIND $events AS f MATCH (e:Event {fingerprint: f}) SET e:Withdrawn",
        events=hexed(withdrawn),
    )
    await relate(transaction, [(fact, _standing(fact, withdrawn)) for fact in fresh])


def _standing(fact: Fact, withdrawn: Collection[Fingerprint]) -> Standing:
    if fact.declares_error:
        return Standing.DECLARATION
    return Standing.WITHDRAWN if fact.fingerprint in withdrawn else Standing.LIVE


async def _add_versions(
    transaction: AsyncTransaction, said: Sequence[tuple[MasterDataVersion, dict[str, Any]]]
) -> None:
    made = [
        {
            **entry,
            "id": version.id,
            "fingerprint": version.fingerprint.hex(),
            "type": version.type,
            "issuer": version.issuer,
            "audience": version.audience,
            "payload": version.payload,
            "about": described(version),
        }
        for version, entry in said
    ]
    # An element may name one thing twice.
    made = list({(row["at"], row["id"]): row for row in made}.values())
    await run(transaction, VERSIONS, rows=made)
    for label, same in groupby(sorted(made, key=lambda row: row["about"]), lambda row: row["about"]):
        await run(
            transaction,
            f"UNWIND $rows AS r MATCH (m:MasterData {{log: r.log, at: r.at, id: r.id}}) "
            f"MERGE (n:{label} {{id: r.id}}) MERGE (n)-[:DESCRIBED_BY {{t: r.t}}]->(m)",
            rows=[{**row, "t": 1000 * (row["sealed_ms"] or 0)} for row in same],
        )


async def erase(transaction: AsyncTransaction, fingerprint: Fingerprint) -> None:
    """Cut an event down to its items, and a version of master data down to whose it is."""
    event = fingerprint.hex()
    found = await rows(transaction, FACT, event=event)
    for body, kept in found:
        before = decode(fingerprint, body, None)
        left = emptied(before)
        await restore(transaction, fingerprint)
        await part(transaction, event)
        entry = {name: kept.get(name) for name in ("log", "at", "sealed_ms", "anchored_ms")}
        await run(transaction, EMPTY_EVENT, event=event, properties={**properties(left), **entry})
        await run(
            transaction, "MATCH (e:Event {fingerprint: $event})<-[x:TAKES_BACK]-() DELETE x", event=event
        )
        await relate(transaction, [(left, Standing.ERASED)])
        await run(transaction, UNREAD, event=event)
        await run(transaction, READINGS, rows=_read([left]))
        await by_name(transaction, [before.event_id] if before.event_id is not None else [])
    await run(transaction, EMPTY_VERSIONS, event=event, nothing=b"")


async def set_known(transaction: AsyncTransaction, log: LogId, ranges: Sequence[Known]) -> None:
    """Lay ranges over the known ones, one after the other; only what changes is written."""
    ranges = [each for each in ranges if each.start < each.stop]
    if not ranges:
        return
    name, start, stop = log.hex(), min(each.start for each in ranges), max(each.stop for each in ranges)
    before = await _times(transaction, name, start, stop)
    after = laid(before, ranges)
    gone, come = (
        sorted(set(before) - set(after), key=attrgetter("start")),
        [k for k in after if k not in set(before)],
    )
    made = [{"log": name, "start": k.start, "stop": k.stop, "known_ms": k.known_ms} for k in come]
    await run(transaction, UNLAY, log=name, stops=[k.stop for k in gone])
    await run(transaction, LAY, rows=made)
    await run(transaction, DATE, rows=made)


async def _times(transaction: AsyncTransaction, log: str, start: int, stop: int) -> Times:
    found = await rows(transaction, OVERLAPPING, log=log, start=start, stop=stop)
    return sorted((Known(*each) for each in found), key=attrgetter("start"))
