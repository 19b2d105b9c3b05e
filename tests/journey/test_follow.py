"""What followers share: waits that grow, patience, and its end."""

import asyncio
from itertools import islice, pairwise

import pytest

from tests.journey.scene import Clock, settle
from tracehold.core.errors import Broken, TraceholdError, Unavailable
from tracehold.journey.follow import LAST_WAIT, growing, patiently
from tracehold.journey.states import within


def test_waits_grow_to_a_bound() -> None:
    """Doubling, then steady."""
    waits = list(islice(growing(), 20))
    assert waits[0] < 1
    assert all(later in {earlier * 2, LAST_WAIT} for earlier, later in pairwise(waits))
    assert waits[-1] == LAST_WAIT


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
