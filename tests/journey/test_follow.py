"""Followers: bookmark, idempotent step, patience, and the bell that is never missed."""

import asyncio
from itertools import islice, pairwise

import pytest

from tests.journey.scene import Clock, settle
from tracehold.adapters.memory.log import MemoryLog
from tracehold.core.errors import Broken, TraceholdError, Unavailable
from tracehold.journey.follow import LAST_WAIT, Bell, follow, growing, patiently
from tracehold.journey.states import within


def test_waits_grow_to_a_bound() -> None:
    """Doubling, then steady."""
    waits = list(islice(growing(), 20))
    assert waits[0] < 1
    assert all(later in {earlier * 2, LAST_WAIT} for earlier, later in pairwise(waits))
    assert waits[-1] == LAST_WAIT


async def test_a_follower_goes_on_from_its_bookmark_and_wakes_by_the_bell() -> None:
    """Steps until there is nothing to do, then sleeps until something was appended."""
    store, bell, clock, size = MemoryLog(), Bell(), Clock(), [3]
    steps: list[int] = []

    async def step(start: int) -> int:
        steps.append(start)
        return min(start + 2, size[0])

    await store.save_bookmark("f", 1)
    running = asyncio.ensure_future(follow(store, "f", step, bell, clock.sleep))
    await settle()
    assert (steps, await store.bookmark("f")) == ([1, 3], 3)
    size[0] = 4
    bell.ring()
    await settle()
    assert (steps, await store.bookmark("f")) == ([1, 3, 3, 4], 4)
    running.cancel()


async def test_a_ring_during_a_step_is_not_missed() -> None:
    """Something was appended after the step looked and before it ended."""
    store, bell, clock = MemoryLog(), Bell(), Clock()
    rounds = [0]

    async def step(start: int) -> int:
        rounds[0] += 1
        if rounds[0] == 1:
            bell.ring()
        return start

    running = asyncio.ensure_future(follow(store, "f", step, bell, clock.sleep))
    await settle()
    assert rounds == [2]
    running.cancel()


async def test_unavailable_is_retried_with_growing_waits_and_told() -> None:
    """Trouble is reported while it lasts, and its end too."""
    clock = Clock()
    told: list[TraceholdError | None] = []
    fails = [Unavailable("GRAPH_DOWN", "x")] * 3

    async def work() -> int:
        if fails:
            raise fails.pop()
        return 7

    waiting = asyncio.ensure_future(patiently(work, clock.sleep, told.append))
    await settle()
    assert len(told) == 1
    await clock.pass_by(0.1)
    assert len(told) == 2
    await clock.pass_by(0.1)
    assert len(told) == 2
    await clock.pass_by(5)
    assert await waiting == 7
    assert told[-1] is None


async def test_broken_leaves_the_follower() -> None:
    """It stops the node; the bookmark stays where it was."""
    store = MemoryLog()

    async def step(start: int) -> int:
        raise Broken("CORRUPT", "x")

    with pytest.raises(Broken):
        await follow(store, "f", step, Bell(), Clock().sleep)
    assert await store.bookmark("f") == 0


async def test_patience_ends_a_wait_and_not_the_work() -> None:
    """Within the time: true. Past it: false, and the work goes on. An error of the work is raised."""
    clock = Clock()
    work: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    late = asyncio.ensure_future(within(work, 5, clock.sleep))
    await settle()
    await clock.pass_by(5)
    assert await late is False
    assert not work.done()
    soon = asyncio.ensure_future(within(work, None, clock.sleep))
    await settle()
    work.set_result(None)
    assert await soon is True
    failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    failed.set_exception(Broken("CORRUPT", "x"))
    with pytest.raises(Broken):
        await within(failed, 5, clock.sleep)
