"""What a history asks of the places where sensors read: the time of its item there, and what decides about
that."""

from dataclasses import replace

from hypothesis import given, settings

from tests.lineage.wild import PLACES, THINGS, Shelf, facts, stories
from tests.unit.lineage_facts import drive, fact, piece, seen
from tracehold.core.epcis import EventType
from tracehold.core.lineage import Fact, Quantity, Wanted, history, selected, touched
from tracehold.core.lineage.book import Book
from tracehold.core.lineage.history import recounted
from tracehold.core.lineage.walk import Walk

HALL, ITEM = PLACES[0], piece("a")


def read(start: int, end: int, **fields) -> Fact:
    """What a sensor of the hall read."""
    observed = (Quantity(HALL, piece=True),)
    return fact(EventType.OBJECT, end, observed=observed, sensed=(start, end), **fields)


THERE = [seen(10, ITEM, place=HALL), seen(20, ITEM, place=PLACES[1])]


def asked(said: list[Fact], item: str) -> tuple[list[Wanted], list[bytes]]:
    """What the history of the item asks, and its events."""
    walk, steps = history(item), list[Wanted]()
    while not walk.done:
        steps.append(wanted := walk.wanted())
        walk.feed(f for f in said if not touched(f).isdisjoint(wanted.items))
        walk.feed(selected(said, dict(wanted.readings)))
    return steps, [event.fingerprint for event in walk.result().events]


def test_only_the_time_at_the_place_is_asked_for():
    """From when it came until it was elsewhere, both ends included; never the place itself."""
    near, far = read(12, 13), read(30, 31)
    steps, told = asked([*THERE, near, far], ITEM)
    assert steps[-1].readings[0] == (HALL, ((10, 21),))
    assert HALL not in frozenset().union(*(step.items for step in steps))
    assert near.fingerprint in told
    assert far.fingerprint not in told


def test_a_namesake_of_another_time_keeps_an_id_from_taking_back():
    """The declaration names an id that two readings have: it is about neither, though one alone is asked
    for."""
    near, far = read(12, 13, event_id="e"), read(30, 31, event_id="e")
    error = replace(read(12, 14, event_id="e"), declares_error=True)
    assert near.fingerprint in asked([*THERE, near, far, error], ITEM)[1]
    assert near.fingerprint not in asked([*THERE, near, error], ITEM)[1]


def test_another_place_of_a_name_is_no_namesake():
    """What has the id and is not about the place decides nothing there, and is not handed over."""
    error = replace(read(12, 14, event_id="e"), declares_error=True)
    other = seen(5, piece("b"), event_id="e")
    assert selected([error, other], {HALL: ((0, 1),)}) == [error]


@settings(max_examples=60, deadline=None)
@given(stories)
def test_histories_are_those_of_all_that_was_ever_read(events):
    """Whatever is told: fed with the readings of its time alone, or with all there is about the places."""
    said = facts(events, 0)
    for item in THINGS:
        walk = history(item)
        while not walk.done:
            wanted = walk.wanted()
            walk.feed(f for f in said if not touched(f).isdisjoint(wanted.names))
        assert Shelf(said).drive(history(item)) == walk.result()


def test_places_count_against_the_bound():
    """What is left out is said, and a place that was asked for is not asked for again."""
    two = [*THERE, read(12, 13)]
    narrow = drive(history(ITEM, max_items=2), two)
    assert narrow.truncated
    assert not drive(history(ITEM, max_items=3), two).truncated
    book = Book(budget=10)
    walk = Walk(book, recounted(book, [ITEM, ITEM]))
    assert len(drive(walk, two)) == 2
