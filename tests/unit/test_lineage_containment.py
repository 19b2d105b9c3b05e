"""In what, and from when to when: containers, assemblies, amounts."""

import pytest

from tests.unit.lineage_facts import (
    born,
    fact,
    inside,
    lot,
    mount,
    pack,
    pallet,
    piece,
    seen,
    some,
    told,
    unpack,
)
from tracehold.core.epcis import Action, EventType
from tracehold.core.lineage import Role

A, B = piece("a"), piece("b")
P, Q, R = pallet(1), pallet(2), pallet(3)
L = lot("L")
OBSERVE = Action.OBSERVE


def held(facts, item, **options):
    """(item, parent) of all children."""
    return [(entry.item, entry.parent) for entry in inside(facts, item, **options).children]


def times(facts, item, **options):
    """Instants of a history."""
    return [event.instant for event in told(facts, item, **options).events]


def test_in_from_packing_to_unpacking():
    """Open at ADD, closed at DELETE, and asked at any time between."""
    facts = [pack(10, P, A, B), unpack(20, P, A)]
    assert held(facts, P) == [(B, P)]
    assert held(facts, P, at=19) == [(A, P), (B, P)]
    assert held(facts, P, at=20) == [(B, P)]
    assert held(facts, P, at=9) == []


def test_unpacking_without_names_empties_one_level():
    """What is inside of what came out stays there."""
    facts = [pack(10, P, A), pack(11, Q, P), unpack(12, Q)]
    assert held(facts, Q, recursive=True) == []
    assert held(facts, P) == [(A, P)]


def test_contents_of_contents():
    """Only when asked for."""
    facts = [pack(10, P, A), pack(11, Q, P)]
    assert held(facts, Q) == [(P, Q)]
    assert held(facts, Q, recursive=True) == [(P, Q), (A, P)]


def test_a_piece_is_in_one_container_at_a_time():
    """Packing it elsewhere takes it out, with no DELETE said."""
    facts = [pack(10, P, A), pack(20, Q, A)]
    assert held(facts, P) == []
    assert held(facts, P, at=19) == [(A, P)]
    assert held(facts, Q) == [(A, Q)]


def test_seen_elsewhere_is_moved():
    """OBSERVE with another parent is evidence that it left."""
    facts = [pack(10, P, A), pack(20, Q, A, action=OBSERVE)]
    assert held(facts, P) == []
    assert held(facts, Q) == [(A, Q)]


def test_observation_opens_and_confirms():
    """Without a known ADD it is in there from then on; with one nothing changes."""
    assert held([pack(10, P, A, action=OBSERVE)], P) == [(A, P)]
    facts = [pack(10, P, A), pack(20, P, A, action=OBSERVE)]
    [entry] = inside(facts, P).children
    assert entry.since == 10


def test_unpacking_from_where_it_is_not_changes_nothing():
    """A late or wrong DELETE does not empty another container."""
    facts = [pack(10, P, A), unpack(20, Q, A), unpack(21, Q)]
    assert held(facts, P) == [(A, P)]
    assert held(facts, Q) == []


def test_seen_together_in_nothing_is_no_container():
    """OBSERVE without parent."""
    facts = [pack(10, None, A, B, action=OBSERVE)]
    assert times(facts, A) == [10]
    assert held(facts, A) == held(facts, B) == []


@pytest.mark.parametrize("flip", [False, True])
def test_at_one_instant_the_effect_decides_not_arrival(flip):
    """ADD before OBSERVE before DELETE."""
    facts = [unpack(10, P, A), pack(10, P, A, action=OBSERVE), pack(10, P, A)]
    assert held(facts[::-1] if flip else facts, P) == []
    assert times([*facts, seen(11, P)], A) == [10, 10, 10]


def test_reused_containers():
    """The same crate later holds other things: each has its own time in it."""
    facts = [pack(10, P, A), seen(12, P), unpack(15, P), pack(20, P, B), seen(22, P), unpack(25, P)]
    assert times(facts, A) == [10, 12, 15]
    assert times(facts, B) == [20, 22, 25]


def test_history_follows_containers_of_containers():
    """Each for the time that all of them held."""
    facts = [
        seen(1, Q),
        pack(10, P, A),
        seen(12, P),
        seen(13, Q),
        pack(20, Q, P),
        seen(22, Q),
        unpack(25, P, A),
        seen(27, Q),
        unpack(30, Q, P),
        seen(35, P),
    ]
    assert times(facts, A) == [10, 12, 20, 22, 25]
    assert times(facts, P) == [10, 12, 20, 22, 25, 27, 30, 35]
    roles = [event.role for event in told(facts, A).events]
    assert roles == [Role.CHILD, Role.HELD, Role.HELD, Role.HELD, Role.CHILD]
    assert told(facts, A).events[3].through == Q


def test_the_emptying_of_a_container_belongs_to_what_was_in_it():
    """The closing event counts, also where it names no children."""
    facts = [pack(10, P, A), unpack(20, P), seen(20, P), seen(21, P)]
    assert times(facts, A) == [10, 20, 20]


def test_history_up_to_an_instant():
    """Later events are not told."""
    assert times([pack(10, P, A), seen(12, P), seen(14, A)], A, at=12) == [10, 12]


def test_packing_mates_are_not_told():
    """What happened to B alone does not belong to A, though both were on one pallet."""
    assert times([pack(10, P, A, B), seen(12, B), seen(13, P)], A) == [10, 13]


def test_amounts_are_running_sums():
    """A lot stays in a container while something of it is left."""
    facts = [
        pack(10, P, (L, 5.0)),
        pack(11, P, (L, 2.0)),
        unpack(12, P, (L, 6.0)),
        seen(13, P),
        unpack(14, P, (L, 1.0)),
        seen(15, P),
    ]
    assert times(facts, L) == [10, 11, 12, 13, 14]
    [entry] = inside(facts, P, at=12).children
    assert entry.amounts == ((1.0, "KGM"),)
    assert inside(facts, P).children == ()


def test_decimal_amounts_add_up():
    """0.1 + 0.2 - 0.3 leaves nothing, whatever binary floats say."""
    facts = [pack(10, P, (L, 0.1)), pack(11, P, (L, 0.2)), unpack(12, P, (L, 0.3))]
    assert held(facts, P) == []


def test_a_lot_may_be_in_several_containers():
    """Half of it here, half of it there."""
    facts = [pack(10, P, (L, 5.0)), pack(11, Q, (L, 5.0)), unpack(20, P), seen(21, Q)]
    assert held(facts, P) == []
    assert held(facts, Q) == [(L, Q)]
    assert times(facts, L) == [10, 11, 20, 21]


def test_amounts_in_other_units_take_nothing():
    """Kilograms put in are not taken out by boxes: better to show too much than to lose it."""
    boxes = fact(
        EventType.AGGREGATION,
        12,
        action=Action.DELETE,
        parent=P,
        children=(some((L, 1.0))[0].__class__(L, 1.0, "XBX"),),
    )
    assert held([pack(10, P, (L, 5.0)), boxes], P) == [(L, P)]


def test_uncounted_amounts():
    """Some was put in: a counted part taken out may leave some; an uncounted DELETE takes all."""
    facts = [pack(10, P, L), unpack(12, P, (L, 3.0))]
    assert held(facts, P) == [(L, P)]
    assert inside(facts, P).children[0].amounts == ((None, None),)
    assert held([*facts, unpack(13, P, L)], P) == []


def test_one_event_by_several_speakers_counts_once():
    """Both sent the packing of 5 kg: 5 kg were packed."""
    facts = [
        pack(10, P, (L, 5.0), event_hash="h"),
        pack(10, P, (L, 5.0), event_hash="h", issuer="urn:x:party:2"),
        unpack(12, P, (L, 5.0)),
    ]
    assert held(facts, P) == []
    assert len(told(facts, L).events) == 3


def test_two_events_of_equal_content_are_two():
    """Different ids at one instant: twice 5 kg."""
    facts = [pack(10, P, (L, 5.0), event_id="urn:x:1"), pack(10, P, (L, 5.0), event_id="urn:x:2")]
    assert inside(facts, P).children[0].amounts == ((10.0, "KGM"),)


def test_parts_and_contents_are_apart():
    """Unpacking takes no part out of an engine, and unmounting none from its crate."""
    facts = [mount(10, B, A), pack(11, P, B), pack(12, P, A, action=Action.DELETE), unpack(13, P)]
    answer = inside(facts, B)
    assert answer.children == ()
    assert [entry.item for entry in answer.components] == [A]
    assert inside([*facts, mount(14, B, A, action=Action.DELETE)], B).components == ()


def test_a_part_goes_where_the_whole_goes():
    """History follows assemblies like containers."""
    facts = [mount(10, B, A), pack(11, P, B), seen(12, P)]
    assert times(facts, A) == [10, 11, 12]


def test_a_place_is_no_container():
    """What is mounted in a hall does not share all that happens to the hall."""
    hall = "https://id.gs1.org/414/9521234000013"
    facts = [mount(10, hall, A), seen(12, hall)]
    assert times(facts, A) == [10]
    assert [entry.item for entry in inside(facts, hall).components] == [A]


def test_lots_and_pieces_are_told_apart():
    """An event on the lot is no event on a piece of it, nor the other way."""
    facts = [born(10, A, memberships=((A, L),)), seen(11, L), seen(12, A)]
    assert times(facts, L) == [11]
    assert times(facts, A) == [10, 12]


def test_containers_in_a_circle_end():
    """Nonsense in, an end all the same."""
    facts = [pack(10, P, Q), pack(11, Q, R), pack(12, R, P), pack(13, P, A), seen(14, R)]
    assert times(facts, A) == [13, 14]
    assert set(held(facts, P, recursive=True)) == {(Q, P), (A, P), (R, Q), (P, R)}


def test_a_budget_of_items_is_told():
    """Beyond it the answer says truncated."""
    facts = [pack(10, P, *(piece(str(n)) for n in range(50)))]
    assert inside(facts, P, max_items=20).truncated
    assert not inside(facts, P, max_items=60).truncated


def test_instants_before_1970():
    """Local midnight of 1970-01-01 east of Greenwich is a negative instant: it counts like any other."""
    assert times([pack(-50, P, A), seen(-40, P), unpack(-30, P)], A) == [-50, -40, -30]
