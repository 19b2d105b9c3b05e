"""Recall, complaints and hands by the rules alone: against traces and states, and by small facts."""

from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.lineage_facts import born, down, drive, lot, pack, pallet, piece, seen, turn, unpack
from tests.unit.lineage_world import LOTS, PALLETS, PIECES, world
from tracehold.core.epcis import Mode, parse_event
from tracehold.core.ids import Fingerprint
from tracehold.core.lineage import (
    Custody,
    Fact,
    StateResult,
    common,
    complaint,
    custody,
    recall,
    standing,
    state,
)

THINGS = PIECES + PALLETS + LOTS
worlds = st.builds(world, st.integers(0, 10**9), st.integers(1, 40))
few = settings(max_examples=40, deadline=None)
several = st.lists(st.sampled_from(THINGS), min_size=1, max_size=3, unique=True)
MILL, SHOP = "urn:x:party:mill", "urn:x:party:shop"
A, P, LOT = piece("a"), pallet(1), lot("L")


def stands(facts: list[Fact], item: str, **options: int) -> StateResult:
    """The state over one list of facts."""
    result: StateResult = drive(state(item, **options), facts)
    return result


@few
@given(worlds, several)
def test_a_recall_is_all_that_came_of_any(made, items):
    """Each item once, with the least depth, the lots that lead to it, and all that ties it in."""
    found = drive(recall(items), made.facts)
    ways = {item: {entry.item: entry for entry in down(made.facts, item).items} for item in items}
    assert {row.item for row in found.items} == {name for way in ways.values() for name in way} - {*items}
    for row in found.items:
        entries = {item: way[row.item] for item, way in ways.items() if row.item in way}
        assert row.depth == min(entry.depth for entry in entries.values())
        assert set(row.comes_from) == entries.keys()
        assert set(row.via) == {name for entry in entries.values() for name in entry.via}
    assert list(found.items) == sorted(found.items, key=lambda row: (row.depth, row.item))


@few
@given(worlds)
def test_what_has_ended_and_what_is_left_follow_from_the_evidence(made):
    """Of a lot all that was counted, of a piece the event that ended it: shown, not only told."""
    for item in THINGS:
        whole = stands(made.facts, item)
        shown = stands([fact for fact in made.facts if fact.fingerprint in whole.events], item)
        if item in LOTS:
            assert (shown.amounts, shown.ended) == (whole.amounts, whole.ended)
        assert shown.ended or not whole.ended


@few
@given(worlds)
def test_items_looked_up_together_stand_as_each_by_itself(made):
    """In the order of the question."""
    assert list(drive(standing(THINGS), made.facts)) == [stands(made.facts, item) for item in THINGS]


@few
@given(worlds, st.integers(0, 10**6), st.integers(1, 4))
def test_order_of_arrival_and_holders_change_no_answer(made, seed, holders):
    """Facts shuffled and spread, with repeats: the same recall, states and complaints."""
    told = [*made.facts, *made.facts[::3]]
    Random(seed).shuffle(told)
    spread = [told[at::holders] for at in range(holders)]
    for walk in (lambda: recall(LOTS), lambda: standing(THINGS), lambda: complaint(PIECES[:3])):
        assert drive(walk(), *spread) == drive(walk(), made.facts)


@few
@given(worlds, st.lists(st.sampled_from(THINGS), min_size=2, max_size=3, unique=True))
def test_a_complaint_has_what_is_common_and_where_each_passed(made, items):
    """A place is shared exactly where each item's own way has it."""
    facts = [replace(fact, place=f"urn:x:place:{fact.instant % 3}") for fact in made.facts]
    found = drive(complaint(items), facts)
    assert found.common == drive(common(items), facts)
    place = {fact.fingerprint: fact.place for fact in facts}
    ways = [{place[name] for name in way} for way in found.passed]
    assert [met.place for met in found.places] == sorted(set.intersection(*ways))
    for met in found.places:
        assert [place[name] for name in met.told_by] == [met.place] * len(items)


def test_bounds_cut_a_recall_and_say_so():
    """By depth, by items over all that were asked about, and not where everything fits."""
    facts = [turn(at, [LOT], [piece(f"p{at}")]) for at in range(5)] + [turn(9, [A], [piece("q")])]
    assert len(drive(recall([LOT, A]), facts).items) == 6
    assert not drive(recall([LOT, A]), facts).truncated
    for walk in (recall([LOT, A], max_items=3), recall([LOT, A], max_depth=0)):
        cut = drive(walk, facts)
        assert cut.truncated
        assert len(cut.items) <= 3


def test_hands_follow_the_container_and_stay_with_the_last_that_handled_it():
    """Packed by one, its pallet received by another, then only looked at by a third, then unpacked."""
    facts = [
        born(1, A),
        pack(2, P, A),
        seen(3, P, issuer=MILL, step="receiving"),
        seen(4, P, issuer=SHOP, step="inspecting"),
    ]
    assert stands(facts, A).handled_by == (facts[2].fingerprint,)
    assert stands(facts, A, at=2).handled_by == (facts[1].fingerprint,)
    out = unpack(5, P, A, issuer=SHOP)
    moved = seen(6, P, issuer=MILL, step="shipping")
    assert stands([*facts, out, moved], A).handled_by == (out.fingerprint,)
    assert stands([*facts, out, moved], P).handled_by == (moved.fingerprint,)


def test_of_a_lot_the_last_word_of_each_speaker_counts():
    """And one that was taken back does not."""
    facts = [born(1, (LOT, 5.0)), seen(2, (LOT, 2.0), issuer=MILL, step="receiving"), seen(3, (LOT, 3.0))]
    assert stands(facts, LOT).handled_by == (facts[0].fingerprint, facts[1].fingerprint)
    back = replace(facts[1], fingerprint=Fingerprint(bytes(32)), declares_error=True)
    assert stands([*facts, back], LOT).handled_by == (facts[0].fingerprint,)


@pytest.mark.parametrize(
    ("other", "contradicts"),
    [
        ({"place": "urn:x:elsewhere"}, True),
        ({"disposition": "damaged"}, True),
        ({"place": "urn:x:here"}, False),
        ({}, False),
        ({"place": "urn:x:elsewhere", "issuer": "urn:x:party:1"}, False),
        ({"place": "urn:x:elsewhere", "at": 6}, False),
    ],
)
def test_what_contradicts(other: dict, contradicts: bool):
    """Another speaker, the same instant, another place or disposition: no less is a contradiction."""
    one = seen(5, A, place="urn:x:here", disposition="in_progress")
    fields = {"issuer": MILL, **other}
    two = seen(fields.pop("at", 5), A, **fields)
    found = stands([one, two], A)
    assert bool(found.contradicted_by) is contradicts
    assert set(found.contradicted_by) <= set(found.events)


def test_two_containers_at_one_instant_contradict():
    """A piece cannot be packed onto two pallets by two parties at once."""
    facts = [pack(1, P, A), pack(1, pallet(2), A, issuer=MILL)]
    assert len(stands(facts, A).contradicted_by) == 1


@pytest.mark.parametrize(
    ("step", "before", "after", "expected"),
    [
        ("receiving", "urn:x:f", "urn:x:t", Custody("urn:x:t")),
        ("receiving", "urn:x:f", None, Custody("urn:x:me")),
        ("shipping", "urn:x:f", "urn:x:t", Custody("urn:x:f", "urn:x:t")),
        ("shipping", None, "urn:x:t", Custody("urn:x:me", "urn:x:t")),
        ("departing", None, None, Custody("urn:x:me")),
        ("packing", None, None, Custody("urn:x:me")),
    ],
)
def test_what_an_event_says_of_who_has_it(
    step: str, before: str | None, after: str | None, expected: Custody
):
    """The table of docs/lineage.md, "Hands"; owners are not possessors."""
    ends = ', "sourceList": [{"type": "owning_party", "source": "urn:x:owner"}'
    ends += f', {{"type": "possessing_party", "source": "{before}"}}' if before else ""
    ends += '], "destinationList": [{"type": "owning_party", "destination": "urn:x:owner"}'
    ends += f', {{"type": "possessing_party", "destination": "{after}"}}' if after else ""
    text = (
        '{"@context": "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",'
        '"type": "ObjectEvent",'
        '"action": "OBSERVE", "eventTime": "2026-03-01T00:00:00Z", "eventTimeZoneOffset": "+00:00",'
        f'"epcList": ["urn:x:1"], "bizStep": "{step}"{ends}]}}'
    )
    assert custody(parse_event(text.encode(), Mode.TOLERANT), "urn:x:me") == expected
