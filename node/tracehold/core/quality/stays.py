"""In which containers a thing was, from which event to which."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tracehold.core.epcis.model import Action, EventType
from tracehold.core.lineage import Fact, order

DEPTH = 3
"""Containers around each other that are looked at."""


@dataclass(frozen=True, slots=True)
class Stay:
    """In `parent` from `opened` on, until an instant (microseconds); None: as far as is known still."""

    parent: str
    opened: Fact
    until: int | None = None

    def covers(self, instant: int) -> bool:
        """Whether it was inside; both ends belong to the stay."""
        return self.opened.instant <= instant and (self.until is None or instant <= self.until)


def stays(item: str, events: Iterable[Fact], family: EventType) -> Iterator[Stay]:
    """The stays of a piece, in order. `events` are those of the thing and of its containers, in order of
    time. Packed or seen in another container, or made anew, it has left.
    """
    stay: Stay | None = None
    for fact in in_order(item, events, family):
        if stay and leaves(item, fact, stay, family):
            yield Stay(stay.parent, stay.opened, fact.instant)
            stay = None
        elif is_put(item, fact, family) and (stay is None or fact.parent != stay.parent):
            if stay:
                yield Stay(stay.parent, stay.opened, fact.instant)
            stay = Stay(fact.parent or "", fact)
    if stay:
        yield stay


def in_order(item: str, events: Iterable[Fact], family: EventType) -> list[Fact]:
    """Events in order of time; of several at one instant first those that put the thing into what it is also
    taken out of then: it passed through (docs/lineage.md).
    """
    told = list(events)
    taken = {
        (fact.instant, fact.parent)
        for fact in told
        if fact.type is family and fact.action is Action.DELETE
        if not fact.children or any(q.item == item for q in fact.children)
    }
    return sorted(told, key=lambda fact: (*order(fact)[:2], (fact.instant, fact.parent) not in taken))


def is_put(item: str, fact: Fact, family: EventType) -> bool:
    """Whether the event puts the piece into a container, or sees it there."""
    if fact.type is not family or fact.parent is None or fact.action is Action.DELETE:
        return False
    return any(q.item == item and q.piece for q in fact.children)


def leaves(item: str, fact: Fact, stay: Stay, family: EventType) -> bool:
    """Whether the event ends the stay: it is taken out, its container is emptied, or it is made anew."""
    if fact.type is family and fact.action is Action.DELETE and fact.parent == stay.parent:
        return not fact.children or any(q.item == item for q in fact.children)
    begun = fact.type is EventType.OBJECT and fact.action is Action.ADD
    made = fact.outputs + (fact.observed if begun else ())
    return fact.instant > stay.opened.instant and any(q.item == item for q in made)


def inside(item: str, events: list[Fact], instant: int, depth: int = DEPTH) -> set[str]:
    """The containers around a piece at an instant, from the events of it and of them."""
    found: set[str] = set()
    edge = {item}
    for _ in range(depth):
        edge = {
            stay.parent
            for each in edge
            for stay in stays(each, events, EventType.AGGREGATION)
            if stay.covers(instant)
        } - found
        found |= edge
    return found - {item}


def parents(item: str, facts: Iterable[Fact]) -> set[str]:
    """Every container that one of the facts ever names around the thing."""
    return {
        fact.parent
        for fact in facts
        if fact.parent is not None
        and fact.type in (EventType.AGGREGATION, EventType.ASSOCIATION)
        and any(q.item == item for q in fact.children)
    }
