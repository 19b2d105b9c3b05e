"""Expand: answer another node from local knowledge, and from nothing else.

Records go out with their evidence, so that the asker need not believe this node.
What is damaged here is left out.
"""

from collections.abc import Callable, Collection

from tracehold.core.errors import Broken
from tracehold.core.evidence import decode_evidence
from tracehold.core.ids import Fingerprint
from tracehold.journey.knowledge import untold
from tracehold.journey.ports import Expansion, Found, Graph, RecordLog
from tracehold.journey.receipts import Receipts


async def expand(
    log: RecordLog,
    graph: Graph,
    items: Collection[str],
    event_ids: Collection[str] = (),
    transformations: Collection[str] = (),
    fault: Callable[[str], None] = untold,
) -> Expansion:
    """Every record kept here about these items, event ids and transformation ids, by log and index.

    Raises `Unavailable` where graph or store do not answer.
    """
    # The coverage first: what is indexed meanwhile is handed over and not promised.
    coverage = await graph.coverage()
    facts = [*await graph.facts(items, transformations), *await graph.by_event_id(event_ids)]
    names = {fact.fingerprint for fact in facts}
    for item in items:
        names |= {version.fingerprint for version in await graph.masterdata(item)}
    records = [found for name in names if (found := await _found(log, name, fault)) is not None]
    return Expansion(sorted(records, key=lambda found: (found.log, found.index)), coverage)


async def _found(log: RecordLog, name: Fingerprint, fault: Callable[[str], None]) -> Found | None:
    place = (await log.find([name])).get(name)
    if place is None:
        return None
    try:
        evidence = await Receipts(log).evidence(name)
    except Broken as broken:
        if broken.code != "CORRUPT":
            raise
        fault(f"record {name.hex()}: {broken.message}")
        return None
    return Found(place.log, place.index, decode_evidence(evidence).record, evidence)
