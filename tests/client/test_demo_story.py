"""The demo's story: valid events, the same on each run, and a ground truth that the lineage rules must
meet.
"""

import json
from collections import Counter
from collections.abc import Sequence
from typing import TypeVar

import pytest

from tracehold.cli.demo.narrator import Told
from tracehold.cli.demo.players import COMPANIES, PACKER
from tracehold.cli.demo.story import Story, tell
from tracehold.cli.demo.truth import Truth
from tracehold.core import lineage
from tracehold.core.epcis import Mode, parse_event
from tracehold.core.gs1 import canonical
from tracehold.core.ids import Fingerprint
from tracehold.core.lineage import Direction, Fact, Walk

_Answer = TypeVar("_Answer")


@pytest.fixture(scope="module")
def story() -> Story:
    """The story of the demo."""
    return tell()


@pytest.fixture(scope="module")
def facts(story: Story) -> list[Fact]:
    """What its events say."""
    return [_fact(number, told) for number, told in enumerate(story.events)]


def _fact(number: int, told: Told) -> Fact:
    event = parse_event(told.payload, Mode.STRICT)
    fingerprint = Fingerprint(number.to_bytes(32, "big"))
    return lineage.fact_of(event, fingerprint, told.company.party.link, event_hash=told.event_id)


def answer(walk: Walk[_Answer], facts: Sequence[Fact]) -> _Answer:
    """Ask over the facts as a store would answer."""
    while not walk.done:
        wanted = walk.wanted()
        walk.feed(
            fact
            for fact in facts
            if lineage.touched(fact) & wanted.names or fact.transformation_id in wanted.transformations
        )
    return walk.result()


def test_every_event_is_strictly_valid(story: Story):
    """No event of the story earns as much as a warning."""
    for told in story.events:
        assert parse_event(told.payload, Mode.STRICT).findings == ()


def test_story_is_the_same_on_each_run_and_another_with_another_seed(story: Story):
    """The seed decides all bytes."""
    assert tell().events == story.events
    assert tell(2).events != story.events


def test_story_is_told_in_order_of_time_without_ties(story: Story):
    """No answer can depend on how ties are broken; only a declaration of error repeats an earlier event's
    time.
    """
    times = [told.time for told in story.events if b"errorDeclaration" not in told.payload]
    assert times == sorted(set(times))


def test_story_uses_all_event_types_and_both_spellings(story: Story):
    """About 200 events of all five types, some companies with URNs and some with Digital Links."""
    types = Counter(json.loads(told.payload)["type"] for told in story.events)
    assert set(types) == {
        "ObjectEvent",
        "AggregationEvent",
        "TransformationEvent",
        "TransactionEvent",
        "AssociationEvent",
    }
    assert 150 <= len(story.events) <= 250
    assert {company.urns for company in COMPANIES} == {True, False}
    assert {company.signs for company in COMPANIES} == {True, False}


@pytest.mark.parametrize(
    "thing",
    [
        PACKER.party,
        PACKER.place(3),
        PACKER.lot(1, "L-1"),
        PACKER.piece(1, "7"),
        PACKER.piece(2, "7", level=1),
        PACKER.unit(12),
        PACKER.asset("A1"),
        PACKER.returnable(7, "T1"),
    ],
)
def test_both_spellings_of_a_thing_are_one_item(thing: object):
    """The URN and the Digital Link of each key have one canonical form: the link."""
    link, urn = getattr(thing, "link", ""), getattr(thing, "urn", "")
    assert canonical(urn) == canonical(link) == link


def test_lineage_of_every_item_is_the_truth(story: Story, facts: Sequence[Fact]):
    """What the narrator knows and what the rules derive from the events agree, for everything ever made."""
    made = set(story.truth.made_from) | {item for inputs in story.truth.made_from.values() for item in inputs}
    for item in sorted(made):
        up = answer(lineage.trace(item, Direction.UPSTREAM), facts)
        down = answer(lineage.trace(item, Direction.DOWNSTREAM), facts)
        assert {each.item for each in up.items} == story.truth.upstream(item), item
        assert {each.item for each in down.items} == story.truth.downstream(item), item


def test_histories_of_all_packages_are_the_truth(story: Story, facts: Sequence[Fact]):
    """Also through cases, pallets, a trailer that goes twice, and a pallet put together anew."""
    packages = [item for item in story.truth.histories if "/01/0952130100001" in item and "/21/P" in item]
    assert len(packages) == 120
    for item in packages:
        told = answer(lineage.history(item), facts).events
        ids = [facts[int.from_bytes(each.fingerprint, "big")].event_id for each in told]
        assert ids == story.truth.histories[item], item


def test_contents_of_the_pallet_are_the_truth_at_their_time(story: Story, facts: Sequence[Fact]):
    """Before the trailer leaves, four cases of six packages are on the pallet."""
    pallet, moment, inside = story.contents
    at = int(moment.timestamp() * 1_000_000)
    held = answer(lineage.contents(pallet, at=at, recursive=True), facts)
    assert {each.item for each in held.children} == inside
    assert len(inside) == 28


def test_carriers_are_no_ancestors(story: Story):
    """Pallets and loggers are in no upstream set of the truth itself."""
    assert not story.truth.upstream(story.purchased) & (story.pallets | {story.logger})
    assert story.grain in story.truth.upstream(story.purchased)


def test_truth_follows_edges_over_any_number_of_steps():
    """The closure of the ground truth is right on a chain and on a cycle, and leaves others out."""
    truth = Truth()
    truth.transformed(["a"], ["b"])
    truth.transformed(["b", "c"], ["d"])
    truth.transformed(["x"], ["y"])
    assert truth.upstream("d") == {"a", "b", "c"}
    assert truth.downstream("a") == {"b", "d"}
    truth.transformed(["d"], ["a"])
    assert truth.upstream("a") == {"a", "b", "c", "d"}


def test_event_that_was_taken_back_is_no_truth(story: Story):
    """The wrongly named lot went into nothing, though an event says so."""
    assert len(story.truth.voided) == 1
    wrong = next(told for told in story.events if told.event_id in story.truth.voided)
    named = json.loads(wrong.payload)["inputQuantityList"][0]["epcClass"]
    assert story.truth.downstream(canonical(named)) == frozenset()
