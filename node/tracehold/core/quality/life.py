"""Things that are used before they are, or when they are no more."""

from collections.abc import Iterator

from tracehold.core.epcis.model import Action, EventType
from tracehold.core.gs1 import Level, level
from tracehold.core.lineage import Fact, makes
from tracehold.core.quality.around import Around
from tracehold.core.quality.codes import Code
from tracehold.core.quality.finding import Finding, pointer

_PACKED = (EventType.AGGREGATION, EventType.ASSOCIATION)
_CARRIERS = (Level.LOGISTIC_UNIT, Level.ASSET)


def used_before_made(item: str, facts: Around) -> Iterator[Finding]:
    """Events on a thing before the first one that makes it, where one does. Orders come before goods."""
    made = [fact for fact in facts.events if makes(item, fact)]
    for fact in facts.events if made else ():
        if fact.instant < made[0].instant and happens_to(item, fact):
            path = pointer(fact, item)
            yield Finding(Code.USED_BEFORE_MADE, fact.fingerprint, path, made[0].fingerprint)


def used_after_consumed(item: str, facts: Around) -> Iterator[Finding]:
    """Events on a piece after it was used up or decommissioned, and not made again meanwhile. A carrier that
    was put into a process is not used up, and taking out or decommissioning what was used up is in order.
    """
    gone: Fact | None = None
    for fact in facts.events:
        if makes(item, fact):
            gone = None
        elif gone and gone.instant < fact.instant and _needs(item, fact, gone):
            path = pointer(fact, item)
            yield Finding(Code.USED_AFTER_CONSUMED, fact.fingerprint, path, gone.fingerprint)
        if _ends(item, fact) and not makes(item, fact):
            gone = gone or fact


def happens_to(item: str, fact: Fact) -> bool:
    """Whether the event is on the thing itself, as its object or as a container of others."""
    if fact.type is EventType.TRANSACTION:
        return False
    named = fact.children + fact.inputs + fact.observed
    return fact.parent == item or any(q.item == item for q in named)


def _ends(item: str, fact: Fact) -> bool:
    if fact.type is EventType.TRANSFORMATION:
        return any(q.item == item and q.piece for q in fact.inputs) and level(item) not in _CARRIERS
    if fact.type is not EventType.OBJECT or fact.action is not Action.DELETE:
        return False
    return any(q.item == item and q.piece for q in fact.observed)


def _needs(item: str, fact: Fact, gone: Fact) -> bool:
    """Whether the event needs the thing to be there."""
    if not happens_to(item, fact):
        return False
    if fact.action is Action.DELETE and (fact.type is EventType.OBJECT or fact.type in _PACKED):
        return False
    return fact.transformation_id is None or fact.transformation_id != gone.transformation_id
