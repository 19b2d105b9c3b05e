"""In which containers a thing was, from which event to which: the lineage's stays, of many things at once."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from operator import itemgetter

from tracehold.core.epcis.model import Action, EventType
from tracehold.core.lineage import Fact, Quantity, begun, stays
from tracehold.core.lineage.intervals import OPEN, Interval
from tracehold.core.spans import Span, Spans, joined, reach

DEPTH = 3
"""Containers around each other that are looked at."""

_ALWAYS: Spans = ((-OPEN, OPEN),)


class Packing:
    """Where things were, of one family of events (AGGREGATION or ASSOCIATION). `events` are those of the
    things that are asked for and of their containers, in order of time; each is looked at once, and whoever
    asks pays for the events that name what they ask for.
    """

    def __init__(self, events: Iterable[Fact], family: EventType) -> None:
        self._family = family
        self._naming: defaultdict[str, list[tuple[Fact, Quantity]]] = defaultdict(list)
        self._emptied: defaultdict[str, list[Fact]] = defaultdict(list)
        for fact in events:
            if fact.type is family and fact.action is Action.DELETE and fact.parent and not fact.children:
                self._emptied[fact.parent].append(fact)
            # Pieces stand before amounts, and of a thing that is named as both the piece counts.
            named = fact.children if fact.type is family else begun(fact)
            for item, quantity in {quantity.item: quantity for quantity in reversed(named)}.items():
                self._naming[item].append((fact, quantity))

    def stays(self, item: str) -> Sequence[Interval]:
        """The stays of a piece, in order (`lineage.stays`)."""
        told: dict[bytes, Fact] = {}
        for fact, quantity in self._naming.get(item, ()):
            if fact.type is not self._family:
                told[fact.fingerprint] = replace(fact, outputs=(quantity,), observed=())
                continue
            told[fact.fingerprint] = replace(fact, children=(quantity,))
            if emptied := self._next_emptied(fact.parent, fact.instant):
                told[emptied.fingerprint] = emptied
        return stays(item, told.values(), self._family)

    def left(self, item: str) -> set[tuple[int, str | None]]:
        """When it was taken out of what, by events that name it."""
        return {
            (fact.instant, fact.parent)
            for fact, _ in self._naming.get(item, ())
            if fact.type is self._family and fact.action is Action.DELETE
        }

    def was_emptied(self, parent: str, instant: int) -> bool:
        """Whether all was taken out of it at that instant."""
        emptied = self._next_emptied(parent, instant)
        return emptied is not None and emptied.instant == instant

    def around(self, item: str) -> dict[str, Spans]:
        """The containers around a piece, `DEPTH` of them, each with when the piece was in there."""
        found: dict[str, Spans] = {}
        edge: dict[str, Spans] = {item: _ALWAYS}
        for _ in range(DEPTH):
            inner: defaultdict[str, list[Span]] = defaultdict(list)
            for child, then in edge.items():
                for stay in self.stays(child):
                    # Both ends belong to a stay.
                    inner[stay.parent] += _within((stay.start, stay.end + 1), then)
            edge = {parent: joined(spans) for parent, spans in inner.items() if spans}
            for parent, spans in edge.items():
                found[parent] = joined((*found.get(parent, ()), *spans))
        found.pop(item, None)
        return found

    def _next_emptied(self, parent: str | None, instant: int) -> Fact | None:
        """The first event from that instant on that takes everything out."""
        emptied = self._emptied.get(parent or "", ())
        at = bisect_left(emptied, instant, key=lambda fact: fact.instant)
        return emptied[at] if at < len(emptied) else None


def was_in(spans: Spans, instant: int) -> bool:
    """Whether the instant is in one of them."""
    stop = reach(spans, instant)
    return stop is not None and stop > instant


def _within(span: Span, spans: Spans) -> Iterator[Span]:
    """The parts of the span that are in the others."""
    at = max(bisect_right(spans, span[0], key=itemgetter(0)) - 1, 0)
    while at < len(spans) and spans[at][0] < span[1]:
        if span[0] < spans[at][1]:
            yield max(span[0], spans[at][0]), min(span[1], spans[at][1])
        at += 1


def parents(item: str, facts: Iterable[Fact]) -> set[str]:
    """Every container that one of the facts ever names around the thing."""
    return {
        fact.parent
        for fact in facts
        if fact.parent is not None
        and fact.type in (EventType.AGGREGATION, EventType.ASSOCIATION)
        and any(q.item == item for q in fact.children)
    }
