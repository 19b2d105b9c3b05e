"""Things in two containers at a time."""

from collections.abc import Iterator

from tracehold.core.epcis.model import Action, EventType
from tracehold.core.lineage import Fact
from tracehold.core.quality.around import Around
from tracehold.core.quality.codes import Code
from tracehold.core.quality.finding import Finding, pointer
from tracehold.core.quality.stays import Stay, in_order, is_put, leaves


def packed_elsewhere(item: str, facts: Around) -> Iterator[Finding]:
    """A piece that is put into a container, or seen there, while it is in another one of the same family.
    What is taken out of the first at that very instant passed through it (docs/lineage.md).
    """
    for family in (EventType.AGGREGATION, EventType.ASSOCIATION):
        stay: Stay | None = None
        for fact in in_order(item, facts.events, family):
            if stay and leaves(item, fact, stay, family):
                stay = None
            elif is_put(item, fact, family) and (stay is None or fact.parent != stay.parent):
                if stay and not _left_then(item, facts.events, stay, fact, family):
                    path = pointer(fact, item)
                    yield Finding(Code.PACKED_ELSEWHERE, fact.fingerprint, path, stay.opened.fingerprint)
                stay = Stay(fact.parent or "", fact)


def _left_then(item: str, events: list[Fact], stay: Stay, at: Fact, family: EventType) -> bool:
    return any(
        leaves(item, fact, stay, family)
        for fact in events
        if fact.instant == at.instant and fact.action is Action.DELETE
    )
