"""Rules of lineage against a world that simulates forward, and what must not change any answer."""

from dataclasses import replace
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.lineage_facts import (
    born,
    down,
    drive,
    inside,
    names,
    pack,
    pallet,
    piece,
    seen,
    told,
    turn,
    up,
)
from tests.unit.lineage_world import LOTS, PALLETS, PIECES, World, ancestors, world
from tracehold.core.ids import Fingerprint
from tracehold.core.lineage import Direction, contents, history, trace

worlds = st.builds(world, st.integers(0, 10**9), st.integers(1, 40))
few = settings(max_examples=60, deadline=None)


def things(made: World) -> list[str]:
    """Everything that was ever spoken of."""
    return PIECES + PALLETS + LOTS + [piece(f"made{n}") for n in range(made.made)]


def answers(facts, items) -> list[object]:
    """All questions about all items."""
    return [[up(facts, i), down(facts, i), told(facts, i), inside(facts, i, recursive=True)] for i in items]


@few
@given(worlds)
def test_upstream_is_what_the_world_wrote_down(made):
    """Exactly the ancestors, through pallets, moves and emptying."""
    for item in things(made):
        assert set(names(up(made.facts, item))) == ancestors(made, item)


@few
@given(worlds)
def test_history_is_what_the_world_wrote_down(made):
    """Exactly the events of an item and of what was around it."""
    for item in things(made):
        assert {event.instant for event in told(made.facts, item).events} == made.lives.get(item, set())


@few
@given(worlds)
def test_contents_are_what_is_inside(made):
    """Exactly what the pallet holds in the end, with what is left of lots."""
    for vessel in PALLETS:
        truth: set[tuple] = {(item, ()) for item, where in made.inside.items() if where == vessel}
        truth |= {
            (item, ((left, "KGM"),)) for (item, at), left in made.stock.items() if at == vessel and left > 0
        }
        assert {(held.item, held.amounts) for held in inside(made.facts, vessel).children} == truth


@few
@given(worlds, st.integers(0, 40))
def test_downstream_is_upstream_turned_round(made, at):
    """y is downstream of x if and only if x is upstream of y, at any time, strict or not."""
    for options in ({}, {"at": at}, {"strict_time": True}):
        above = {item: set(names(up(made.facts, item, **options))) for item in things(made)}
        for item in things(made):
            below = set(names(down(made.facts, item, **options)))
            assert below == {other for other, found in above.items() if item in found}


@few
@given(worlds, st.integers(0, 40))
def test_at_is_as_if_nothing_had_followed(made, at):
    """Asking for a past instant is asking a world that stopped there."""
    then = [fact for fact in made.facts if fact.instant <= at]
    for item in things(made):
        assert up(made.facts, item, at=at) == up(then, item)
        assert told(made.facts, item, at=at) == told(then, item)
        assert inside(made.facts, item, at=at) == inside(then, item)


@few
@given(worlds, st.randoms(use_true_random=False))
def test_order_and_repeats_change_nothing(made, random):
    """Facts may come in any order, and again."""
    again = made.facts + random.sample(made.facts, len(made.facts) // 2)
    random.shuffle(again)
    assert answers(again, things(made)) == answers(made.facts, things(made))


@few
@given(worlds, st.randoms(use_true_random=False))
def test_parts_at_several_holders_answer_as_one(made, random):
    """Each fact at one or more of three holders: the answer is that of all in one place."""
    holders: list[list] = [[], [], []]
    for fact in made.facts:
        for number in random.sample(range(3), random.randint(1, 2)):
            holders[number].append(fact)
    for item in things(made):
        for ask in (
            lambda i: trace(i, Direction.UPSTREAM),
            lambda i: trace(i, Direction.DOWNSTREAM),
            history,
            contents,
        ):
            assert drive(ask(item), *holders) == drive(ask(item), made.facts)


@few
@given(worlds, st.integers(0, 45))
def test_an_unrelated_event_changes_nothing(made, instant):
    """What happens to other things is not told here."""
    other = [piece("other"), pallet(77)]
    more = [
        born(instant, other[0]),
        pack(instant, other[1], other[0]),
        turn(instant, [other[0]], [piece("other2")]),
    ]
    assert answers(made.facts + more, things(made)) == answers(made.facts, things(made))


@few
@given(worlds, st.integers(0, 10**9), st.randoms(use_true_random=False))
def test_a_voided_event_was_never_captured(made, seed, random):
    """Strange events with their declarations, mixed in anywhere, leave every answer as it was."""
    strange = World(made=made.made)
    for instant in range(1, 6):
        strange.step(Random(seed + instant), instant * 7)
    voided = [
        replace(fact, event_id=f"urn:x:{n}", issuer="urn:x:9", fingerprint=tag(n, 1))
        for n, fact in enumerate(strange.facts)
    ]
    errors = [replace(fact, declares_error=True, fingerprint=tag(n, 2)) for n, fact in enumerate(voided)]
    mixed = made.facts + voided + errors
    random.shuffle(mixed)
    assert answers(mixed, things(made)) == answers(made.facts, things(made))


def tag(number: int, kind: int) -> Fingerprint:
    """A fingerprint of our own."""
    return Fingerprint(bytes([kind, number]) * 16)


@few
@given(worlds)
def test_repeats_with_one_hash_change_no_item_and_no_amount(made):
    """A second speaker of every event: the same items, the same amounts, twice the statements."""
    first = [replace(fact, event_hash=fact.fingerprint.hex()) for fact in made.facts]
    twice = first + [replace(fact, issuer="urn:x:9", fingerprint=tag(n, 3)) for n, fact in enumerate(first)]
    for item in things(made):
        assert names(up(twice, item)) == names(up(first, item))
        assert len(told(twice, item).events) == 2 * len(told(first, item).events)
    for vessel in PALLETS:
        once, again = inside(first, vessel), inside(twice, vessel)
        assert [replace(held, opened_by=tag(0, 0)) for held in again.children] == [
            replace(held, opened_by=tag(0, 0)) for held in once.children
        ]


@few
@given(worlds)
def test_the_item_itself_is_never_in_its_answer(made):
    """Whatever circles there are."""
    circle = [*made.facts, turn(50, [PIECES[0]], [PIECES[1]]), turn(51, [PIECES[1]], [PIECES[0]])]
    for item in PIECES:
        assert item not in names(up(circle, item))
        assert item not in names(down(circle, item))


@few
@given(worlds)
def test_answers_rest_on_events_about_the_items(made):
    """Each item of a trace has statements that tie it in; all of them are among the events, in time order."""
    known = {fact.fingerprint: fact for fact in made.facts}
    for item in things(made):
        answer = up(made.facts, item)
        for entry in answer.items:
            assert entry.via
            assert set(entry.via) <= set(answer.events)
        assert [known[f].instant for f in answer.events] == sorted(known[f].instant for f in answer.events)


steps = st.tuples(
    st.sampled_from(PIECES[:5]),
    st.sampled_from(PIECES[:5]),
    st.integers(1, 6),
    st.sampled_from([None, None, "urn:x:1"]),
)


@few
@given(st.lists(steps, max_size=8))
def test_wild_flows(moves):
    """Circles, shared transformation ids and clocks that err: reach is as its definition says, both ways."""
    facts = [
        turn(at, [a], [b], transformation_id=name, event_id=str(n))
        for n, (a, b, at, name) in enumerate(moves)
    ]
    for item in PIECES[:5]:
        for strict in (False, True):
            above, below = climbed(moves, item, strict), climbed(turned(moves), item, strict)
            assert set(names(up(facts, item, strict_time=strict))) == above
            assert set(names(down(facts, item, strict_time=strict))) == below
        late = {entry.item for entry in up(facts, item).items if entry.against_time}
        assert late == climbed(moves, item, False) - climbed(moves, item, True)


def turned(moves):
    """The flows with time and direction turned round: downstream becomes upstream."""
    return [(b, a, -at, name) for a, b, at, name in moves]


def climbed(moves, item, strict):
    """Ancestors by definition: every path, with the instant by which the next thing must have been there."""
    seen, edge = set(), [(item, 99)]
    while edge:
        name, bound = edge.pop()
        for making in moves:
            if making[1] != name or (strict and making[2] > bound):
                continue
            for feeding in moves:
                together = feeding is making or (making[3] is not None and feeding[3] == making[3])
                state = (feeding[0], feeding[2] if strict else 99)
                if together and state not in seen and not (strict and feeding[2] > making[2]):
                    seen.add(state)
                    edge.append(state)
    return {name for name, _ in seen} - {item}


def test_the_world_does_things():
    """The generator reaches what the properties are about: nesting, moves, deep chains, pallets as inputs."""
    made = [world(seed, 40) for seed in range(30)]
    assert max(len(ancestors(w, item)) for w in made for item in things(w)) > 5
    assert any(len(w.around(item)) > 1 for w in made for item in PIECES)
    assert any(quantity.item in PALLETS for w in made for fact in w.facts for quantity in fact.inputs)
    assert seen(1, PIECES[0]).instant == 1
