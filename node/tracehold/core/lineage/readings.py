"""What sensors read at places, found by place and time: of a place where one reads each minute, nobody wants
all that was ever read to know what an item met there (docs/lineage.md, "History")."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import NamedTuple

from tracehold.core.lineage.facts import Fact, touched
from tracehold.core.lineage.intervals import OPEN
from tracehold.core.spans import Span, Spans, overlaps

ALWAYS: Span = (-OPEN, OPEN)


class Reading(NamedTuple):
    """A fact is to be found at this place by the instants from `start` on and before `stop`."""

    place: str
    start: int
    stop: int


def readings(fact: Fact) -> Iterator[Reading]:
    """Where and when a fact with sensors is found: what it observes, for as long as they read. A declaration
    of error is found at any time, for it may be about another, and so is what was erased, for it is missed.
    """
    if fact.declares_error or not fact.issuer:
        for item in sorted(touched(fact)):
            yield Reading(item, *ALWAYS)
    elif fact.sensed is not None:
        start, end = fact.sensed
        for item in {quantity.item: None for quantity in fact.observed}:
            yield Reading(item, start, end + 1)


def is_read(fact: Fact, asked: Mapping[str, Spans]) -> bool:
    """Whether the fact is found at one of these places, within its spans."""
    return any(overlaps(asked.get(each.place, ()), each.start, each.stop) for each in readings(fact))


def namesakes(found: Iterable[Fact]) -> frozenset[str]:
    """The event ids of declarations among what was found: whether an id alone tells what one is about hangs
    on whatever else has it, at any time."""
    return frozenset([fact.event_id for fact in found if fact.declares_error and fact.event_id is not None])


def selected(facts: Collection[Fact], asked: Mapping[str, Spans]) -> list[Fact]:
    """Those of the facts that a walk must see which asked for readings."""
    found = [fact for fact in facts if is_read(fact, asked)]
    named, known = namesakes(found), {fact.fingerprint for fact in found}
    return found + [
        fact
        for fact in facts
        if fact.event_id in named and fact.fingerprint not in known and not touched(fact).isdisjoint(asked)
    ]
