"""A case told to the rules alone: facts in a list, no store, no node."""

import hashlib
from typing import Any

from tests.lineage import story
from tests.lineage.forms import NOTHING, Standing, bag, chronicle, recalled, stated, traced
from tests.lineage.story import Ask, Case, Row
from tests.lineage.telling import Event, micros
from tests.unit.lineage_facts import drive
from tracehold.core import strict_json
from tracehold.core.epcis import Mode, parse_event
from tracehold.core.epcis.event_hash import event_hash
from tracehold.core.ids import Fingerprint
from tracehold.core.lineage import (
    Affected,
    Direction,
    Fact,
    StateResult,
    common,
    complaint,
    contents,
    custody,
    fact_of,
    history,
    recall,
    standing,
    state,
    trace,
)
from tracehold.journey.history import ROLES

DIRECTIONS = {story.UP: Direction.UPSTREAM, story.DOWN: Direction.DOWNSTREAM}


def fact(event: Event, number: int, batch: int) -> Fact:
    """The fact of an event, known since its batch was anchored."""
    key = hashlib.sha256(event.payload + number.to_bytes(4)).digest()
    name = event_hash(strict_json.loads(event.payload))
    parsed = parse_event(event.payload, Mode.TOLERANT)
    return fact_of(parsed, Fingerprint(key), event.party, event_hash=name, known_ms=batch)


def facts(case: Case) -> list[Fact]:
    """All facts of a case; master data states none."""
    return [found for _, found in _told(case)]


def _told(case: Case) -> list[tuple[Event, Fact]]:
    said = [(event, batch) for batch, events in enumerate(case.batches, 1) for event in events]
    events = [(number, event, batch) for number, (event, batch) in enumerate(said)]
    return [(event, fact(event, number, batch)) for number, event, batch in events if not event.is_masterdata]


class Rules:
    """The rules over the facts of a case; `said` are its events by the fingerprint of their fact."""

    def __init__(self) -> None:
        self.facts: list[Fact] = []
        self.said: dict[Fingerprint, Event] = {}

    async def tell(self, case: Case) -> None:
        """Derive the facts."""
        for event, found in _told(case):
            self.facts.append(found)
            self.said[found.fingerprint] = event

    async def answer(self, ask: Ask) -> Any:
        """By the rules, over all facts."""
        time: dict[str, Any] = {
            "at": None if ask.at is None else micros(ask.at),
            "known_at": ask.known_at,
        }
        if ask.kind in DIRECTIONS:
            found = drive(trace(ask.about, DIRECTIONS[ask.kind], **time, **ask.options), self.facts)
            return traced(ask, found.items, found.gaps)
        if ask.kind == story.TOLD:
            events = drive(history(ask.about, **time), self.facts).events
            return chronicle(ask, [(e.instant, ROLES.get(e.role, str(e.role))) for e in events])
        if ask.kind in (story.INSIDE, story.PARTS):
            held = drive(contents(ask.about, recursive=True, **time), self.facts)
            entries = held.children if ask.kind == story.INSIDE else held.components
            return bag(
                ask, [(e.item, e.parent, n, u or "") for e in entries for n, u in e.amounts or NOTHING]
            )
        if ask.kind == story.STANDS:
            return stated(self._standing(drive(state(ask.about, **time), self.facts)), ask.expected)
        return self._several(ask, **time)

    def _several(self, ask: Ask, **time: Any) -> Any:
        if ask.kind == story.SHARED:
            shared = drive(common(ask.about, **time, **ask.options), self.facts).items
            return {entry.item: entry.depths for entry in shared}
        if ask.kind == story.MET:
            found = drive(complaint(ask.about, **time, **ask.options), self.facts)
            spoke = [set().union(*map(self._parties, passage)) for passage in found.passed]
            return [met.place for met in found.places], sorted(set.intersection(*spoke))
        called = drive(recall(ask.about, **time, **ask.options), self.facts).items
        rows = sorted(self._rows(called, time), key=lambda row: (row[1]["by"], row[1]["depth"], row[0]))
        asked = self._rows([Affected(item, 0, (), (), False) for item in ask.about], time)
        # Whom to call is no matter of lineage: nodes answer it.
        return recalled(ask, rows, asked, lambda: ask.expected["contacts"])

    def _rows(self, items: list[Affected] | tuple[Affected, ...], time: dict[str, Any]) -> list[Row]:
        states = drive(standing([each.item for each in items], **time), self.facts)
        return [
            (
                each.item,
                {
                    "depth": each.depth,
                    "by": self.said[each.via[0]].party if each.via else "",
                    "late": each.against_time,
                    "comes": set(each.comes_from),
                    **self._standing(stands),
                },
            )
            for each, stands in zip(items, states, strict=True)
        ]

    def _parties(self, name: Fingerprint) -> set[str]:
        facts = {each.fingerprint: each for each in self.facts}
        return {self.said[name].party, *facts[name].parties}

    def _standing(self, found: StateResult) -> dict[str, Any]:
        hands = [self._hands(name) for name in found.handled_by]
        return Standing(
            [stay.place for stay in found.places],
            [(each.word, each.lasting) for each in found.conditions],
            [(held.item, held.parent) for held in found.around],
            [(held.item, held.parent) for held in found.part_of],
            list(dict.fromkeys(reversed(hands)))[::-1],
            found.amounts,
            found.ended,
        ).plain()

    def _hands(self, name: Fingerprint) -> tuple[str, str]:
        event = self.said[name]
        found = custody(parse_event(event.payload, Mode.TOLERANT), event.party)
        return found.party, found.bound_for
