"""Clocks that are wrong: what is not signed, and what the operator is told."""

import asyncio

import pytest

from tests.journey.chain_scene import POLICY, Anchored, anchored
from tests.journey.scene import START, Clock, Creator, creator, settle, statement
from tracehold.adapters.memory.log import MemoryLog
from tracehold.core.errors import TraceholdError, Unavailable
from tracehold.journey.anchor import Anchorer
from tracehold.journey.clock import RECENT_S, SealingClock, too_late
from tracehold.journey.onchain import Link
from tracehold.journey.seal import Sealer

YEARS = 10 * 365 * 86_400.0
LIMIT = 300.0


class Clocks:
    """A wall clock and a monotonic one, each in the test's hand."""

    def __init__(self) -> None:
        self.wall, self.steady = START, 17.0

    def clock(self) -> SealingClock:
        """As a node makes it."""
        return SealingClock(lambda: self.wall, lambda: self.steady)

    def pass_by(self, seconds: float) -> None:
        """Time for both."""
        self.wall += seconds
        self.steady += seconds


def refused(clock: SealingClock, newest_ms: int = 0) -> bool:
    """Whether the time is not signed."""
    try:
        clock.read_ms(newest_ms)
    except Unavailable as held:
        return held.code == "CLOCK_JUMPED"
    return False


def test_time_that_passes_on_both_clocks_is_signed() -> None:
    """However much of it: a quiet year is no leap."""
    clocks = Clocks()
    clock = clocks.clock()
    for seconds in (0, 1, 299, 86_400, YEARS):
        clocks.pass_by(seconds)
        assert clock.read_ms() == int(clocks.wall * 1000)


@pytest.mark.parametrize(("ahead", "held"), [(LIMIT, False), (LIMIT + 1, True), (YEARS, True)])
def test_a_leap_of_the_clock_is_not_signed_until_it_is_taken_back(ahead: float, held: bool) -> None:
    """Five minutes are the limit of every verifier; asking again changes nothing."""
    clocks = Clocks()
    clock = clocks.clock()
    clocks.pass_by(60)
    clocks.wall += ahead
    assert [refused(clock), refused(clock)] == [held, held]
    clocks.wall -= ahead
    assert not refused(clock)


def test_a_clock_that_is_set_back_may_return() -> None:
    """Back an hour, and forth again: never further than it was."""
    clocks = Clocks()
    clock = clocks.clock()
    clocks.wall -= 3600
    assert clock.read_ms(newest_ms=int(START * 1000)) == int(START * 1000)
    clocks.wall += 3600
    assert not refused(clock)


def test_time_ahead_of_the_chain_is_not_signed() -> None:
    """The clock was wrong from the start; the first anchor's block tells. Right again, it is taken."""
    clocks = Clocks()
    clock = clocks.clock()
    clocks.wall += LIMIT
    assert not refused(clock)
    clock.mined(int(START) - 1, clocks.steady)
    assert refused(clock)
    clocks.wall -= 1
    assert not refused(clock)
    clocks.pass_by(YEARS)
    assert not refused(clock)


def test_a_log_whose_newest_time_is_ahead_of_the_chain_waits_for_it() -> None:
    """Time never decreases, so what is signed now would bear the time that was wrong."""
    clocks = Clocks()
    clock = clocks.clock()
    clock.mined(int(START), clocks.steady)
    newest_ms = int((START + 1000) * 1000)
    assert refused(clock, newest_ms)
    clocks.pass_by(700)
    assert clock.read_ms(newest_ms) == newest_ms


@pytest.mark.parametrize("waited", [None, RECENT_S + 1])
def test_an_old_block_tells_nothing(waited: float | None) -> None:
    """An anchor that was sent long ago, or by another process, may have been mined long ago."""
    clocks = Clocks()
    clock = clocks.clock()
    clock.mined(int(START - YEARS), None if waited is None else clocks.steady - waited)
    assert not refused(clock)


def test_the_limit_is_the_one_of_verifiers() -> None:
    """Five minutes after the block, to the millisecond."""
    assert not too_late(1_300_000, 1000)
    assert too_late(1_300_001, 1000)


async def leaping(made: Creator) -> Clock:
    """Give the creator a sealer with a steady clock beside its wall clock."""
    steady = Clock(0.0)
    made.sealing.cancel()
    made.sealer = Sealer(made.store, made.sealer.own, made.clock.now, ticks=steady.now)
    made.uploads._sealer = made.sealer
    made.resume()
    return steady


async def test_fault_a_clock_ten_years_ahead_spoils_no_checkpoint() -> None:
    """Uploads are refused while it is wrong, and nothing is sealed; then the log goes on, with the right
    time.
    """
    async with creator() as made:
        assert isinstance(made.store, MemoryLog)
        await leaping(made)
        (before,) = await made.upload(statement(1))
        made.clock.time += YEARS
        with pytest.raises(Unavailable, match="CLOCK_JUMPED"):
            await made.upload(statement(2))
        assert await made.store.size(made.sealer.own.log) == 4
        made.clock.time -= YEARS
        (after,) = await made.upload(statement(2))
        assert (before.index, after.index) == (3, 4)
        assert made.sealer.own.checkpoint is not None
        assert made.sealer.own.checkpoint.time_ms == int(START * 1000)


async def test_fault_a_clock_that_leaps_while_records_wait() -> None:
    """They are answered with CLOCK_JUMPED, and the same bytes are taken later."""
    async with creator() as made:
        await leaping(made)
        made.sealing.cancel()
        task = asyncio.ensure_future(made.upload(statement(1)))
        await settle()
        made.clock.time += YEARS
        made.resume()
        with pytest.raises(Unavailable, match="CLOCK_JUMPED"):
            await task
        made.clock.time -= YEARS
        assert (await made.upload(statement(2)))[0].index == 3


def watched(it: Anchored) -> list[TraceholdError]:
    """Let the follower tell the sealer's clock of blocks; what it says to the operator."""
    told: list[TraceholdError] = []
    link = Link(it.creator.store, it.ledger, it.creator.states, it.log)
    clock = it.creator.clock
    it.anchorer = Anchorer(
        link, POLICY, now=clock.now, sleep=clock.sleep, fault=told.append, clock=it.creator.sealer.clock
    )
    return told


@pytest.mark.parametrize(("behind", "faults"), [(0.0, 0), (LIMIT - 20, 0), (YEARS, 1)])
async def test_fault_a_node_that_started_with_a_wrong_clock_learns_it_from_its_first_anchor(
    behind: float, faults: int
) -> None:
    """The chain's time is years behind: the anchor is a fault, told once, and nothing more is sealed."""
    async with anchored() as it:
        await leaping(it.creator)
        told = watched(it)
        it.chain.now = lambda: it.creator.clock.time - behind
        await it.creator.upload(statement(1))
        it.creator.clock.time += POLICY.seconds
        for _ in range(4):
            await it.step()
            it.chain.mine()
        assert [fault.code for fault in told] == ["CLOCK_JUMPED"] * faults
        if faults:
            with pytest.raises(Unavailable, match="CLOCK_JUMPED"):
                await it.creator.upload(statement(2))
        else:
            assert (await it.creator.upload(statement(2)))[0].index == 4
