"""What came from what: upstream, downstream, gaps, time, limits."""

import pytest

from tests.unit.lineage_facts import (
    born,
    down,
    drive,
    lot,
    mount,
    names,
    pack,
    pallet,
    piece,
    seen,
    turn,
    unpack,
    up,
)
from tracehold.core.epcis import Action
from tracehold.core.lineage import Direction, Gap, GapReason, history, trace

WHEAT, FLOUR, BREAD, YEAST = lot("wheat"), lot("flour"), lot("bread"), lot("yeast")
A, B = piece("a"), piece("b")
P, Q = pallet(1), pallet(2)

CHAIN = [
    born(1, (WHEAT, 9.0)),
    turn(10, [(WHEAT, 9.0)], [(FLOUR, 8.0)]),
    turn(20, [FLOUR, YEAST], [(BREAD, 7.0)]),
]


def test_through_all_processes_with_depth():
    """Both ways, the item itself never."""
    assert names(up(CHAIN, BREAD)) == {FLOUR: 1, YEAST: 1, WHEAT: 2}
    assert names(down(CHAIN, WHEAT)) == {FLOUR: 1, BREAD: 2}
    assert names(up(CHAIN, WHEAT)) == names(down(CHAIN, BREAD)) == {}


def test_the_statements_an_answer_rests_on():
    """Each item by what ties it in; all of that, and the commissioning at the end, in time order."""
    answer = up(CHAIN, BREAD)
    assert answer.events == tuple(fact.fingerprint for fact in CHAIN)
    assert {entry.item: entry.via for entry in answer.items}[WHEAT] == (CHAIN[1].fingerprint,)


def test_a_chain_that_ends_without_a_beginning_is_a_gap():
    """Yeast was never commissioned in what can be seen; wheat was."""
    assert [(gap.item, gap.reason) for gap in up(CHAIN, BREAD).gaps] == [
        (YEAST, GapReason.NEVER_COMMISSIONED)
    ]
    assert [gap.item for gap in up([], BREAD).gaps] == [BREAD]
    assert down(CHAIN, WHEAT).gaps == ()


def test_a_transaction_or_a_sighting_is_no_beginning():
    """Only an object event with ADD commissions."""
    facts = [seen(1, YEAST), turn(20, [YEAST], [BREAD])]
    assert [gap.item for gap in up(facts, BREAD).gaps] == [YEAST]


def test_events_of_one_transformation_id_are_one_process():
    """All inputs to all outputs, in any order of time; another id is another process."""
    facts = [
        turn(10, [WHEAT], [], transformation_id="urn:x:1"),
        turn(11, [], [BREAD], transformation_id="urn:x:1"),
        turn(12, [YEAST], [], transformation_id="urn:x:1"),
        turn(12, [FLOUR], [], transformation_id="urn:x:2"),
    ]
    assert names(up(facts, BREAD)) == {WHEAT: 1, YEAST: 1}
    assert names(down(facts, YEAST)) == {BREAD: 1}
    assert names(down(facts, FLOUR)) == {}


def test_clocks_that_err_lose_nothing():
    """An input used before it was made stays, flagged; strict time leaves it out."""
    facts = [turn(30, [WHEAT], [FLOUR]), turn(20, [FLOUR], [BREAD])]
    assert {entry.item: entry.against_time for entry in up(facts, BREAD).items} == {FLOUR: False, WHEAT: True}
    assert names(up(facts, BREAD, strict_time=True)) == {FLOUR: 1}
    assert {entry.item: entry.against_time for entry in down(facts, WHEAT).items} == {
        FLOUR: False,
        BREAD: True,
    }
    assert names(down(facts, WHEAT, strict_time=True)) == {FLOUR: 1}


def test_strict_time_follows_each_run_of_a_lot():
    """Flour was made twice; bread was baked between: only the first wheat is in it."""
    late = lot("late wheat")
    facts = [turn(10, [WHEAT], [FLOUR]), turn(20, [FLOUR], [BREAD]), turn(30, [late], [FLOUR])]
    assert names(up(facts, BREAD, strict_time=True)) == {FLOUR: 1, WHEAT: 2}
    assert [entry.item for entry in up(facts, BREAD).items if entry.against_time] == [late]
    assert names(down(facts, late, strict_time=True)) == {FLOUR: 1}


def test_strict_time_finds_a_later_way_to_the_same_item():
    """A first, shorter way that allows less time does not hide a longer one that allows more."""
    mid, late = lot("mid"), lot("late")
    facts = [
        turn(20, [FLOUR], [BREAD]),
        turn(50, [mid], [BREAD]),
        turn(45, [FLOUR], [mid]),
        turn(40, [late], [FLOUR]),
        turn(47, [WHEAT], [FLOUR]),
    ]
    assert names(up(facts, BREAD, strict_time=True)) == {mid: 1, FLOUR: 1, late: 3}
    assert names(down(facts, late, strict_time=True)) == {FLOUR: 1, mid: 2, BREAD: 3}


def test_cycles_end_and_never_answer_the_item_itself():
    """Rework: flour becomes flour."""
    facts = [turn(10, [FLOUR], [BREAD]), turn(20, [BREAD], [FLOUR]), turn(30, [FLOUR], [FLOUR])]
    assert names(up(facts, FLOUR)) == {BREAD: 1}
    assert names(down(facts, FLOUR)) == {BREAD: 1}


def test_packing_mates_orders_and_places_are_no_ancestors():
    """Only processes and lots connect."""
    facts = [
        born(1, A, place="urn:x:hall"),
        born(2, B, place="urn:x:hall"),
        pack(3, P, A, B),
        turn(9, [A], [BREAD]),
        seen(10, BREAD, B),
    ]
    assert names(up(facts, BREAD)) == {A: 1}
    assert names(down(facts, B)) == {}
    assert names(up(facts, P)) == names(down(facts, P)) == {}


def test_a_container_put_in_is_what_it_held_then():
    """Not what came before or after, and not the pallet itself."""
    late = piece("late")
    facts = [
        pack(1, P, late),
        unpack(2, P),
        pack(3, P, A, (WHEAT, 5.0)),
        pack(4, Q, P),
        turn(9, [Q], [BREAD]),
        pack(10, Q, B),
    ]
    assert names(up(facts, BREAD)) == {A: 1, WHEAT: 1}
    assert names(down(facts, A)) == names(down(facts, WHEAT)) == {BREAD: 1}
    assert (
        names(down(facts, late))
        == names(down(facts, B))
        == names(down(facts, P))
        == names(down(facts, Q))
        == {}
    )


def test_the_packing_of_an_input_is_evidence():
    """Whoever doubts that A went in needs the event that put it on the pallet."""
    facts = [pack(3, P, A), pack(4, Q, P), turn(9, [Q], [BREAD])]
    assert set(up(facts, BREAD).events) == set(down(facts, A).events) == {fact.fingerprint for fact in facts}


def test_a_container_that_holds_nothing_known_is_an_input():
    """The chain stops there, and says so."""
    facts = [turn(9, [P], [BREAD])]
    assert names(up(facts, BREAD)) == {P: 1}
    assert names(down(facts, P)) == {BREAD: 1}
    assert [gap.item for gap in up(facts, BREAD).gaps] == [P]


def test_goods_that_hold_goods_count_with_what_they_hold():
    """A kit and its parts: the kit is a thing itself."""
    facts = [pack(1, A, B), mount(2, A, piece("chip")), turn(9, [A], [BREAD])]
    assert names(up(facts, BREAD)) == {A: 1, B: 1, piece("chip"): 1}
    assert names(down(facts, piece("chip"))) == {BREAD: 1}


def test_used_at_the_instant_of_unpacking_still_counts():
    """Both ends of being inside are included: a recall must not miss."""
    facts = [pack(3, P, A), unpack(9, P), turn(9, [P], [BREAD])]
    assert names(up(facts, BREAD)) == {A: 1}
    assert names(down(facts, A)) == {BREAD: 1}


def test_pieces_come_from_their_lot():
    """And so from what the lot was made of."""
    facts = [turn(10, [WHEAT], [FLOUR]), born(5, A, B, memberships=((A, FLOUR), (B, FLOUR)))]
    assert names(up(facts, A)) == {FLOUR: 1, WHEAT: 2}
    assert names(down(facts, WHEAT)) == {FLOUR: 1, A: 2, B: 2}
    assert names(up(facts, A, strict_time=True)) == {FLOUR: 1, WHEAT: 2}
    assert facts[1].fingerprint in down(facts, WHEAT).events


def test_other_lots_and_classes_are_other_things():
    """An event on a lot is on exactly that lot, not on its class or a sister."""
    facts = [turn(10, [WHEAT], [FLOUR]), turn(20, [lot("flour 2")], [BREAD])]
    assert names(down(facts, WHEAT)) == {FLOUR: 1}
    assert names(up(facts, "https://id.gs1.org/01/09521234543213")) == {}


def test_as_it_was_then_and_as_it_was_known_then():
    """`at` hides later events; `known_at` hides what was anchored later, or never."""
    facts = [
        turn(10, [WHEAT], [FLOUR], known_ms=900),
        turn(20, [FLOUR], [BREAD], known_ms=100),
        turn(20, [FLOUR], [A], known_ms=None),
    ]
    assert names(down(facts, WHEAT, at=19)) == {FLOUR: 1}
    assert names(up(facts, BREAD, known_at=899)) == {FLOUR: 1}
    assert names(down(facts, FLOUR, known_at=1000)) == {BREAD: 1}


@pytest.mark.parametrize("depth", [0, 1, 2, 3])
def test_a_bounded_depth_says_when_it_cut(depth):
    """Truncated only where more would follow."""
    answer = up(CHAIN, BREAD, max_depth=depth)
    assert all(entry.depth <= depth for entry in answer.items)
    assert answer.truncated is (depth < 2)


def test_a_bounded_number_of_items_says_when_it_cut():
    """The first by depth and name, the same on every node."""
    facts = [turn(10, [piece(str(n)) for n in range(30)], [BREAD])]
    answer = up(facts, BREAD, max_items=10)
    assert answer.truncated
    assert [entry.item for entry in answer.items] == sorted(piece(str(n)) for n in range(30))[:10]
    assert not up(facts, BREAD, max_items=30).truncated


def test_gaps_of_the_sources_are_passed_on():
    """A holder that was down is named in the answer."""
    walk = trace(BREAD, Direction.UPSTREAM)
    walk.feed([], [Gap(BREAD, GapReason.HOLDER_DOWN, "node 3")])
    assert Gap(BREAD, GapReason.HOLDER_DOWN, "node 3") in walk.result().gaps


def test_a_walk_is_asked_in_order():
    """An answer only when done; nothing wanted when done; waiting repeats the question."""
    walk = history(A)
    with pytest.raises(ValueError, match="not done"):
        walk.result()
    assert walk.wanted() is walk.wanted()
    walk.feed([])
    assert walk.done
    with pytest.raises(ValueError, match="done"):
        walk.wanted()
    assert walk.result().events == ()


def test_nothing_is_asked_twice():
    """Each item and each transformation id is looked up once in a walk."""
    facts = [*CHAIN, turn(5, [], [WHEAT], transformation_id="urn:x:1"), pack(2, P, (WHEAT, 1.0))]
    for direction in Direction:
        walk, asked = trace(FLOUR, direction), []
        while not walk.done:
            asked += [*walk.wanted().items, *walk.wanted().transformations]
            walk.feed(facts)
        assert len(asked) == len(set(asked))


def test_the_same_process_of_thousands_is_no_million_edges():
    """2,000 inputs and 2,000 outputs of one process: every one asked about once, and quickly."""
    ins, outs = [piece(f"i{n}") for n in range(2000)], [piece(f"o{n}") for n in range(2000)]
    facts = [turn(10, ins, outs), turn(20, outs, [BREAD])]
    assert len(names(up(facts, BREAD))) == 4000
    assert len(names(down(facts, ins[0]))) == 2001


def test_a_repeat_by_another_speaker_changes_no_item():
    """Two companies tell of one transformation: both statements are evidence, the items are the same."""
    facts = [turn(10, [WHEAT], [FLOUR]), turn(10, [WHEAT], [FLOUR], issuer="urn:x:party:2")]
    answer = up(facts, FLOUR)
    assert names(answer) == {WHEAT: 1}
    assert set(answer.events) == {fact.fingerprint for fact in facts}


def test_emptied_containers_and_moves_between_holders():
    """The packing is at one holder, the move at another, the use at a third."""
    packed, moved, used = [pack(1, P, A)], [pack(5, Q, A)], [turn(9, [P], [BREAD]), turn(9, [Q], [FLOUR])]
    answer = drive(trace(A, Direction.DOWNSTREAM), packed, moved, used)
    assert names(answer) == {FLOUR: 1}
    assert names(drive(trace(BREAD, Direction.UPSTREAM), packed, moved, used)) == {P: 1}


def test_objects_deleted_stay_ancestors():
    """Destroying what is left of a lot does not unmake what was made of it."""
    facts = [*CHAIN, seen(30, WHEAT, action=Action.DELETE)]
    assert names(up(facts, BREAD)) == {FLOUR: 1, YEAST: 1, WHEAT: 2}
