"""Tidying (follower): provider records that have expired are forgotten, a few at a time."""

from typing import NoReturn

from tracehold.journey.counted import Counted
from tracehold.journey.directory import Seat
from tracehold.journey.follow import Trouble, patiently, untold
from tracehold.journey.states import Sleep

SLICE = 500
"""Records of one step: some milliseconds, between which others get a turn."""

PAUSE_S = 60.0
"""Seconds between two looks."""

BREATH_S = 0.05
"""Seconds between two slices."""


async def tidy(seat: Seat, sleep: Sleep, trouble: Trouble = untold) -> NoReturn:
    """Forget what has expired, for ever."""

    async def step() -> int:
        forgotten = await seat.shelf.expire(seat.now_ms, SLICE)
        seat.counters.count(Counted.EXPIRED, forgotten)
        return forgotten

    while True:
        forgotten = await patiently(step, sleep, trouble)
        await sleep(BREATH_S if forgotten == SLICE else PAUSE_S)
