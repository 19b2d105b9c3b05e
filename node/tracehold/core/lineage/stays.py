"""Where an item was, and from when to when (docs/lineage.md, "Places").

A business location holds until it is contradicted (EPCIS 2.0 section 7.3.5): by another one, or by an
event that sends the item off and names none. A read point holds for its instant.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from operator import itemgetter

from tracehold.core.epcis.model import EventType
from tracehold.core.ids import Fingerprint
from tracehold.core.lineage.facts import Fact
from tracehold.core.lineage.intervals import OPEN
from tracehold.core.lineage.steps import SENT_OFF
from tracehold.core.lineage.voids import order
from tracehold.core.spans import Spans, joined

Concerning = tuple[Fact, str]
"""An event, and the item it names: the one asked about or a container that held it then."""


Carried = tuple[int, Fact]
"""An instant at which the item came into a container, and what was told of the container's place before."""


@dataclass(frozen=True, slots=True)
class Stay:
    """At `place` from `start` to `end`, both instants included; `end` is `OPEN` where nothing says more."""

    place: str
    start: int
    end: int
    told_by: Fingerprint


def sojourns(events: Iterable[Concerning], carried: Iterable[Carried], *, several: bool) -> list[Stay]:
    """The business locations in time order. `carried` counts where nothing was told of the item since.
    `several`: amounts may be in many places at once, so none of them contradicts another."""
    found: list[Stay] = []
    here: dict[str, int] = {}
    named = [(fact.instant, fact) for fact, through in events if speaks_of_place(fact, through)]
    newest = -OPEN
    for since, fact in sorted([*carried, *named], key=_place_order):
        if fact.instant < min(since, newest):
            continue  # told of the container before the item itself was told to be somewhere
        newest = max(newest, fact.instant)
        for place in [] if several else [place for place in here if place != fact.place]:
            at = here.pop(place)
            found[at] = Stay(place, found[at].start, since, found[at].told_by)
        if fact.place is not None and fact.place not in here:
            here[fact.place] = len(found)
            found.append(Stay(fact.place, since, OPEN, fact.fingerprint))
    return found


def passages(events: Iterable[Concerning]) -> list[Stay]:
    """The read points, each at its instant."""
    return [
        Stay(fact.read_point, fact.instant, fact.instant, fact.fingerprint)
        for fact, _ in events
        if fact.read_point is not None
    ]


def presence(stays: Iterable[Stay]) -> dict[str, Spans]:
    """When it was at each place: spans of instants, apart and in order, behind the last one each."""
    found: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
    for stay in stays:
        found[stay.place].append((stay.start, stay.end + 1))
    return {place: joined(spans) for place, spans in found.items()}


def is_subject(fact: Fact, item: str) -> bool:
    """Whether the item is what the event places and describes: location and disposition of a transformation
    are those of its outputs (EPCIS 2.0 section 7.4.6)."""
    if fact.type is not EventType.TRANSFORMATION:
        return True
    return any(made.item == item for made in fact.outputs)


def speaks_of_place(fact: Fact, item: str) -> bool:
    """Whether the event says where the item, which it names, is from then on: somewhere, or on its way."""
    said = fact.place is not None or fact.step in SENT_OFF or fact.disposition == "in_transit"
    return said and is_subject(fact, item)


def carried(facts: Iterable[Fact], container: str, since: Iterable[int]) -> Iterator[Carried]:
    """What was said last about the container's place before each of these instants, where anything was."""
    said = sorted(
        [(fact.instant, fact) for fact in facts if speaks_of_place(fact, container)], key=_place_order
    )
    for instant in since:
        at = bisect_left(said, instant, key=itemgetter(0))
        if at:
            yield instant, said[at - 1][1]


def _place_order(told: Carried) -> tuple[int, int, bool, int, str, bytes]:
    """At one instant what was told before goes first, then who leaves before who arrives; then by effect and
    name, which do not depend on spelling."""
    since, fact = told
    instant, effect, fingerprint = order(fact)
    return since, instant, fact.place is not None, effect, fact.place or "", fingerprint
