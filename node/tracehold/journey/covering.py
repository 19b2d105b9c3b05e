"""What an answer rests on: which entries were searched here and elsewhere, and which by nobody."""

from collections.abc import Mapping

from tracehold.core.ids import LogId
from tracehold.core.lineage import Gap, GapReason
from tracehold.core.spans import Spans, joined, missing, prefix, without
from tracehold.journey.admission import Admission
from tracehold.journey.answers import Coverage
from tracehold.journey.elsewhere import Elsewhere
from tracehold.journey.expand import searched
from tracehold.journey.knowledge import Knowledge

HINTED = "of {logs} logs, in which the directory names no such record, not all was searched"
"""Protocol section 7: a large network is not asked as a whole."""


async def covered(knowledge: Knowledge, admission: Admission, elsewhere: Elsewhere) -> tuple[Coverage, ...]:
    """Own logs first, then those that only other nodes searched. What they say of it is their word."""
    log, indexed = knowledge.log, await knowledge.graph.coverage()
    own: list[Coverage] = []
    for id in await log.logs():
        size, due = await log.size(id), without(await log.spans(id), indexed.get(id, ()))
        upto = due[0][0] if due else size
        own.append(Coverage(id, size, upto, await admission.anchored(id)))
    kept = {one.log for one in own}
    ends = {log: prefix(spans) for log, spans in elsewhere.searched().items() if log not in kept}
    return (*own, *(Coverage(log, upto, upto, upto) for log, upto in ends.items()))


async def not_searched(knowledge: Knowledge, elsewhere: Elsewhere) -> list[Gap]:
    """Entries that neither this node searched, which may still be looking through what it keeps, nor another
    one that answered.
    """
    others = elsewhere.searched()
    kept = await _kept(knowledge, others)
    return [*kept, *await _anywhere(knowledge, others, hinted=elsewhere.hinted)]


async def _kept(knowledge: Knowledge, others: Mapping[LogId, Spans]) -> list[Gap]:
    """Of those that are kept here."""
    log, indexed = knowledge.log, await knowledge.graph.coverage()
    return [
        _not_covered(f"entries {start} to {stop - 1} of log {id.hex()} were not searched")
        for id in await log.logs()
        for start, stop in without(await log.spans(id), joined((*indexed.get(id, ()), *others.get(id, ()))))
    ]


async def _anywhere(knowledge: Knowledge, others: Mapping[LogId, Spans], *, hinted: bool) -> list[Gap]:
    """Of all that is anchored in members' logs."""
    if knowledge.horizon is None:
        return []
    own = await searched(knowledge.log, knowledge.graph)
    ends = await knowledge.horizon.ends()
    if ends is None:
        return [_not_covered("without the ledger it is not known which logs there are")]
    left = [
        (log, start, stop)
        for log, end in ends.items()
        for start, stop in missing(joined((*own.get(log, ()), *others.get(log, ()))), end)
    ]
    if left and hinted:
        return [Gap("", GapReason.HINTED, HINTED.format(logs=len({log for log, _, _ in left})))]
    return [
        _not_covered(f"nobody searched entries {start} to {stop - 1} of log {log.hex()}")
        for log, start, stop in left
    ]


def _not_covered(detail: str) -> Gap:
    return Gap("", GapReason.NOT_COVERED, detail)
