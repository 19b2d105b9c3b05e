"""Things in two containers at a time."""

from collections.abc import Iterator
from itertools import pairwise

from tracehold.core.epcis.model import EventType
from tracehold.core.quality.around import Around
from tracehold.core.quality.codes import Code
from tracehold.core.quality.finding import Finding, pointer
from tracehold.core.quality.stays import Packing


def packed_elsewhere(item: str, facts: Around) -> Iterator[Finding]:
    """A piece that is put into a container, or seen there, while it is in another one of the same family
    since an earlier instant. What is taken out of the first at that very instant passed through it
    (docs/lineage.md).
    """
    events = {fact.fingerprint: fact for fact in facts.events}
    for family in (EventType.AGGREGATION, EventType.ASSOCIATION):
        packing = Packing(facts.events, family)
        left = packing.left(item)
        for stay, after in pairwise(packing.stays(item)):
            at, moved = after.start, after.opened_by
            if stay.closed_by != moved or stay.start == at or (at, stay.parent) in left:
                continue
            if not packing.was_emptied(stay.parent, at):
                path = pointer(events[moved], item)
                yield Finding(Code.PACKED_ELSEWHERE, moved, path, stay.opened_by)
