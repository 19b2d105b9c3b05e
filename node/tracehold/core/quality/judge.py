"""All that is found of one subject: a function of the facts about it, and of nothing else.

So neither the order in which facts came nor how often counts: whoever has the same facts finds the same.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from itertools import chain

from tracehold.core.epcis.model import Action, EventType
from tracehold.core.lineage import Fact, touched
from tracehold.core.quality.amounts import more_out_than_in, more_unpacked_than_packed, more_used_than_made
from tracehold.core.quality.around import Around, around
from tracehold.core.quality.finding import Finding, Kind, Subject, about
from tracehold.core.quality.life import used_after_consumed, used_before_made
from tracehold.core.quality.naming import event_id_reused, said_by_others
from tracehold.core.quality.packing import packed_elsewhere
from tracehold.core.quality.shipping import STEPS, received_not_shipped, shipped_not_received
from tracehold.core.quality.stays import DEPTH
from tracehold.core.quality.voiding import rests_on_voided, voided

Rule = Callable[[str, Around], Iterable[Finding]]

_OF_EVENTS: tuple[Rule, ...] = (
    packed_elsewhere,
    used_before_made,
    used_after_consumed,
    more_used_than_made,
    more_unpacked_than_packed,
    rests_on_voided,
    received_not_shipped,
    shipped_not_received,
)
"""Rules of items that find a thing of an event, and so of each statement of it."""

_OF_STATEMENTS: tuple[Rule, ...] = (voided, said_by_others)


def subjects(fact: Fact) -> frozenset[Subject]:
    """What must be judged again when this fact comes or goes; places apart (`places`)."""
    found = {Subject(Kind.ITEM, item) for item in touched(fact)}
    if fact.transformation_id is not None:
        found.add(Subject(Kind.PROCESS, fact.transformation_id))
    if fact.event_id is not None:
        found.add(Subject(Kind.EVENT_ID, fact.event_id))
    return frozenset(found)


def places(fact: Fact) -> dict[str, str]:
    """The places of the event, with where they stand."""
    named = {fact.read_point: "/readPoint/id", fact.place: "/bizLocation/id"}
    return {place: path for place, path in named.items() if place is not None and fact.issuer}


EMPTIED = DEPTH + 1
"""The reach of what concerns all that is in a container, whatever else happened to it."""


def reach(fact: Fact, item: str) -> int:
    """How many levels of what an item holds this fact concerns: what happens to a container by shipping,
    receiving and packing happens to those of its contents that move by themselves too (`moves`); `EMPTIED`
    where it concerns all of them.
    """
    if fact.declares_error or not fact.issuer:
        return EMPTIED
    if fact.type is EventType.AGGREGATION and item == fact.parent and not fact.children:
        return EMPTIED if fact.action is Action.DELETE else 0
    if fact.step in STEPS:
        return DEPTH
    return DEPTH if fact.type is EventType.AGGREGATION and item != fact.parent else 0


def moves(fact: Fact, item: str) -> bool:
    """Whether what happens to a container of the item may decide what is found of it, or of what it holds:
    it is shipped or received by itself, or holds something.
    """
    return fact.step in STEPS or item == fact.parent


def contents(item: str, facts: Iterable[Fact]) -> set[str]:
    """All that is ever named inside an item."""
    return {q.item for fact in facts if fact.parent == item for q in fact.children}


def judge(subject: Subject, facts: Collection[Fact]) -> tuple[Finding, ...]:
    """What is found of an item (given the facts of it and of the containers that those name around it,
    `stays.DEPTH` of them), a process or an event id; in order. The work is that of going through the facts
    and all that they name a few times, and of sorting.
    """
    return tuple(sorted(set(_found(subject, around(facts))), key=Finding.sort_key))


def _found(subject: Subject, known: Around) -> Iterator[Finding]:
    match subject.kind:
        case Kind.ITEM:
            yield from _of_item(subject.name, known)
        case Kind.PROCESS:
            events = [fact for fact in known.events if fact.transformation_id == subject.name]
            yield from _stated(more_out_than_in(events), known)
        case Kind.EVENT_ID:
            yield from event_id_reused(subject.name, known)
        case Kind.PLACE:
            return  # of places the store of findings knows all


def _of_item(item: str, known: Around) -> Iterator[Finding]:
    alone = [
        more_out_than_in([fact])
        for fact in known.events
        if fact.inputs and fact.transformation_id is None and item == min(touched(fact))
    ]
    of_events = (rule(item, known) for rule in _OF_EVENTS)
    yield from _stated(chain.from_iterable([*of_events, *alone]), known)
    for rule in _OF_STATEMENTS:
        yield from rule(item, known)


def _stated(found: Iterable[Finding], known: Around) -> Iterator[Finding]:
    """The same of every statement of the event."""
    for finding in found:
        for said in known.statements[finding.event]:
            yield about(finding, said.fingerprint)
