"""Expand: answer another node from local knowledge, and from nothing else.

Records go out with their evidence, so that the asker need not believe this node.
What is damaged here is left out.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from tracehold.core.errors import Broken, Rejected
from tracehold.core.evidence import Evidence
from tracehold.core.ids import Fingerprint, LogId
from tracehold.core.record import parse
from tracehold.core.spans import Spans, common
from tracehold.journey.knowledge import untold
from tracehold.journey.ports import Expansion, Found, Graph, Position, RecordLog
from tracehold.journey.receipts import Receipts, Vouching, about
from tracehold.journey.speakers import Speakers


@dataclass(frozen=True, slots=True)
class Names:
    """What is asked for: items, event ids, transformation ids, and records by their fingerprints."""

    items: Collection[str]
    event_ids: Collection[str] = ()
    transformations: Collection[str] = ()
    fingerprints: Collection[Fingerprint] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """The part of an answer that is wanted: records that stand behind `after`, at most so many, and
    none behind the one with which their bytes reach `max_bytes`.
    """

    after: Position | None = None
    records: int = 1 << 62
    max_bytes: int = 1 << 62


WHOLE = Page()
"""All of it."""


@dataclass(slots=True)
class _Answer:
    """What is handed over so far; control records count once, as they are sent."""

    found: list[Found] = field(default_factory=list)
    controls: set[tuple[bytes, bytes]] = field(default_factory=set)
    bytes: int = 0

    def add(self, found: Found) -> None:
        fresh = set(found.evidence.controls) - self.controls
        self.controls |= fresh
        self.bytes += _size(found.evidence) + sum(len(raw) + len(receipt) for raw, receipt in fresh)
        self.found.append(found)


async def expand(
    log: RecordLog,
    graph: Graph,
    names: Names,
    page: Page = WHOLE,
    fault: Callable[[str], None] = untold,
    speakers: Speakers | None = None,
) -> Expansion:
    """Records kept here about these names, or with these fingerprints, by log and index. With them what tells
    of moves of their parties, who may have said in another log what they say here (`core.voices`).

    Raises `Unavailable` where graph or store do not answer.
    """
    # The coverage first: what is indexed meanwhile is handed over and not promised.
    coverage = await searched(log, graph)
    facts = [
        *await graph.facts(names.items, names.transformations),
        *await graph.by_event_id(names.event_ids),
    ]
    found = {fact.fingerprint for fact in facts}
    for item in names.items:
        found |= {version.fingerprint for version in await graph.masterdata(item)}
    found |= await _undisputed(log, names.fingerprints)
    places = await log.find(found | await moves(log, found, speakers or Speakers(log)))
    answer, vouching = _Answer(), Vouching()
    for name in _behind(page.after, places):
        if len(answer.found) >= page.records or answer.bytes >= page.max_bytes:
            return Expansion(answer.found, coverage, more=True)
        evidence = await _evidence(log, name, vouching, fault)
        if evidence is not None:
            answer.add(Found(places[name].log, places[name].index, evidence))
    return Expansion(answer.found, coverage)


async def searched(log: RecordLog, graph: Graph) -> Mapping[LogId, Spans]:
    """Which entries of which logs are kept here and indexed. Raises `Unavailable`, as log and graph do."""
    indexed = await graph.coverage()
    return {each: common(await log.spans(each), spans) for each, spans in indexed.items()}


async def _undisputed(log: RecordLog, asked: Collection[Fingerprint]) -> set[Fingerprint]:
    """Those that are kept here and not disputed: what is disputed proves nothing to others."""
    places = await log.find(asked) if asked else {}
    return {name for name, at in places.items() if not await log.disputes(at.log, at.index, at.index + 1)}


async def moves(log: RecordLog, found: Collection[Fingerprint], speakers: Speakers) -> set[Fingerprint]:
    """The control records about those parties of these records that moved between logs, in all logs."""
    rosters = await speakers.rosters()
    movers = {party for roster in rosters.values() for party in roster.movers()}
    if not movers:
        return set()
    entries = (await log.entries(found)).values()
    parties = movers.intersection(parse(entry.raw).header.iss for entry in entries if not entry.erased)
    told: set[Fingerprint] = set()
    for each in rosters if parties else ():
        controls = [(entry.index, parse(entry.raw)) for entry in await log.controls(each)]
        for party in parties:
            told.update(record.fingerprint for _, record in about(party, controls))
    return told


def _behind(after: Position | None, places: Mapping[Fingerprint, Position]) -> Sequence[Fingerprint]:
    """The records behind a place, by log and index."""
    order = {name: (place.log, place.index) for name, place in places.items()}
    first = (after.log, after.index) if after else (b"", -1)
    return sorted((name for name, at in order.items() if at > first), key=order.__getitem__)


async def _evidence(
    log: RecordLog, name: Fingerprint, vouching: Vouching, fault: Callable[[str], None]
) -> Evidence | None:
    try:
        return await Receipts(log).proof(name, vouching, bare=True)
    except Rejected:
        return None  # redacted
    except Broken as broken:
        if broken.code != "CORRUPT":
            raise
        fault(f"record {name.hex()}: {broken.message}")
        return None


def _size(evidence: Evidence) -> int:
    return len(evidence.record) + len(evidence.receipt)
