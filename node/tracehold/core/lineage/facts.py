"""What an event says about goods, as plainly as the rules of lineage need it.

A fact is derived from a signed event alone, so every node that has the record has the same fact. Stores and
peers hand facts over; the rules in this package are the only ones that read meaning into them.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

from tracehold.core.epcis.lots import lot_numbers
from tracehold.core.epcis.model import (
    Action,
    AggregationEvent,
    AssociationEvent,
    Event,
    EventType,
    ObjectEvent,
    Objects,
    TransactionEvent,
    TransformationEvent,
    What,
)
from tracehold.core.errors import Rejected
from tracehold.core.gs1 import lot_named, with_lot
from tracehold.core.ids import Fingerprint
from tracehold.core.lineage.sensing import places_alone, reading_period


class Quantity(NamedTuple):
    """One item of an event. `piece`: named in a list of EPCs, so it is one thing and in one container at a
    time; else an amount of a class or lot (`amount` None: some; `uom` None: counted in pieces)."""

    item: str
    amount: float | None = None
    uom: str | None = None
    piece: bool = False


@dataclass(frozen=True, slots=True)
class Fact:
    """One statement about goods. Identifiers are canonical; `instant` is microseconds since 1970 UTC.

    `children` are those of aggregations and associations, `inputs` and `outputs` those of transformations,
    `observed` the objects of object and transaction events. `memberships` are (piece, lot): this piece
    belongs to that lot. A sensor event without objects observes its places. `sensed` is from when to when its
    sensors read, `lasting` and `lifted` the persistent dispositions it sets and unsets. `known_ms`
    is when others could know it, milliseconds since 1970: time of the covering anchor's block, else of the
    checkpoint; None where that is not known. `dealings` are its business transactions as (type, id), the type
    None where none is given.
    """

    fingerprint: Fingerprint
    issuer: str
    instant: int
    type: EventType
    action: Action | None = None
    event_id: str | None = None
    event_hash: str | None = None
    parent: str | None = None
    children: tuple[Quantity, ...] = ()
    inputs: tuple[Quantity, ...] = ()
    outputs: tuple[Quantity, ...] = ()
    observed: tuple[Quantity, ...] = ()
    memberships: tuple[tuple[str, str], ...] = ()
    transformation_id: str | None = None
    place: str | None = None
    read_point: str | None = None
    step: str | None = None
    disposition: str | None = None
    parties: frozenset[str] = frozenset()
    declares_error: bool = False
    known_ms: int | None = None
    sensed: tuple[int, int] | None = None
    lasting: frozenset[str] = frozenset()
    lifted: frozenset[str] = frozenset()
    dealings: tuple[tuple[str | None, str], ...] = ()


def touched(fact: Fact) -> frozenset[str]:
    """Every item that the fact is about: in any role, and as a lot that a piece is said to be of."""
    found = {quantity.item for quantity in fact.children + fact.inputs + fact.outputs + fact.observed}
    if fact.parent is not None:
        found.add(fact.parent)
    found.update(lot for _, lot in fact.memberships)
    return frozenset(found)


def found_under(fact: Fact) -> frozenset[str]:
    """Every name by which the fact must be found: its items, and its business transactions by their ids."""
    return touched(fact).union([id for _, id in fact.dealings])


def naming(fact: Fact, item: str) -> Iterator[Quantity]:
    """How the fact names the item among its objects."""
    for quantity in fact.children + fact.inputs + fact.outputs + fact.observed:
        if quantity.item == item:
            yield quantity


def lots_put_out(fact: Fact) -> list[str]:
    """Lots of which a transformation put out pieces: its master data is that of its outputs (EPCIS 2.0
    section 7.4.6). Without those that it names as outputs themselves; sorted."""
    made = {quantity.item for quantity in fact.outputs}
    return sorted({lot for piece, lot in fact.memberships if piece in made} - made)


def emptied(fact: Fact) -> Fact:
    """What is left of a fact whose record was erased: by which names it is found, and nothing else."""
    items = tuple([Quantity(item) for item in sorted(touched(fact))])
    dealings = tuple([(None, id) for id in sorted({id for _, id in fact.dealings})])
    plain = Fact(fact.fingerprint, "", 0, EventType.OBJECT, observed=items, known_ms=fact.known_ms)
    return replace(plain, dealings=dealings)


def fact_of(
    event: Event,
    fingerprint: Fingerprint,
    issuer: str,
    *,
    event_hash: str | None = None,
    known_ms: int | None = None,
) -> Fact:
    """The fact an event states. `issuer` is the party that signed;
    `event_hash` the CBV hash where there is one."""
    subject = _subject(event.what)
    lasting = event.persistent_disposition
    return Fact(
        fingerprint=fingerprint,
        issuer=issuer,
        instant=event.instant,
        type=event.type,
        action=event.action,
        event_id=event.event_id,
        event_hash=event_hash,
        parent=subject.parent,
        children=_quantities(subject.children),
        inputs=_quantities(subject.inputs),
        outputs=_quantities(subject.outputs),
        observed=_quantities(subject.observed)
        + tuple([Quantity(place, piece=True) for place in places_alone(event)]),
        memberships=tuple(_memberships(event, subject)),
        transformation_id=subject.process,
        place=event.biz_location.canonical if event.biz_location else None,
        read_point=event.read_point.canonical if event.read_point else None,
        step=event.biz_step,
        disposition=event.disposition,
        parties=event.parties(),
        declares_error=event.error_declaration is not None,
        known_ms=known_ms,
        sensed=reading_period(event),
        lasting=frozenset(lasting.set) if lasting else frozenset(),
        lifted=frozenset(lasting.unset) if lasting else frozenset(),
        dealings=tuple([(each.type, each.id.canonical) for each in event.biz_transactions]),
    )


class _Subject(NamedTuple):
    """The objects of any event, by role."""

    parent: str | None = None
    process: str | None = None
    children: Objects = Objects()
    inputs: Objects = Objects()
    outputs: Objects = Objects()
    observed: Objects = Objects()


def _subject(what: What) -> _Subject:
    match what:
        case ObjectEvent(objects=objects):
            return _Subject(observed=objects)
        case TransactionEvent(parent=parent, objects=objects):
            return _Subject(parent.canonical if parent else None, observed=objects)
        case (
            AggregationEvent(parent=parent, children=children)
            | AssociationEvent(parent=parent, children=children)
        ):
            return _Subject(parent.canonical if parent else None, children=children)
        case TransformationEvent(inputs=inputs, outputs=outputs, transformation_id=process):
            return _Subject(None, process.canonical if process else None, inputs=inputs, outputs=outputs)


def _quantities(objects: Objects) -> tuple[Quantity, ...]:
    pieces = tuple([Quantity(epc.canonical, piece=True) for epc in objects.epcs])
    if not objects.quantities:
        return pieces
    return pieces + tuple([Quantity(q.epc_class.canonical, q.quantity, q.uom) for q in objects.quantities])


def _memberships(event: Event, subject: _Subject) -> Iterator[tuple[str, str]]:
    """Lots that the event gives to pieces: by master data of
    what begins here, or in a Digital Link of both."""
    begun = subject.outputs.epcs or (subject.observed.epcs if event.action is Action.ADD else ())
    lots = lot_numbers(event.ilmd) if begun else ()
    for epc in begun if lots else ():
        for lot in lots:
            joined = _lot_item(epc.canonical, lot)
            if joined and joined != epc.canonical:
                yield epc.canonical, joined
    for objects in subject[2:]:
        for epc in objects.epcs:
            named = lot_named(epc.original) if epc.original != epc.canonical else None
            if named:
                yield epc.canonical, named


def _lot_item(piece: str, lot: str) -> str | None:
    try:
        return with_lot(piece, lot)
    except Rejected:
        return None  # a lot number that no GS1 key can carry joins nothing
