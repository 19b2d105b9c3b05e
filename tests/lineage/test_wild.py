"""What holds of every answer, over anything that can be said."""

from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.lineage.goods import pallet, piece
from tests.lineage.telling import begin, make, micros, mount, pack, respelled, said_by, see, wrong
from tests.lineage.wild import PIECES, PLACES, THINGS, Nodes, Shelf, answers, facts, live, stories, wild
from tracehold.core.lineage import Direction, Fact, Quantity, begun, stays
from tracehold.core.lineage.book import Book
from tracehold.core.lineage.facts import touched
from tracehold.core.lineage.intervals import FAMILIES, held_in, intervals, may_be_piece

ROLES = ("children", "inputs", "outputs", "observed")
UP, DOWN = Direction.UPSTREAM, Direction.DOWNSTREAM
some = settings(max_examples=60, deadline=None)
seeds = st.integers(0, 10**6)
times = st.sampled_from([None, None, 1, 2, 3])


def at_minute(minute: int | None) -> dict[str, Any]:
    """The option of a question."""
    return {} if minute is None else {"at": micros(minute)}


@some
@given(stories, st.randoms(use_true_random=False), seeds, times)
def test_order_of_capture_and_salts_do_not_matter(events, random, seed, minute):
    """Whatever comes first, and whatever the fingerprints, the goods are the same."""
    shuffled = random.sample(events, len(events))
    time = at_minute(minute)
    assert answers(facts(shuffled, seed + 1), **time) == answers(facts(events, seed), **time)


@some
@given(stories, seeds)
def test_capturing_twice_changes_nothing(events, seed):
    """The same statement again, the same event by the same speaker or by another."""
    once = facts(events, seed)
    for again in (
        once,
        facts(events, seed + 1),
        facts([said_by("urn:x:party:2", e) for e in events], seed + 1),
    ):
        assert answers(once + again) == answers(once)


@some
@given(stories, seeds, st.integers(0, 1), times)
def test_spelling_does_not_matter(events, seed, way, minute):
    """URNs, links of other domains, other zones, lists in another order; alone, and as repeats."""
    other = facts([respelled(event, way) for event in events], seed + 1)
    plain, time = facts(events, seed), at_minute(minute)
    assert answers(other, **time) == answers(plain, **time)
    assert answers(plain + other, **time) == answers(plain, **time)


@some
@given(stories, stories, st.randoms(use_true_random=False), seeds, st.booleans(), times)
def test_a_voided_event_was_never_captured(events, errors, random, seed, other_spelling, minute):
    """Events with their declarations, in any spelling, mixed in anywhere: every answer is as without them."""
    told = [said_by("urn:x:party:9", event) for event in errors]
    taken = [respelled(wrong(event)) if other_spelling else wrong(event) for event in told]
    mixed = facts(told, seed + 1) + facts(taken, seed + 2) + facts(events, seed)
    random.shuffle(mixed)
    time = at_minute(minute)
    assert answers(mixed, **time) == answers(facts(events, seed), **time)


@some
@given(stories, seeds, times, st.booleans())
def test_downstream_is_upstream_turned_round(events, seed, minute, strict):
    """y in downstream(x) if and only if x in upstream(y), at any time, strict or not, flagged alike."""
    said, options = facts(events, seed), {**at_minute(minute), "strict_time": strict}
    assert _pairs(Shelf(said), UP, **options) == {
        (there, here, late) for here, there, late in _pairs(Shelf(said), DOWN, **options)
    }


@some
@given(stories, st.randoms(use_true_random=False), seeds, st.integers(2, 4), times)
def test_parts_over_several_nodes_equal_one_node(events, random, seed, nodes, minute):
    """Each statement at one node or more, asked in any order, with the declarations of some of them."""
    said = facts(events, seed) + facts([wrong(event) for event in events[::3]], seed + 1)
    time = at_minute(minute)
    assert answers(Nodes(said, nodes, random), **time) == answers(said, **time)


@some
@given(stories, seeds, times)
def test_rows_of_one_event_are_one_row_of_their_sum(events, seed, minute):
    """Two rows of three kilograms are six, wherever they stand."""
    said, time = facts(events, seed), at_minute(minute)
    assert answers([_folded(fact) for fact in said], **time) == answers(said, **time)


@some
@given(stories, seeds, st.integers(1, 4))
def test_an_unrelated_event_changes_nothing(events, seed, minute):
    """What happens to other things, at the same places and times."""
    one, two, crate = piece("other"), piece("more"), pallet(9)
    others = [begin(minute, one, lot="z"), pack(minute, crate, one), mount(minute, one, two)]
    others += [make(minute, [crate], [two]), see(minute, two, bizLocation=PLACES[0])]
    said = facts(events, seed)
    assert answers(said + facts(others, seed + 1)) == answers(said)


@some
@given(stories, seeds, st.integers(1, 4))
def test_at_is_as_if_nothing_had_followed(events, seed, minute):
    """A question about the past is one to a world that stopped there."""
    said, time = facts(events, seed), at_minute(minute)
    then = [fact for fact in live(said) if fact.instant <= time["at"]]
    assert answers(said, **time) == answers(then)


@some
@given(stories, seeds, times)
def test_only_what_stands_counts(events, seed, minute):
    """Declarations, and what they take back by content or by id, might as well not be there."""
    said, time = facts(events, seed), at_minute(minute)
    assert answers(said, **time) == answers(live(said), **time)


@some
@given(stories, stories, seeds)
def test_known_at_is_as_if_nothing_more_had_been_said(early, late, seed):
    """What was anchored later changes no answer of before."""
    first, second = facts(early, seed, known_ms=10), facts(late, seed + 1, known_ms=20)
    assert answers(first + second, known_at=10) == answers(first)
    assert answers(first + second, known_at=20) == answers(first + second)


@some
@given(stories, seeds, st.sampled_from(FAMILIES))
def test_findings_and_answers_agree_where_a_piece_was(events, seed, family):
    """Stays by facts in hand are those of answers, but for what is made anew (docs/lineage.md)."""
    said = [fact for fact in live(facts(events, seed)) if not begun(fact)]
    book = Book()
    book.add(said)
    for item in PIECES:
        assert stays(item, said, family) == intervals(book, item, family)


@some
@given(stories, seeds, st.sampled_from(FAMILIES))
def test_what_was_in_a_vessel_is_told_by_its_own_facts(events, seed, family):
    """And by those of the pieces in it: the same as when all that was ever said is looked through."""
    said = live(facts(events, seed))
    whole = Book()
    whole.add(said)
    for vessel in THINGS:
        own = [fact for fact in said if fact.parent == vessel]
        inside = {quantity.item for fact in own for quantity in fact.children}
        pieces = {item for item in inside if may_be_piece(item)}
        book = Book()
        book.add(own + [fact for fact in said if not pieces.isdisjoint(touched(fact))])
        every = [(item, place) for item in inside for place in intervals(whole, item, family)]
        assert sorted(held_in(book, vessel, family), key=repr) == sorted(
            [entry for entry in every if entry[1].parent == vessel], key=repr
        )


@some
@given(stories, seeds)
def test_what_an_item_holds_and_what_it_is_in_agree(events, seed):
    """a stands in P if and only if P contains a."""
    said = facts(events, seed)
    found = answers(said)
    contained = {pair for item in found for pair in _places(found[item]["inside"]) if pair[1] == item}
    standing = {pair for item in THINGS for pair in _places(found[item]["around"]) if pair[0] == item}
    assert contained == standing


def _pairs(shelf: Shelf, direction: Direction, **options) -> set[tuple[str, str, bool]]:
    return {
        (item, other, late)
        for item in THINGS
        for other, late in shelf.reach(item, direction, **options).items()
    }


def _places(entries) -> set[tuple[str, str]]:
    return {(entry.item, entry.parent) for entry in entries}


def test_wild_stories_reach_what_the_properties_are_about():
    """The generator is able to break them: nesting, moves at one instant, processes by id, lots that are put
    out in pieces, circles, clocks that err, sensors that were there.
    """
    told = [facts(wild(seed, 12)) for seed in range(100)]
    shelves = [Shelf(said) for said in told]
    reached = [shelf.reach(item, UP) for shelf in shelves for item in THINGS]
    assert sum(len(found) > 4 for found in reached) > 20
    assert sum(True in found.values() for found in reached) > 20
    assert sum(bool(fact.memberships and fact.outputs) for said in told for fact in said) > 20
    assert sum(len(_at_once(said, item)) > 1 for said in told for item in PIECES) > 10
    assert sum(len(said) - len(live(said)) > 2 for said in told) > 5
    assert sum(_says_twice(fact) for said in told for fact in said) > 20
    plain = [answers(said, PIECES) for said in told]
    assert sum(len(found["around"]) > 1 for story in plain for found in story.values()) > 10
    assert sum(role == "sensed" for s in plain for found in s.values() for _, role, _ in found["history"]) > 5


def _says_twice(fact) -> bool:
    """Whether two rows of the event are equal."""
    return any(len(set(rows := getattr(fact, role))) < len(rows) for role in ROLES)


def _folded(fact) -> Fact:
    return replace(fact, **{role: _sums(getattr(fact, role)) for role in ROLES})


def _sums(rows) -> tuple[Quantity, ...]:
    plain = [row for row in rows if row.amount is None]
    sums: dict[tuple[str, str | None], float] = {}
    for row in rows:
        if row.amount is not None:
            sums[row.item, row.uom] = sums.get((row.item, row.uom), 0.0) + row.amount
    return (*plain, *(Quantity(item, amount, unit) for (item, unit), amount in sums.items()))


def _at_once(said, item) -> set[str | None]:
    """Containers that the item is put into at the same instant."""
    put = [fact for fact in said if fact.action == "ADD" and any(q.item == item for q in fact.children)]
    return {one.parent for one in put for other in put if one.instant == other.instant}
