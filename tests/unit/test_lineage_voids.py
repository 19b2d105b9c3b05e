"""Error declarations: what is taken back never was, in any order of arrival, and only by who said it."""

from dataclasses import replace

import pytest

from tests.unit.lineage_facts import down, drive, fact, lot, names, pack, pallet, piece, seen, told, turn, up
from tracehold.core.ids import Fingerprint
from tracehold.core.lineage import Direction, Fact, history, order, same_event, takes_back, touched, trace

WHEAT, FLOUR, A, P = lot("wheat"), lot("flour"), piece("a"), pallet(1)


def declared(event: Fact, **changes) -> Fact:
    """The declaration that takes an event back: all the same, and the declaration."""
    fresh = Fingerprint(bytes(byte ^ 1 for byte in event.fingerprint))
    return replace(event, fingerprint=fresh, declares_error=True, **changes)


EVENT = turn(10, [WHEAT], [FLOUR], event_id="urn:uuid:1", step="commissioning")


@pytest.mark.parametrize("first", [True, False])
def test_taken_back_in_either_order(first):
    """The declaration may come first."""
    facts = [declared(EVENT), EVENT] if first else [EVENT, declared(EVENT)]
    assert names(up(facts, FLOUR)) == names(down(facts, WHEAT)) == {}
    assert told(facts, WHEAT).events == ()


def test_a_declaration_is_no_event_itself():
    """Alone it says nothing about the goods."""
    assert names(up([declared(EVENT)], FLOUR)) == {}


@pytest.mark.parametrize(
    "changes",
    [
        {"issuer": "urn:x:party:2"},
        {"event_id": "urn:uuid:2"},
        {"event_id": None, "instant": 11},
        {"event_id": None, "step": "shipping"},
        {"inputs": ()},
    ],
)
def test_attack_declaring_what_is_not_ones_own(changes):
    """Another issuer, another event, other content: a dispute, and nothing is withdrawn."""
    assert names(up([EVENT, declared(EVENT, **changes)], FLOUR)) == {WHEAT: 1}
    assert not takes_back(declared(EVENT, **changes), EVENT)


@pytest.mark.parametrize("changes", [{"instant": 11}, {"step": "shipping"}, {"place": "urn:x:hall"}])
def test_the_event_id_alone_is_enough_where_one_event_has_it(changes):
    """A declaration that was typed anew names its event by id and items, unless two have that id."""
    error = declared(EVENT, **changes)
    assert names(up([EVENT, error], FLOUR)) == names(up([error, EVENT], FLOUR, at=10)) == {}
    assert not takes_back(error, EVENT)
    namesake = replace(EVENT, disposition="active", fingerprint=Fingerprint(b"4" * 32))
    stand = up([EVENT, namesake, error], FLOUR).events
    assert set(stand) == {EVENT.fingerprint, namesake.fingerprint}
    again = replace(EVENT, fingerprint=Fingerprint(b"5" * 32))
    assert names(up([EVENT, again, error], FLOUR)) == {}
    later = replace(namesake, instant=20)
    assert names(up([EVENT, later, error], FLOUR, at=15)) == {WHEAT: 1}


def test_one_of_two_speakers_takes_back():
    """What the other said stands."""
    other = replace(EVENT, issuer="urn:x:party:2", fingerprint=Fingerprint(b"2" * 32))
    assert up([EVENT, other, declared(EVENT)], FLOUR).events == (other.fingerprint,)


def test_without_an_event_id_the_event_itself_decides():
    """A declaration without id voids by content, or by hash."""
    assert names(up([EVENT, declared(EVENT, event_id=None)], FLOUR)) == {}
    hashed = replace(EVENT, event_hash="h")
    assert takes_back(declared(hashed, event_id=None, step=None), hashed)
    assert not takes_back(declared(hashed, event_hash="i"), hashed)


def test_a_repeat_under_the_same_id_is_voided_too():
    """Sent twice, taken back once: both are gone; another event under a reused id stays."""
    again = replace(EVENT, fingerprint=Fingerprint(b"3" * 32))
    reused = turn(10, [lot("rye")], [FLOUR], event_id="urn:uuid:1")
    assert names(up([EVENT, again, reused, declared(EVENT)], FLOUR)) == {lot("rye"): 1}


def test_a_declaration_that_was_not_known_yet():
    """`known_at` before it: the event stood."""
    facts = [replace(EVENT, known_ms=100), declared(EVENT, known_ms=200)]
    assert names(up(facts, FLOUR, known_at=150)) == {WHEAT: 1}
    assert names(up(facts, FLOUR, known_at=200)) == {}


def test_a_packing_taken_back_closes_nothing():
    """The piece never left the first pallet."""
    first, move = pack(1, P, A), pack(5, pallet(2), A)
    facts = [first, move, declared(move), seen(7, P), seen(8, pallet(2))]
    assert [event.instant for event in told(facts, A).events] == [1, 7]


def test_a_declaration_found_at_another_holder():
    """It comes with the same item, so it comes in the same step."""
    event, error = [EVENT], [declared(EVENT)]
    assert names(drive(trace(FLOUR, Direction.UPSTREAM), event, error)) == {}
    assert drive(history(FLOUR), error, event).events == ()


def test_the_order_of_facts_is_total():
    """Instant, effect, fingerprint."""
    facts = [pack(2, P, A), seen(1, A), pack(1, P, A), seen(1, P), fact(EVENT.type, 1)]
    ordered = sorted(facts, key=order)
    assert ordered == sorted(facts[2:] + facts[:2], key=order)
    assert [entry.instant for entry in ordered] == [1, 1, 1, 1, 2]
    assert {entry.action for entry in ordered[:2]} == {None, ordered[-1].action}


def test_repeats_of_one_event_have_one_key():
    """By hash across speakers; without a hash by id and content, whatever the order of the list."""
    turned = replace(EVENT, inputs=EVENT.inputs[::-1], issuer="urn:x:party:2")
    assert same_event(turned) == same_event(EVENT)
    assert same_event(replace(EVENT, event_id="urn:uuid:2")) != same_event(EVENT)
    assert same_event(replace(EVENT, event_hash="h")) == same_event(
        replace(turned, event_hash="h", event_id=None)
    )


def test_touched_of_a_declaration_is_that_of_its_event():
    """So whoever asks for the item gets both."""
    assert touched(declared(EVENT)) == touched(EVENT) == {WHEAT, FLOUR}
