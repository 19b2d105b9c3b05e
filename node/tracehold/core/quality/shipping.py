"""Goods that arrive without having left, and that left without arriving."""

from collections.abc import Iterator

from tracehold.core.epcis.model import EventType
from tracehold.core.lineage import Fact
from tracehold.core.quality.around import Around
from tracehold.core.quality.codes import Code
from tracehold.core.quality.finding import Finding, pointer
from tracehold.core.quality.stays import inside

LEAVING = frozenset({"shipping", "departing", "transporting"})
"""Steps that send goods off."""
ARRIVING = frozenset({"receiving", "arriving", "accepting"})
"""Steps that take goods in."""
UNDERWAY = frozenset({"departing", "transporting", "loading", "unloading", "staging_outbound"})
"""Steps that tell nothing of an arrival, wherever they are."""
_CANCELLED = "void_shipping"
STEPS = LEAVING | ARRIVING | {_CANCELLED}
"""Steps of a container that concern what is in it."""


def received_not_shipped(item: str, facts: Around) -> Iterator[Finding]:
    """Events that receive the thing, where nothing sent it off before: neither itself nor a container that it
    was in then; nor since it was received at another place.
    """
    sent = [fact for fact in facts.events if fact.step in LEAVING and _concerns(item, fact, facts)]
    last: Fact | None = None
    for fact in facts.events:
        if fact.step != "receiving" or not _names(item, fact):
            continue
        since = last.instant if last and _elsewhere(last, fact) else None
        found = [s for s in sent if s.instant <= fact.instant and (since is None or s.instant >= since)]
        if not found:
            yield Finding(Code.RECEIVED_NOT_SHIPPED, fact.fingerprint, pointer(fact, item))
        last = fact


def shipped_not_received(item: str, facts: Around) -> Iterator[Finding]:
    """Events that ship the thing, where the next that shows it at another place is not its receipt, nor came
    after one. No clock decides: goods that nobody has seen since are on their way.
    """
    for at, sent in enumerate(facts.events):
        if sent.step != "shipping" or not _names(item, sent):
            continue
        for later in facts.events[at + 1 :]:
            settles = later.step in ARRIVING or later.step == _CANCELLED
            if settles and _concerns(item, later, facts):
                break
            if _shows(item, later) and _elsewhere(sent, later):
                path = pointer(sent, item)
                yield Finding(Code.SHIPPED_NOT_RECEIVED, sent.fingerprint, path, later.fingerprint)
                break


def _names(item: str, fact: Fact) -> bool:
    if fact.type is EventType.TRANSACTION and not fact.observed:
        return fact.parent == item
    named = fact.children + fact.observed
    return fact.parent == item or any(q.item == item for q in named)


def _concerns(item: str, fact: Fact, facts: Around) -> bool:
    """Whether the event is on the thing, or on a container that it was in then."""
    if _names(item, fact):
        return True
    return any(_names(each, fact) for each in inside(item, facts.events, fact.instant))


def _shows(item: str, fact: Fact) -> bool:
    on_it = _names(item, fact) or any(q.item == item for q in fact.inputs)
    return on_it and fact.type is not EventType.TRANSACTION and fact.step not in UNDERWAY


def _elsewhere(one: Fact, other: Fact) -> bool:
    """Whether both name places, and none in common."""
    here, there = ({fact.place, fact.read_point} - {None} for fact in (one, other))
    return bool(here and there) and here.isdisjoint(there)
