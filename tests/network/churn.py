"""Members that come and go. Most stay for minutes, a few for days, as in networks that were measured (Rhea et
al. 2004; Li et al. 2005: what a network bears shows only with such uptimes).
"""

import asyncio
import math
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager, suppress

from tests.network.member import Around, Member
from tracehold.journey.follow import Bell

MEDIAN_S = 600.0
"""Of a stay."""

AWAY_S = 120.0
"""The median of an absence: a restart, a broken line."""

TAIL = 1.5
"""Spread of the logarithms: one stay in twenty is over two hours."""


async def live(member: Member) -> None:
    """What a node does as long as it runs."""
    await asyncio.gather(member.contacts.run(), member.announcer.run(Bell(), member.ring.idle))


async def come_and_go(ring: Around, member: Member) -> None:
    """For ever: run, fall silent without a word, start again with what is on disk."""
    random = ring.random
    while True:
        running = asyncio.ensure_future(live(member))
        try:
            await ring.idle(MEDIAN_S * math.exp(random.gauss(0, TAIL)))
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running
        ring.down = ring.down | {member.log}
        await member.lookups.close()
        await ring.idle(AWAY_S * math.exp(random.gauss(0, TAIL)))
        member.start()
        ring.down = ring.down - {member.log}


@asynccontextmanager
async def churning(ring: Around, members: Collection[Member]) -> AsyncIterator[None]:
    """These members come and go meanwhile."""
    tasks = [asyncio.ensure_future(come_and_go(ring, member)) for member in members]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
