"""Who gives and takes places: the rules alone, with members, acknowledgements and silence as they come."""

import asyncio
import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.journey.places_scene import LIMITS, LOG, Place, member, place
from tracehold.core.ids import LogId
from tracehold.core.limits import SEGMENT_ENTRIES
from tracehold.journey.health import Health
from tracehold.journey.ports import Copy
from tracehold.journey.repair import AT_ONCE

PAGE = Path(__file__).parents[2] / "docs/spec/placement.md"


async def test_two_segments_at_one_time() -> None:
    """A member that held parts of many segments is lost: its places are given away two by two, the open
    segment's first.
    """
    it = await place(range(2, 5), segments=7)
    it.members += [member(number) for number in range(5, 10)]
    held = [segment for segment in range(7) if 3 in it.at(segment)]
    assert len(held) > 2 * AT_ONCE
    it.healths[3] = Health.LOST
    order = []
    for _ in held:
        await it.tend()
        await it.tend()
        running = [each.segment for each in it.repairs.standing(1)]
        assert len(running) <= AT_ONCE
        order += running
        await it.whole()
    assert sorted(order) == held
    assert order[0] == held[-1]
    assert order[1:] == held[:-1]


async def test_a_repair_is_told_with_what_it_comes_to() -> None:
    """Entries of the segment that are anchored, and how many of them were taken."""
    it = await place(segments=2)
    lost = it.at(1)[0]
    it.healths[lost] = Health.LOST
    await it.tend()
    new = it.moves[0].node
    await it.take(1, new, entries=1000)
    (told,) = [each for each in it.repairs.standing(1) if each.segment == 1]
    assert (told.log, told.from_node, told.to_node, told.since) == (LOG, 1, new, 7.0)
    assert (told.done_entries, told.entries) == (1000, SEGMENT_ENTRIES - 100)


async def test_who_has_less_than_the_lost_one_had_does_not_release_it() -> None:
    """The lost one acknowledged further than the anchors: so does the other, before it goes."""
    it = await place()
    lost, other = it.at(0)
    size = SEGMENT_ENTRIES - 100
    for node in (lost, other):
        await it.holders.acknowledged(Copy(0, node, node, size + 50))
    it.healths[lost] = Health.LOST
    await it.tend()
    (new,) = set(it.at(0)) - {lost, other}
    await it.holders.acknowledged(Copy(0, new, new, size + 49))
    await it.tend()
    assert lost in it.at(0)
    await it.holders.acknowledged(Copy(0, new, new, size + 50))
    await it.tend()
    assert lost not in it.at(0)


async def test_both_holders_lost_are_both_replaced() -> None:
    """And released together, when both others have all."""
    it = await place()
    old = it.at(0)
    it.healths.update(dict.fromkeys(old, Health.LOST))
    await it.tend()
    new = [node for node in it.at(0) if node not in old]
    assert len(new) == 2
    await it.take(0, new[0])
    await it.tend()
    assert set(it.at(0)) == {*old, *new}
    await it.take(0, new[1])
    await it.tend()
    assert it.at(0) == new


async def test_a_holder_that_fails_is_gone_only_where_it_lacks_something() -> None:
    """What it has whole, it keeps."""
    it = await place()
    failing, other = it.at(0)
    it.failing[failing, 0] = LIMITS.replace_s
    await it.tend()
    assert it.at(0) == [failing, other]
    it.holders.lost(0, failing, 0)
    it.failing[failing, 0] = LIMITS.replace_s - 1
    await it.tend()
    assert it.moves == []
    it.failing[failing, 0] = LIMITS.replace_s
    await it.tend()
    assert [each.gone for each in it.moves] == [failing]


async def test_a_free_place_is_filled_without_waiting_for_a_turn() -> None:
    """A holder was revoked: that is no repair of a lost one, and may be done in a storm."""
    it = await place(segments=5)
    it.calm = False
    gone = it.at(0)[0]
    it.members = [each for each in it.members if each.number != gone]
    await it.tend()
    assert all(len(it.at(segment)) == 2 for segment in range(5))
    assert it.moves == []


async def test_who_leaves_gets_no_new_segment() -> None:
    """Not even when a segment opens."""
    it = await place(range(2, 5))
    it.leaving.add(it.at(0)[0])
    it.calm = False
    it.segments = 6
    await it.tend()
    assert all(it.leaving.isdisjoint(it.at(segment)) for segment in range(1, 6))


async def test_a_holder_that_does_not_name_what_it_acknowledged_is_asked() -> None:
    """One that names it, or was not asked yet, is left alone."""
    it = await place()
    one, other = it.at(0)
    await it.tend()
    assert it.doubts == []
    it.named = {one: ((0, SEGMENT_ENTRIES),), other: ((0, 10), (20, SEGMENT_ENTRIES))}
    await it.tend()
    assert it.doubts == [(other, 0)]
    it.named[one] = ()
    await it.tend()
    assert (one, 0) in it.doubts


async def test_silence_of_a_holder_is_told_with_what_follows() -> None:
    """Once it is suspect; what happens then, and in a storm that it does not; that it is heard again."""
    it = await place()
    lost = it.at(0)[0]
    it.healths[lost] = Health.SUSPECT
    await it.tend()
    assert it.troubles == [f"node {lost}: node {lost} is silent for 700 s; its places go to others in 2900 s"]
    it.healths[lost], it.calm = Health.LOST, False
    await it.tend()
    assert it.troubles[-1].endswith("its places go to others when fewer members are silent")
    it.healths[lost], it.calm = Health.UP, True
    await it.tend()
    assert it.troubles[-1] == f"node {lost}: goes on"
    await it.tend()
    assert len(it.troubles) == 3


@pytest.mark.parametrize("health", [Health.UP, Health.SUSPECT, Health.LOST])
async def test_an_anchor_waits_for_whoever_may_answer(health: Health) -> None:
    """Not for who is lost, not for who leaves, not for who is being brought the segment."""
    it = await place()
    one, other = (copy for copy in it.holders.of(0))
    it.healths[one.node] = health
    assert it.repairs.awaited(one) == (health is not Health.LOST)
    it.leaving.add(other.node)
    assert not it.repairs.awaited(other)
    await it.tend()
    new = [copy for copy in it.holders.of(0) if copy.node in {each.node for each in it.moves}]
    assert new
    assert not any(it.repairs.awaited(copy) for copy in new)
    # After a start too, when nobody knows any more whom it stands in for.
    it.healths.clear()
    it.leaving.clear()
    await it.begin()
    await it.tend()
    assert not any(it.repairs.awaited(copy) for copy in new)
    await it.take(0, *(copy.node for copy in new), entries=SEGMENT_ENTRIES - 200)
    assert all(it.repairs.awaited(copy) for copy in it.holders.of(0))


async def test_the_example_of_the_page_holds() -> None:
    """docs/spec/placement.md: who takes whose place of segment 0."""
    rows = re.findall(r"^\| ([\d, ]+) \| ([\d, ]*) ?\| (\d|nobody) \|", PAGE.read_text("utf-8"), re.MULTILINE)
    assert len(rows) == 4
    for lost, left, taker in rows:
        members = [member(number, operator) for number, operator in [(2, 2), (3, 2), (4, 3), (5, 4)]]
        it = Place(members, log=LogId(bytes(range(32))))
        await it.begin()
        await it.tend()
        await it.whole()
        assert it.at(0) == [3, 4]
        away = [int(number) for number in lost.split(", ")]
        it.healths.update(dict.fromkeys(away, Health.LOST))
        it.calm = 3 * len(away) <= len(members)
        await it.tend()
        assert [each.node for each in it.moves] == ([] if taker == "nobody" else [int(taker)])
        assert ", ".join(str(number) for number in (3, 4) if number not in away) == left.strip()


EVENTS = st.tuples(
    st.sampled_from(["up", "suspect", "lost", "leave", "stay", "storm", "calm", "whole", "some", "start"]),
    st.integers(2, 9),
)


@settings(max_examples=80, deadline=None)
@given(st.lists(EVENTS, max_size=30))
def test_whatever_happens_no_place_is_given_twice(events: Sequence[tuple[str, int]]) -> None:
    """Members come and go, and leave; acknowledgements come in any order; the process starts again. No copy
    that counts is given up, nobody is chosen beyond what is missing, nothing moves in a storm; and when all
    is quiet, every segment is kept as wanted by distinct operators.
    """

    async def scene() -> None:
        it = Place([member(number, 2 + number // 2) for number in range(2, 10)], segments=3)
        await it.begin()
        for what, node in events:
            await _happen(it, what, node)
            before = {at: it.holders.of(at) for at in range(it.segments)}
            await it.tend()
            for segment in range(it.segments):
                _judge(it, segment, before[segment])
            assert len({each.segment for each in it.repairs.standing(1)}) <= AT_ONCE
        it.healths.clear()
        it.leaving.clear()
        it.calm = True
        for _ in range(4):
            await it.tend()
            await it.whole()
        assert all(len(it.holders.operators(at, 1)) >= 2 for at in range(it.segments))

    asyncio.run(scene())


async def _happen(it: Place, what: str, node: int) -> None:
    if what in ("up", "suspect", "lost"):
        it.healths[node] = Health(what)
    elif what in ("leave", "stay"):
        (it.leaving.add if what == "leave" else it.leaving.discard)(node)
    elif what in ("storm", "calm"):
        it.calm = what == "calm"
    elif what == "start":
        await it.begin()
    elif what == "whole":
        await it.whole()
    elif node in it.at(node % it.segments):
        await it.take(node % it.segments, node, entries=1000)


def _judge(it: Place, segment: int, before: Sequence[Copy]) -> None:
    after = it.holders.of(segment)
    gone = it.repairs.gone(segment)
    left = [copy for copy in before if copy.node not in {each.node for each in after}]
    new = [copy for copy in after if copy.node not in {each.node for each in before}]
    live = {copy.operator for copy in before if copy.node not in gone}
    assert len(new) <= max(0, 2 - len(live))
    assert not {copy.operator for copy in new} & live
    for copy in left:
        better = {each.operator for each in after if each.size >= copy.size and each.node not in gone}
        assert len(better) >= 2
    if not it.calm:
        assert not left
        assert len(before) < 2 or not new or len({copy.operator for copy in before}) < 2
