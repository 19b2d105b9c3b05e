"""What followers share: waking when something was appended, and patience.

A follower (`anchor`, `index`) does one idempotent step after another. Where it stands is written with the
step's own result, in the anchor tasks and in the graph, so a crash repeats at most one step. Unavailable is
retried with growing waits; Broken and everything unforeseen leaves the loop and stops the node.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import TypeVar

from tracehold.core.errors import TraceholdError, Unavailable
from tracehold.journey.states import Sleep

FIRST_WAIT = 0.1
"""Seconds before the first retry; it doubles up to LAST_WAIT."""
LAST_WAIT = 30.0
"""Seconds between retries at most: an outage of an hour costs a hundred
calls, and its end is seen within half a minute.
"""

_Result = TypeVar("_Result")

Trouble = Callable[[TraceholdError | None], None]
"""Told of what holds a follower up, and (None) that it goes on."""


def untold(_: TraceholdError | None) -> None:
    """Tells nobody."""


def unrung() -> None:
    """Wakes nobody."""


def growing(last: float = LAST_WAIT) -> Iterator[float]:
    """Waits between retries, in seconds, up to `last`."""
    wait = FIRST_WAIT
    while True:
        yield wait
        wait = min(2 * wait, last)


class Bell:
    """Rung when something was appended. A ring between looking and waiting is not missed."""

    def __init__(self) -> None:
        self._rung = asyncio.Event()

    def ring(self) -> None:
        """Wake everyone who waits and everyone who took `next` before."""
        self._rung.set()
        self._rung = asyncio.Event()

    def next(self) -> asyncio.Event:
        """The next ring; take it before looking whether there is work."""
        return self._rung


async def patiently(
    work: Callable[[], Awaitable[_Result]],
    sleep: Sleep,
    trouble: Trouble = untold,
    *,
    passing: type[TraceholdError] | tuple[type[TraceholdError], ...] = Unavailable,
    last: float = LAST_WAIT,
) -> _Result:
    """The result of `work`, retried with waits up to `last` for as long as what it raises is `passing`."""
    waits = growing(last)
    while True:
        try:
            done = await work()
        except passing as error:
            trouble(error)
            await sleep(next(waits))
        else:
            trouble(None)
            return done
