"""Where an item was, and from when to when (docs/lineage.md, "Places").

A business location holds until it is contradicted (EPCIS 2.0 section 7.3.5): by another one, or by an
event that sends the item off and names none. A read point holds for its instant.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from tracehold.core.epcis.model import EventType
from tracehold.core.ids import Fingerprint
from tracehold.core.lineage.facts import Fact
from tracehold.core.lineage.intervals import OPEN
from tracehold.core.lineage.voids import order

_SENT_OFF = frozenset({"departing", "shipping", "transporting"})

Concerning = tuple[Fact, str]
"""An event, and the item it names: the one asked about or a container that held it then."""


@dataclass(frozen=True, slots=True)
class Stay:
    """At `place` from `start` to `end`, both instants included; `end` is `OPEN` where nothing says more."""

    place: str
    start: int
    end: int
    told_by: Fingerprint


def sojourns(events: Iterable[Concerning], *, several: bool) -> list[Stay]:
    """The business locations in time order. `several`: amounts may be in
    many places at once, so none of them contradicts another."""
    found: list[Stay] = []
    named = [fact for fact, through in events if is_subject(fact, through) and _speaks_of_place(fact)]
    for fact in sorted(named, key=_place_order):
        here = {stay.place: at for at, stay in enumerate(found) if stay.end == OPEN}
        if not several:
            for place, at in here.items():
                if place != fact.place:
                    found[at] = Stay(place, found[at].start, fact.instant, found[at].told_by)
        if fact.place is not None and fact.place not in here:
            found.append(Stay(fact.place, fact.instant, OPEN, fact.fingerprint))
    return found


def passages(events: Iterable[Concerning]) -> list[Stay]:
    """The read points, each at its instant."""
    return [
        Stay(fact.read_point, fact.instant, fact.instant, fact.fingerprint)
        for fact, _ in events
        if fact.read_point is not None
    ]


def is_subject(fact: Fact, item: str) -> bool:
    """Whether the item is what the event places and describes: location and disposition of a transformation
    are those of its outputs (EPCIS 2.0 section 7.4.6)."""
    if fact.type is not EventType.TRANSFORMATION:
        return True
    return any(made.item == item for made in fact.outputs)


def _speaks_of_place(fact: Fact) -> bool:
    return fact.place is not None or fact.step in _SENT_OFF or fact.disposition == "in_transit"


def _place_order(fact: Fact) -> tuple[int, bool, int, str, bytes]:
    """At one instant who leaves goes before who arrives; then by effect
    and name, which do not depend on spelling."""
    instant, effect, fingerprint = order(fact)
    return instant, fact.place is not None, effect, fact.place or "", fingerprint
