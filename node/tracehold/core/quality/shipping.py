"""Goods that arrive without having left, and that left without arriving."""

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterator, Mapping
from itertools import groupby

from tracehold.core.epcis.model import EventType
from tracehold.core.lineage import ARRIVING, SENT_OFF, Fact
from tracehold.core.quality.around import Around
from tracehold.core.quality.codes import Code
from tracehold.core.quality.finding import Finding, observes_places, pointer
from tracehold.core.quality.stays import Packing, was_in
from tracehold.core.spans import Spans

UNDERWAY = frozenset({"departing", "transporting", "loading", "unloading", "staging_outbound"})
"""Steps that tell nothing of an arrival, wherever they are."""
_CANCELLED = "void_shipping"
_SETTLING = ARRIVING | {_CANCELLED}
STEPS = SENT_OFF | _SETTLING
"""Steps of a container that concern what is in it."""

Places = frozenset[str]


def received_not_shipped(item: str, facts: Around) -> Iterator[Finding]:
    """Events that receive the thing, where nothing sent it off by then: neither itself nor a container that
    it was in then; nor since it was received, earlier, at another place.
    """
    received = [fact for fact in facts.events if fact.step == "receiving" and _names(item, fact)]
    if not received:
        return
    around = _around(item, facts)
    sent = [fact.instant for fact in facts.events if fact.step in SENT_OFF and _concerns(item, fact, around)]
    before: list[Fact] = []
    for instant, together in groupby(received, key=lambda fact: fact.instant):
        at_once = list(together)
        known = _all_places(before)
        for fact in at_once:
            here = _places(fact)
            elsewhere = bool(known and here) and here.isdisjoint(known)
            since = bisect_left(sent, before[0].instant) if elsewhere else 0
            if bisect_right(sent, instant) <= since:
                yield Finding(Code.RECEIVED_NOT_SHIPPED, fact.fingerprint, pointer(fact, item))
        before = at_once


def shipped_not_received(item: str, facts: Around) -> Iterator[Finding]:
    """Events that ship the thing, where the next that shows it at another place is not its receipt, nor came
    after one. No clock decides: goods that nobody has seen since are on their way.
    """
    if not any(fact.step == "shipping" and _names(item, fact) for fact in facts.events):
        return
    around = _around(item, facts)
    underway: dict[Places, list[Fact]] = {}
    for _, together in groupby(facts.events, key=lambda fact: fact.instant):
        at_once = list(together)
        if any(fact.step in _SETTLING and _concerns(item, fact, around) for fact in at_once):
            underway.clear()
            continue
        for fact in at_once:
            there = _places(fact) if underway and _shows(item, fact) else frozenset()
            for here in [here for here in underway if there and here and here.isdisjoint(there)]:
                for sent in underway.pop(here):
                    path = pointer(sent, item)
                    yield Finding(Code.SHIPPED_NOT_RECEIVED, sent.fingerprint, path, fact.fingerprint)
        for fact in at_once:
            if fact.step == "shipping" and _names(item, fact):
                underway.setdefault(_places(fact), []).append(fact)


def _around(item: str, facts: Around) -> Mapping[str, Spans]:
    return Packing(facts.events, EventType.AGGREGATION).around(item)


def _names(item: str, fact: Fact) -> bool:
    return item in _named(fact)


def _named(fact: Fact) -> Collection[str]:
    """The goods, and what holds them, that the event is on."""
    if observes_places(fact):
        return ()
    named = {quantity.item for quantity in fact.children + fact.observed}
    return named if fact.parent is None else {fact.parent, *named}


def _concerns(item: str, fact: Fact, around: Mapping[str, Spans]) -> bool:
    """Whether the event is on the thing, or on a container that it was in then."""
    return any(name == item or was_in(around.get(name, ()), fact.instant) for name in _named(fact))


def _shows(item: str, fact: Fact) -> bool:
    if fact.type is EventType.TRANSACTION or fact.step in UNDERWAY:
        return False
    return _names(item, fact) or any(q.item == item for q in fact.inputs)


def _places(fact: Fact) -> Places:
    return frozenset([place for place in (fact.place, fact.read_point) if place is not None])


def _all_places(facts: Collection[Fact]) -> Places:
    """All places of these events, if each of them names one."""
    named = [_places(fact) for fact in facts]
    return frozenset().union(*named) if all(named) else frozenset()
