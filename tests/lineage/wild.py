"""Anything that can be said, likely or not: events of all kinds about few things in few minutes.

Nothing is kept in order here: containers in circles, clocks that err, things used before they were made, five
events at one instant, rows said twice, event ids used again, and taken back by them. What must hold of every
answer must hold of these.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from random import Random
from typing import Any

from hypothesis import strategies as st

from tests.lineage.goods import lot, pallet, piece, place, tote
from tests.lineage.telling import Event, Thing, begin, end, make, mount, pack, see, sense, stamp, wrong
from tracehold.core import strict_json
from tracehold.core.epcis import Mode, parse_event
from tracehold.core.epcis.event_hash import event_hash
from tracehold.core.ids import Fingerprint
from tracehold.core.lineage import (
    Direction,
    Fact,
    Walk,
    Wanted,
    common,
    contents,
    fact_of,
    history,
    same_event,
    selected,
    state,
    takes_back,
    touched,
    trace,
)

PIECES = [piece(name) for name in "abc"]
LOTS = [lot("x"), lot("y")]
VESSELS = [pallet(1), pallet(2), tote("T")]
PLACES = [place(1), place(2)]
THINGS = [*PIECES, *LOTS, *VESSELS]
IDS = ["urn:x:event:1", "urn:x:event:2"]


def _things(random: Random, whole: str = "") -> list[Thing]:
    """One or two: pieces, containers, counted and uncounted lots; never the container itself."""
    of = random.choice(LOTS)
    counted = (of, float(random.randint(1, 3)))
    some: list[Thing] = [*PIECES, *PIECES, *VESSELS, counted, counted, of]
    picked = random.choices(some, k=random.randint(1, 2))
    drawn: dict[str, Thing] = {str(thing): thing for thing in picked if thing != whole}
    things = list(drawn.values()) or [PIECES[0]]
    return things + [counted] * (counted in things and random.random() < 0.3)


def _see(random: Random, minute: int) -> Event:
    more: dict[str, Any] = {}
    if random.random() < 0.5:
        more["bizLocation"] = random.choice(PLACES)
    elif random.random() < 0.5:
        more["bizStep"] = "shipping"
    if random.random() < 0.3:
        more["persistentDisposition"] = {random.choice(["set", "unset"]): ["recalled"]}
    if random.random() < 0.3:
        more["disposition"] = random.choice(["active", "in_transit"])
    return see(minute, *_things(random), **more)


def _begin_or_end(random: Random, minute: int) -> Event:
    if random.random() < 0.4:
        return begin(minute, random.choice(PIECES), lot=random.choice("xy"))
    return random.choice([begin, end])(minute, *_things(random))


def _hold(random: Random, minute: int) -> Event:
    how = pack if random.random() < 0.7 else mount
    whole = random.choice(
        [*VESSELS, *VESSELS, PIECES[2], PLACES[0]] if how is mount else [*VESSELS, PIECES[2]]
    )
    action = random.choice(["ADD", "ADD", "ADD", "OBSERVE", "DELETE", "DELETE"])
    if action == "DELETE" and random.random() < 0.5:
        return how(minute, whole, action=action)
    return how(minute, whole, *_things(random, whole), action=action)


def _process(random: Random, minute: int) -> Event:
    more = {"process": f"urn:x:run:{random.randint(1, 2)}"} if random.random() < 0.4 else {}
    more |= {"lot": random.choice("xy")} if random.random() < 0.6 else {}
    return make(minute, _things(random), _things(random), **more)


def _sense(random: Random, minute: int) -> Event:
    since = random.choice([None, random.randint(1, minute)])
    return sense(minute, random.choice(PLACES), since=since, until=minute if since else None)


KINDS = [_see, _begin_or_end, _hold, _hold, _hold, _process, _process, _process, _sense]


def _named(random: Random, event: Event) -> Event:
    """Some events have an id, which others have too."""
    named = {"eventID": random.choice(IDS)} if random.random() < 0.4 else {}
    return replace(event, body={**event.body, **named})


def _taken_back(random: Random, told: list[Event]) -> Event:
    """A declaration of what was told: as it was, typed anew, or with an id that is another event's."""
    changes: dict[str, Any] = {}
    if random.random() < 0.5:
        changes["eventTime"] = stamp(random.randint(1, 4))
    if random.random() < 0.3:
        changes["eventID"] = random.choice(IDS)
    return wrong(random.choice(told), **changes)


def wild(seed: int, events: int) -> list[Event]:
    """So many events, the same for the same seed, whose number does not change the first ones."""
    random, told = Random(seed), list[Event]()
    for _ in range(events):
        said = _named(random, random.choice(KINDS)(random, random.randint(1, 4)))
        told.append(_taken_back(random, told) if told and random.random() < 0.15 else said)
    return told


stories = st.builds(wild, st.integers(0, 10**9), st.integers(1, 14))


def facts(events: Iterable[Event], seed: int = 0, known_ms: int | None = None) -> list[Fact]:
    """The facts of events, under fingerprints that follow from the seed alone."""
    random = Random(seed)
    return [
        fact_of(
            parse_event(event.payload, Mode.TOLERANT),
            Fingerprint(random.randbytes(32)),
            event.party,
            event_hash=event_hash(strict_json.loads(event.payload)),
            known_ms=known_ms,
        )
        for event in events
    ]


def live(said: Sequence[Fact]) -> list[Fact]:
    """The events that stand, each declaration held against each event (docs/lineage.md, "Taken back")."""
    errors = [fact for fact in said if fact.declares_error]
    events = [fact for fact in said if not fact.declares_error]
    return [event for event in events if not any(_takes(error, event, events) for error in errors)]


def _takes(error: Fact, event: Fact, events: Sequence[Fact]) -> bool:
    if takes_back(error, event):
        return True
    if event.event_id is None or _under(error) != _under(event):
        return False
    return len({same_event(other) for other in events if _under(other) == _under(event)}) == 1


def _under(fact: Fact) -> tuple[str, str | None, frozenset[str]]:
    return fact.issuer, fact.event_id, touched(fact)


class Shelf:
    """Facts by the names under which they are found."""

    def __init__(self, said: Iterable[Fact]) -> None:
        self._by_item: defaultdict[str, list[Fact]] = defaultdict(list)
        self._by_process: defaultdict[str | None, list[Fact]] = defaultdict(list)
        self._said = list(said)
        for fact in self._said:
            self._by_process[fact.transformation_id].append(fact)
            for item in touched(fact):
                self._by_item[item].append(fact)

    def look(self, wanted: Wanted) -> list[list[Fact]]:
        """What is found, in as many parts as it comes in."""
        found = [fact for item in wanted.items for fact in self._by_item.get(item, ())]
        made = [fact for name in wanted.transformations for fact in self._by_process.get(name, ())]
        return [found, made, selected(self._said, dict(wanted.readings))]

    def drive(self, walk: Walk[Any]) -> Any:
        """The answer of a walk."""
        while not walk.done:
            for part in self.look(walk.wanted()):
                walk.feed(part)
        return walk.result()

    def reach(self, item: str, direction: Direction, **options: Any) -> dict[str, bool]:
        """Ancestors or descendants, each with whether it is only reached against time."""
        items = self.drive(trace(item, direction, **options)).items
        return {entry.item: entry.against_time for entry in items}


class Nodes(Shelf):
    """Facts over several nodes, each at one at least; who is asked answers in any order."""

    def __init__(self, said: Iterable[Fact], nodes: int, random: Random) -> None:
        super().__init__(())
        parts: list[list[Fact]] = [[] for _ in range(nodes)]
        for fact in said:
            for part in random.sample(parts, random.randint(1, nodes)):
                part.append(fact)
        self._nodes, self._random = [Shelf(part) for part in parts], random

    def look(self, wanted: Wanted) -> list[list[Fact]]:
        """The answers of all nodes, one after the other."""
        return [
            part for node in self._random.sample(self._nodes, len(self._nodes)) for part in node.look(wanted)
        ]


def answers(
    said: Iterable[Fact] | Shelf, items: Iterable[str] = (*THINGS, *PLACES), **time: Any
) -> dict[str, Any]:
    """All questions about all items, without the statements that the answers rest on."""
    shelf = said if isinstance(said, Shelf) else Shelf(said)
    return {item: _answers(shelf, item, time) for item in items}


def _answers(shelf: Shelf, item: str, time: dict[str, Any]) -> dict[str, Any]:
    up, down = (shelf.drive(trace(item, direction, **time)) for direction in Direction)
    told = shelf.drive(history(item, **time)).events
    held = shelf.drive(contents(item, **time))
    stands = shelf.drive(state(item, **time))
    return {
        "trace": [[(e.item, e.depth, e.against_time) for e in way.items] for way in (up, down)],
        "gaps": {(gap.item, gap.reason) for gap in up.gaps},
        "history": {(event.instant, event.role, event.through) for event in told},
        "inside": {replace(entry, opened_by=None) for entry in (*held.children, *held.components)},
        "places": [(stay.place, stay.since) for stay in stands.places],
        "state": [stands.disposition, stands.lasting, stands.amounts, stands.ended],
        "around": {replace(entry, opened_by=None) for entry in (*stands.around, *stands.part_of)},
        "common": shelf.drive(common([item, THINGS[0]], **time)).items,
    }
