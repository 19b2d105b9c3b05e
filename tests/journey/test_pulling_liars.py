"""Holders that say they fetch what they lack, and come on, and never acknowledge it."""

from tests.journey.places_scene import LIMITS as HOURS
from tests.journey.places_scene import member, place
from tests.journey.repair_scene import LIMITS, begun, holders, idle
from tests.journey.replicate_scene import Answer, world
from tracehold.core.limits import SEGMENT_ENTRIES
from tracehold.journey.health import Health
from tracehold.journey.holders import CopyCount
from tracehold.journey.line import FETCHING_S, Line
from tracehold.journey.ports import Kept, Shipment
from tracehold.journey.repair import AT_ONCE

STEP_S = 110


def crawl(line: Line, seconds: float, size: int = 0, now: float = 0.0) -> float:
    """The holder names an entry more at each question for so long; when that ends."""
    end = now + seconds
    while now < end:
        now, size = now + STEP_S, size + 1
        line.pulling(size, now)
    return now


def test_security_one_entry_more_at_each_question_is_progress_for_an_hour() -> None:
    """Attack: 65,536 such answers would hold a place for 83 days. Afterwards it fails like any other."""
    line = Line(0, 0)
    now = crawl(line, FETCHING_S - STEP_S)
    assert line.failing_s == 0
    crawl(line, HOURS.replace_s + 2 * STEP_S, 1000, now)
    assert line.failing_s >= HOURS.replace_s


def test_what_is_acknowledged_makes_a_slow_fetch_good_again() -> None:
    """One that takes long and gets there is not failing; the next fetch has its own hour."""
    line = Line(0, 0)
    now = crawl(line, 2 * FETCHING_S)
    assert line.failing_s > 0
    assert line.reached(SEGMENT_ENTRIES // 2, now)
    assert (line.failing_s, line.moved) == (0, now)
    crawl(line, FETCHING_S - STEP_S, SEGMENT_ENTRIES // 2, now)
    assert line.failing_s == 0


async def test_security_newcomers_that_acknowledge_nothing_hold_up_no_other_repair() -> None:
    """Attack: a member that is next nearest for as many segments as are repaired at once only says that it
    fetches.
    """
    it = await place(range(2, 5), segments=7)
    it.members += [member(number) for number in range(5, 10)]
    held = [segment for segment in range(7) if 3 in it.at(segment)]
    it.healths[3] = Health.LOST
    await it.tend()
    await it.tend()
    first = list(it.moves)
    assert len(first) == AT_ONCE < len(held)
    for each in first:
        it.idle[each.node, each.segment] = it.limits.suspect_s - 1
    await it.tend()
    assert it.moves == first
    for each in first:
        it.idle[each.node, each.segment] = it.limits.suspect_s
    await it.tend()
    others = it.moves[len(first) :]
    assert len(others) == AT_ONCE
    assert {each.segment for each in others}.isdisjoint({each.segment for each in first})


async def test_security_a_newcomer_that_says_for_ever_that_it_fetches_is_replaced() -> None:
    """Attack: it is next nearest, names more at each question, and acknowledges nothing."""
    async with world(5) as it:
        lost, other = await begun(it)
        since = it.creator.clock.time

        async def pulls(_: Answer, __: Shipment) -> Kept:
            return Kept(int(it.creator.clock.time - since), pulling=True)

        it.peers[lost].down = True
        liar, honest = None, {number: it.peers[number].keeper for number in it.peers}
        while liar is None:
            await idle(it, 20)
            for number in it.peers.keys() - {lost, other}:
                it.lies(number, pulls)
            liar = next(iter(holders(it) - {lost, other}), None)
        for number in it.peers.keys() - {lost, other, liar}:
            it.peers[number].keeper = honest[number]
        await idle(it, FETCHING_S / 2)
        assert it.count(0) == CopyCount(2, 3)
        await idle(it, FETCHING_S / 2 + LIMITS.replace_s + 200)
        assert liar not in holders(it)
        assert it.count(0) == CopyCount(3, 3)
