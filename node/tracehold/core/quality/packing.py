"""Things in two containers at a time."""

from collections.abc import Iterator

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
    for family in (EventType.AGGREGATION, EventType.ASSOCIATION):
        packing = Packing(facts.events, family)
        left = packing.left(item)
        for stay in packing.stays(item):
            moved = stay.moved
            if moved is None or moved.instant == stay.opened.instant:
                continue
            if (moved.instant, stay.parent) not in left and not packing.was_emptied(
                stay.parent, moved.instant
            ):
                path = pointer(moved, item)
                yield Finding(Code.PACKED_ELSEWHERE, moved.fingerprint, path, stay.opened.fingerprint)
