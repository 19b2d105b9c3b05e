"""The horizon: one reading of the ledger serves many questions, and a chain that hangs holds up none of
them for long.
"""

import asyncio

import pytest

from tests.journey.network import Network, begun, network
from tests.journey.scene import settle
from tracehold.core.errors import Broken
from tracehold.core.ids import LogId
from tracehold.journey.horizon import FRESH_US, USABLE_US, Horizon


class Slow:
    """A ledger that counts, and answers members only when it may."""

    def __init__(self, ledger) -> None:
        self._ledger = ledger
        self.asked = 0
        self.may = asyncio.Event()
        self.may.set()

    def __getattr__(self, name):
        return getattr(self._ledger, name)

    async def members(self):
        """Count, wait, answer."""
        self.asked += 1
        await self.may.wait()
        return await self._ledger.members()


class Ticks:
    """A clock in microseconds that is moved by hand."""

    def __init__(self) -> None:
        self.now = 1

    def __call__(self) -> int:
        """Microseconds."""
        return self.now


@pytest.fixture
async def net():
    """Two nodes; the second has anchored three entries."""
    async with network() as running:
        await running.join()
        other = await running.join()
        await other.say(begun("urn:x:a", 1))
        await other.finish()
        yield running


def horizon(net: Network, clock) -> tuple[Horizon, Slow]:
    """Of the first node."""
    ledger = Slow(net.nodes[1].ledger)
    return Horizon(ledger, 1, clock), ledger


def expected(net: Network) -> dict[LogId, int]:
    """The anchored end of the other log."""
    return {net.nodes[2].log: 3}


async def test_a_reading_serves_all_questions_of_its_second(net):
    """Also those that come while it is fetched."""
    clock = Ticks()
    seen, ledger = horizon(net, clock)
    readings = await asyncio.gather(*(seen.ends() for _ in range(3)))
    assert readings == [expected(net)] * 3
    clock.now += FRESH_US - 1
    assert await seen.ends() == expected(net)
    assert ledger.asked == 1


async def test_an_older_reading_is_used_while_the_next_is_fetched(net):
    """A chain that hangs does not hold up the answer; when it comes back the newer reading counts."""
    clock = Ticks()
    seen, ledger = horizon(net, clock)
    await seen.ends()
    await net.nodes[2].say(begun("urn:x:b", 1))
    await net.nodes[2].finish()
    ledger.may.clear()
    clock.now += FRESH_US
    assert await seen.ends() == expected(net)
    assert await seen.ends() == expected(net)
    await settle()
    assert ledger.asked == 2
    ledger.may.set()
    await settle()
    assert await seen.ends() == {net.nodes[2].log: 4}
    assert ledger.asked == 2


async def test_a_reading_that_is_too_old_is_waited_for(net):
    """Nothing is claimed on the word of half a minute ago."""
    clock = Ticks()
    seen, ledger = horizon(net, clock)
    await seen.ends()
    ledger.may.clear()
    clock.now += USABLE_US
    asked = asyncio.ensure_future(seen.ends())
    await settle()
    assert not asked.done()
    given_up = asyncio.ensure_future(seen.ends())
    await settle()
    given_up.cancel()
    ledger.may.set()
    assert await asked == expected(net)
    assert ledger.asked == 2


async def test_a_ledger_that_is_down_is_known_as_that_for_a_while(net):
    """None, without asking for each question anew; and again as soon as it is back."""
    clock = Ticks()
    seen, ledger = horizon(net, clock)
    net.nodes[1].ledger.down = True
    assert await seen.ends() is None
    assert await seen.ends() is None
    assert ledger.asked == 1
    net.nodes[1].ledger.down = False
    clock.now += FRESH_US
    await seen.ends()
    await settle()
    assert await seen.ends() == expected(net)


async def test_a_clock_that_stands_at_zero_keeps_nothing(net):
    """Every question reads, so that a test sees the ledger as it is."""
    seen, ledger = horizon(net, lambda: 0)
    await seen.ends()
    await seen.ends()
    assert ledger.asked == 2


async def test_another_chain_than_it_should_be_says_nothing(net):
    """Whoever anchors stops the node for it; an answer only says that it does not know."""
    seen, ledger = horizon(net, lambda: 0)

    async def wrong():
        raise Broken("WRONG_CHAIN", "another")

    ledger.members = wrong  # type: ignore[method-assign]
    assert await seen.ends() is None
