"""The clock that dates checkpoints, and its witnesses.

Checkpoint time never decreases, and one that is over five minutes after its anchor's
block is refused by every verifier (protocol section 2). So one wrong reading could
spoil a log for good. Time that leaps ahead of a monotonic clock, or is ahead of the
chain, is not signed: sealing is held until the clocks agree.
"""

from tracehold.core.errors import Unavailable
from tracehold.core.evidence.steps import CLOCK_SKEW_MS
from tracehold.journey.own_log import Now

RECENT_S = 60.0
"""An anchor that is seen in a block within this time after it was sent tells what time
it is on the chain.
"""


def too_late(time_ms: int, block_time: int) -> bool:
    """Whether verifiers refuse a checkpoint of `time_ms` in a block of `block_time` (seconds)."""
    return time_ms > block_time * 1000 + CLOCK_SKEW_MS


class SealingClock:
    """Wall clock time that may be signed. `ticks` is a monotonic clock that also runs
    while the machine sleeps; given the wall clock itself, nothing contradicts it.
    """

    def __init__(self, now: Now, ticks: Now) -> None:
        self._now = now
        self.ticks = ticks
        # Both are differences between a clock and `ticks`, in seconds.
        self._trusted = now() - ticks()
        self._chain: float | None = None

    def read_ms(self, newest_ms: int = 0) -> int:
        """Milliseconds since 1970, and not before `newest_ms`, for the next checkpoint.

        Raises `Unavailable("CLOCK_JUMPED")` while the clock is five minutes further than
        the monotonic one since the last reading, or that time is ahead of the chain's.
        """
        wall, ticks = self._now(), self.ticks()
        _compare(wall - ticks, self._trusted, "what passed since the last reading")
        # The furthest reading counts: a clock that is set back may return.
        self._trusted = max(self._trusted, wall - ticks)
        time_ms = max(int(wall * 1000), newest_ms)
        if self._chain is not None:
            _compare(time_ms / 1000 - ticks, self._chain, "the chain's time")
        return time_ms

    def mined(self, block_time: int, sent: float | None) -> None:
        """A block of that time (seconds since 1970) was seen just now, with a transaction
        that was first sent when `ticks` said `sent`.
        """
        ticks = self.ticks()
        if sent is not None and ticks - sent <= RECENT_S:
            self._chain = block_time - ticks


def _compare(clock: float, witness: float, what: str) -> None:
    ahead = clock - witness
    if ahead * 1000 > CLOCK_SKEW_MS:
        raise Unavailable("CLOCK_JUMPED", f"the time to be signed is {ahead:.0f} s ahead of {what}")
