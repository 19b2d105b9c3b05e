"""In which containers a thing was, from which event to which."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from operator import itemgetter

from tracehold.core.epcis.model import Action, EventType
from tracehold.core.lineage import Fact, Quantity, order
from tracehold.core.spans import Span, Spans, joined, reach

DEPTH = 3
"""Containers around each other that are looked at."""

OPEN = 1 << 62
"""The end of a stay that has not ended. Larger than any instant."""

_ALWAYS: Spans = ((-OPEN, OPEN),)


@dataclass(frozen=True, slots=True)
class Stay:
    """In `parent` from `opened` on until an instant (microseconds); both ends belong to it. `moved`: the
    event that put it into another container, where that is how it left.
    """

    parent: str
    opened: Fact
    until: int = OPEN
    moved: Fact | None = None

    def span(self) -> Span:
        """The instants of the stay."""
        return self.opened.instant, self.until + 1


class Packing:
    """Where things were, of one family of events (AGGREGATION or ASSOCIATION). `events` are those of the
    things that are asked for and of their containers, in order of time; each is looked at once, and whoever
    asks pays for the events that name what they ask for.
    """

    def __init__(self, events: Iterable[Fact], family: EventType) -> None:
        self._family = family
        self._naming: defaultdict[str, list[tuple[Fact, bool]]] = defaultdict(list)
        self._emptied: defaultdict[str, list[int]] = defaultdict(list)
        for fact in events:
            if fact.type is not family:
                for item in {quantity.item for quantity in _made(fact)}:
                    self._naming[item].append((fact, False))
            elif fact.parent is not None:
                if fact.action is Action.DELETE and not fact.children:
                    self._emptied[fact.parent].append(fact.instant)
                pieces = {quantity.item for quantity in fact.children if quantity.piece}
                for item in {quantity.item for quantity in fact.children}:
                    self._naming[item].append((fact, item in pieces))

    def stays(self, item: str) -> list[Stay]:
        """The stays of a piece, in order: packed or seen in another container, or made anew, it has left.
        What it is taken out of at the instant it was put into, it passed through (docs/lineage.md).
        """
        found: list[Stay] = []
        stay: Stay | None = None
        for fact, piece in self._in_order(item):
            if stay and (emptied := self._next_emptied(stay)) < fact.instant:
                found.append(replace(stay, until=emptied))
                stay = None
            if stay and self._leaves(fact, stay):
                found.append(replace(stay, until=fact.instant))
                stay = None
            elif piece and fact.action is not Action.DELETE and (stay is None or fact.parent != stay.parent):
                if stay:
                    found.append(replace(stay, until=fact.instant, moved=fact))
                stay = Stay(fact.parent or "", fact)
        return [*found, replace(stay, until=self._next_emptied(stay))] if stay else found

    def left(self, item: str) -> set[tuple[int, str | None]]:
        """When it was taken out of what, by events that name it."""
        return {
            (fact.instant, fact.parent)
            for fact, _ in self._naming.get(item, ())
            if fact.type is self._family and fact.action is Action.DELETE
        }

    def was_emptied(self, parent: str | None, instant: int) -> bool:
        """Whether all was taken out of it at that instant."""
        times = self._emptied.get(parent or "", ())
        at = bisect_left(times, instant)
        return at < len(times) and times[at] == instant

    def around(self, item: str) -> dict[str, Spans]:
        """The containers around a piece, `DEPTH` of them, each with when the piece was in there."""
        found: dict[str, Spans] = {}
        edge: dict[str, Spans] = {item: _ALWAYS}
        for _ in range(DEPTH):
            inner: defaultdict[str, list[Span]] = defaultdict(list)
            for child, then in edge.items():
                for stay in self.stays(child):
                    inner[stay.parent] += _within(stay.span(), then)
            edge = {parent: joined(spans) for parent, spans in inner.items() if spans}
            for parent, spans in edge.items():
                found[parent] = joined((*found.get(parent, ()), *spans))
        found.pop(item, None)
        return found

    def _in_order(self, item: str) -> list[tuple[Fact, bool]]:
        """What names it, by time; at one instant what makes it first, then what it only passes through."""
        left = self.left(item)

        def key(named: tuple[Fact, bool]) -> tuple[object, ...]:
            fact = named[0]
            passing = (fact.instant, fact.parent) in left or self.was_emptied(fact.parent, fact.instant)
            return *order(fact)[:2], fact.type is self._family, not passing

        return sorted(self._naming.get(item, ()), key=key)

    def _next_emptied(self, stay: Stay) -> int:
        times = self._emptied.get(stay.parent, ())
        at = bisect_left(times, stay.opened.instant)
        return times[at] if at < len(times) else OPEN

    def _leaves(self, fact: Fact, stay: Stay) -> bool:
        """Whether an event that names it ends the stay: it is taken out, or made anew."""
        if fact.type is self._family:
            return fact.action is Action.DELETE and fact.parent == stay.parent
        return fact.instant > stay.opened.instant


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


def _made(fact: Fact) -> tuple[Quantity, ...]:
    begun = fact.type is EventType.OBJECT and fact.action is Action.ADD
    return fact.outputs + (fact.observed if begun else ())
