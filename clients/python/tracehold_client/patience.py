"""Growing waits with an end: what repeats a question or a call."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

GROWTH = 1.8


@dataclass(frozen=True, slots=True)
class Clock:
    """Time as the client sees it, in seconds; tests hand in their own."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep


class Patience:
    """Waits that grow from `first` to `longest` seconds, for `seconds` in all."""

    def __init__(self, seconds: float, *, first: float, longest: float, clock: Clock) -> None:
        self._clock = clock
        self._end = clock.now() + seconds
        self._next, self._longest = first, longest

    async def wait(self) -> bool:
        """Wait, and say True; False at once where the next wait would end too late."""
        if self._clock.now() + self._next > self._end:
            return False
        await self._clock.sleep(self._next)
        self._next = min(self._next * GROWTH, self._longest)
        return True
