"""The pace of what a node does beside its uploads: bytes per second, and way for those who wait."""

from collections.abc import Callable

from tracehold.journey.own_log import Now
from tracehold.journey.states import Sleep
from tracehold.journey.throttle import Throttle

YIELD_S = 0.25
"""Seconds at most for which one step lets uploads go first: they slow a repair down, and never stop it."""

LOOK_S = 0.02
"""Seconds between two looks whether uploads wait still."""


def nobody_waits() -> bool:
    """Where there are no uploads."""
    return False


class Pace:
    """Shared by all who go at one pace together."""

    def __init__(
        self, bytes_per_s: int, sleep: Sleep, now: Now, waiting: Callable[[], bool] = nobody_waits
    ) -> None:
        """0 bytes per second: no limit. `waiting` tells whether uploads wait now; `now` is any clock in
        seconds that is never set back.
        """
        self._throttle = Throttle(bytes_per_s, now)
        self._sleep = sleep
        self._waiting = waiting

    async def spend(self, count: int) -> None:
        """So many bytes were moved: returns when the next may be."""
        self._throttle.reserve(count)
        if wait := self._throttle.wait():
            await self._sleep(wait)
        looks = int(YIELD_S / LOOK_S)
        while looks and self._waiting():
            await self._sleep(LOOK_S)
            looks -= 1
