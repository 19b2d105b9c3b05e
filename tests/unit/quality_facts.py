"""Facts for rules of quality, in short: `pack(1, P, A)` is the event of day 1 that puts A into P."""

from dataclasses import replace
from typing import Any

from tracehold.core.epcis.model import Action, EventType
from tracehold.core.ids import Fingerprint
from tracehold.core.lineage import Fact, Quantity, touched
from tracehold.core.quality import Kind, Subject, judge, subjects

A, B, C = (f"https://id.gs1.org/01/09521234543213/21/{serial}" for serial in "abc")
P, Q, R = (f"https://id.gs1.org/00/09521234500000{n}" for n in ("0017", "0024", "0031"))
FLOUR, BREAD = (f"https://id.gs1.org/01/09521234543213/10/{lot}" for lot in ("flour", "bread"))
FARM, SHOP, DEPOT = (f"https://id.gs1.org/414/95212340000{n}" for n in ("13", "20", "37"))

Thing = str | tuple[str, float | None] | tuple[str, float | None, str]
"""A piece by name; an amount of a class or lot, in kilograms where no unit is given."""

DAY = 86_400_000_000
_made = iter(range(1, 1 << 30))


def name(number: int) -> Fingerprint:
    """A fingerprint that is easy to tell."""
    return Fingerprint(number.to_bytes(32, "big"))


def _fact(day: float, type: EventType, action: Action | None, **more: Any) -> Fact:
    base = Fact(name(next(_made)), "mill by node", int(day * DAY), type, action)
    return replace(base, **more)


def things(*items: Thing) -> tuple[Quantity, ...]:
    """Pieces by name; amounts as (item, amount, unit), kilograms where none is given."""
    return tuple(
        Quantity(i, piece=True) if isinstance(i, str) else Quantity(i[0], i[1], (*i, "KGM")[2]) for i in items
    )


def pack(day: float, parent: str, *items: Thing, **more: Any) -> Fact:
    """Put into a container."""
    return _fact(day, EventType.AGGREGATION, Action.ADD, parent=parent, children=things(*items), **more)


def unpack(day: float, parent: str, *items: Thing, **more: Any) -> Fact:
    """Take out; all, where nothing is named."""
    return replace(pack(day, parent, *items, **more), action=Action.DELETE)


def seen_in(day: float, parent: str, *items: Thing, **more: Any) -> Fact:
    """Seen in a container."""
    return replace(pack(day, parent, *items, **more), action=Action.OBSERVE)


def join(day: float, parent: str, *items: Thing) -> Fact:
    """Built into something."""
    return replace(pack(day, parent, *items), type=EventType.ASSOCIATION)


def begin(day: float, *items: Thing, **more: Any) -> Fact:
    """Commissioned."""
    return _fact(day, EventType.OBJECT, Action.ADD, observed=things(*items), step="commissioning", **more)


def end(day: float, *items: Thing) -> Fact:
    """Decommissioned."""
    return replace(begin(day, *items), action=Action.DELETE, step="decommissioning")


def see(day: float, *items: Thing, **more: Any) -> Fact:
    """Seen."""
    return replace(begin(day, *items), action=Action.OBSERVE, **{"step": None, **more})


def order_of(day: float, *items: Thing) -> Fact:
    """Ordered."""
    return replace(begin(day, *items), type=EventType.TRANSACTION, step=None)


def ship(day: float, *items: Thing, place: str | None = FARM) -> Fact:
    """Sent off from a place."""
    return see(day, *items, step="shipping", read_point=place)


def receive(day: float, *items: Thing, place: str | None = SHOP) -> Fact:
    """Taken in at a place."""
    return see(day, *items, step="receiving", read_point=place)


def make(day: float, into: tuple[Thing, ...], out: tuple[Thing, ...], **more: Any) -> Fact:
    """Made of."""
    return _fact(
        day,
        EventType.TRANSFORMATION,
        None,
        inputs=things(*into),
        outputs=things(*out),
        **more,
    )


def void(fact: Fact, **more: Any) -> Fact:
    """The error declaration about a fact."""
    return replace(fact, fingerprint=name(next(_made)), declares_error=True, **more)


def again(fact: Fact, **more: Any) -> Fact:
    """Another statement of the event."""
    return replace(fact, fingerprint=name(next(_made)), **more)


def all_found(*facts: Fact) -> set[tuple[int, str, int | None]]:
    """All that is found of any subject, (event, code, other event), by number in the order given."""
    number = {fact.fingerprint: at for at, fact in enumerate(facts)}
    found = set()
    for subject in {subject for fact in facts for subject in subjects(fact)}:
        for finding in judge(subject, _about(subject, facts)):
            other = number[finding.other] if finding.other else None
            found.add((number[finding.event], str(finding.code), other))
    return found


def _about(subject: Subject, facts: tuple[Fact, ...]) -> list[Fact]:
    """The facts that the port says are given: of an item all those of its containers too."""
    if subject.kind is Kind.PROCESS:
        return [fact for fact in facts if fact.transformation_id == subject.name]
    if subject.kind is Kind.EVENT_ID:
        return [fact for fact in facts if fact.event_id == subject.name]
    names = {subject.name}
    for _ in range(3):
        names |= {
            fact.parent for fact in facts if fact.parent and any(q.item in names for q in fact.children)
        }
    return [fact for fact in facts if touched(fact) & names]
