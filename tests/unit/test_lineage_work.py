"""The work of a question grows with what is said, not with its square; and what declarations mean."""

from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.lineage.wild import live
from tests.unit.lineage_facts import lot, pack, pallet, piece, seen, told, turn, unpack
from tracehold.core.ids import Fingerprint
from tracehold.core.lineage import Declared, Direction, Fact, takes_back, touched, trace
from tracehold.core.quality.around import around

A, P = piece("a"), pallet(1)


def declared(event: Fact, **changes) -> Fact:
    """A declaration of the event."""
    fresh = Fingerprint(bytes(byte ^ 1 for byte in event.fingerprint))
    return replace(event, fingerprint=fresh, declares_error=True, **changes)


class Watched(Fact):
    """A fact that counts how often anything of it is read."""

    reads = 0

    def __getattribute__(self, name: str) -> object:
        Watched.reads += 1
        return super().__getattribute__(name)


def _reads(facts: list[Fact], item: str) -> int:
    named = {field.name for field in fields(Fact)}
    watched = [Watched(**{name: getattr(fact, name) for name in named}) for fact in facts]
    Watched.reads = 0
    told(watched, item)
    around(watched)
    return Watched.reads


def _namesakes(count: int, declared_ones: int) -> list[Fact]:
    events = [seen(minute, A, event_id="urn:uuid:1") for minute in range(count)]
    said = [replace(event, event_hash=f"h{at}") for at, event in enumerate(events)]
    errors = [
        declared(replace(said[0], fingerprint=Fingerprint(b"e" * 31 + bytes([at]))), instant=10_000 + at)
        for at in range(declared_ones)
    ]
    return said + errors


@pytest.mark.parametrize("errors", [1, 50])
def test_attack_one_event_id_on_many_events_is_looked_through_once(errors):
    """Twice as many events of one id, and declarations with it, are about twice the work for any question."""
    few, many = (_reads(_namesakes(count, errors), A) for count in (200, 400))
    assert many < 3 * few


def test_attack_many_declarations_of_one_instant_are_not_tried_one_by_one():
    """Nor is each event held against each declaration of its instant."""

    def said(count: int) -> list[Fact]:
        events = [seen(7, A, event_id=f"urn:uuid:{at}", event_hash="h") for at in range(count)]
        return events + [declared(event, event_hash="other") for event in events]

    few, many = (_reads(said(count), A) for count in (100, 200))
    assert many < 3 * few


@given(st.lists(st.tuples(*([st.integers(0, 1)] * 7)), max_size=12))
def test_declarations_kept_by_key_mean_what_each_means_for_each(drawn):
    """By hash, content and id, in any mixture: as every declaration held against every event."""
    facts = [
        seen(
            minute,
            *([A, P] if both else [A]),
            issuer=f"urn:x:party:{party}",
            event_id="urn:uuid:1" if named else None,
            event_hash=f"{minute}{both}{way}" if hashed else None,
            step="shipping" if way else None,
            declares_error=bool(error),
        )
        for minute, both, party, named, hashed, way, error in drawn
    ]
    known = Declared()
    for each in facts:
        known.add(each)
    standing = {id(each) for each in live(facts)}
    for each in facts:
        if not each.declares_error:
            taken = known.takes(each)
            assert (taken is None) == (id(each) in standing)
            assert taken is None or taken.by_id is not takes_back(taken.declaration, each)


def test_attack_a_busy_room_that_was_passed_often():
    """Each reading of a place is held once against all the times that an item was there."""

    def said(count: int) -> list[Fact]:
        passed = [seen(2 * at, A, read_point="urn:x:hall") for at in range(count)]
        return passed + [seen(2 * at + 1, "urn:x:hall", sensed=(2 * at + 1,) * 2) for at in range(count)]

    few, many = (_reads(said(count), A) for count in (100, 200))
    assert many < 3 * few


def _asked(facts: list[Fact], item: str) -> set[str]:
    """The items that an upstream walk looks up."""
    walk, asked = trace(item, Direction.UPSTREAM), set[str]()
    while not walk.done:
        wanted = walk.wanted().items
        asked |= wanted
        walk.feed([fact for fact in facts if touched(fact) & wanted])
    return asked


def _trips(goods: list[str]) -> list[Fact]:
    """One pallet used again and again; with the last of the goods on it, it is used up."""
    there = [pack(2 * at, P, each) for at, each in enumerate(goods)]
    back = [unpack(2 * at + 1, P, each) for at, each in enumerate(goods[:-1])]
    return [*there, *back, turn(1000, [P], [lot("cake")])]


def test_lots_that_left_a_pallet_long_ago_are_not_looked_up():
    """All that can be said of them in it, its own facts say."""
    goods = [lot(f"flour{at}") for at in range(20)]
    assert _asked(_trips(goods), lot("cake")) == {lot("cake"), P, goods[-1]}


def test_pieces_that_were_on_a_pallet_are_looked_up():
    """For a piece may have left by being packed somewhere else."""
    goods = [piece(f"sack{at}") for at in range(20)]
    assert _asked(_trips(goods), lot("cake")) == {lot("cake"), P, *goods}
