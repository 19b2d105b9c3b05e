"""Lookups while members come and go all the time."""

import asyncio

import pytest

from tests.network.asking import Outcome, ask
from tests.network.churn import churning
from tests.network.ring import Weather, announced, joined, key_of
from tests.network.virtual import run

KEYS = [key_of(f"item {number}") for number in range(40)]


@pytest.mark.parametrize(("size", "minutes"), [(30, 10), pytest.param(60, 60, marks=pytest.mark.slow)])
def test_holders_are_found_in_a_network_that_never_rests(size, minutes):
    """Stays of ten minutes in the median, with a heavy tail: 99.5 % of the lookups find every holder, and
    what is remembered and runs does not grow.
    """

    async def scene() -> None:
        ring = await joined(size, weather=Weather(delay_s=0.02))
        truth = await announced(ring, KEYS)
        seeds = [member.log for member in ring.up()]
        for member in ring.up():
            member.seeds = seeds
        whole = Outcome()
        async with churning(ring, ring.up()):
            for _ in range(minutes):
                await asyncio.sleep(60)
                whole.add(await ask(ring, truth, 10))
            tasks = len(asyncio.all_tasks())
        assert whole.every >= 0.995 * whole.total
        assert max(whole.times) <= 8.0
        assert tasks < 40 * size

    run(scene())
