"""Expand: answer another node from local knowledge, and from nothing else.

Records go out with their evidence, so that the asker need not believe this node.
What is damaged here is left out.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from tracehold.core.errors import Broken
from tracehold.core.evidence import Evidence
from tracehold.core.ids import Fingerprint
from tracehold.journey.knowledge import untold
from tracehold.journey.ports import Expansion, Found, Graph, Position, RecordLog
from tracehold.journey.receipts import Receipts, Vouching


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
    items: Collection[str],
    event_ids: Collection[str] = (),
    transformations: Collection[str] = (),
    page: Page = WHOLE,
    fault: Callable[[str], None] = untold,
) -> Expansion:
    """Records kept here about these items, event ids and transformation ids, by log and index.

    Raises `Unavailable` where graph or store do not answer.
    """
    # The coverage first: what is indexed meanwhile is handed over and not promised.
    coverage = await graph.coverage()
    facts = [*await graph.facts(items, transformations), *await graph.by_event_id(event_ids)]
    names = {fact.fingerprint for fact in facts}
    for item in items:
        names |= {version.fingerprint for version in await graph.masterdata(item)}
    places = await log.find(names)
    answer, vouching = _Answer(), Vouching()
    for name in _behind(page.after, places):
        if len(answer.found) >= page.records or answer.bytes >= page.max_bytes:
            return Expansion(answer.found, coverage, more=True)
        evidence = await _evidence(log, name, vouching, fault)
        if evidence is not None:
            answer.add(Found(places[name].log, places[name].index, evidence))
    return Expansion(answer.found, coverage)


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
    except Broken as broken:
        if broken.code != "CORRUPT":
            raise
        fault(f"record {name.hex()}: {broken.message}")
        return None


def _size(evidence: Evidence) -> int:
    return len(evidence.record) + len(evidence.receipt)
