"""Token buckets: how much each of those who ask may have."""

from collections.abc import Hashable

from tracehold.core.errors import Unavailable


class Allowance:
    """`per_s` each second, and up to `burst` at once, for each of those who ask.

    Times are seconds of a clock that does not run backwards. Costs memory for
    each who asked: for members, of which there are few.
    """

    def __init__(self, per_s: float, burst: float) -> None:
        self._per_s = per_s
        self._burst = burst
        self._left: dict[Hashable, tuple[float, float]] = {}

    def take(self, who: Hashable, cost: float, now: float) -> None:
        """Spend `cost` of what `who` has left. Raises TOO_MANY_CALLS, and spends nothing, for more."""
        left = self._now_left(who, now)
        if cost > left:
            self._left[who] = left, now
            raise Unavailable("TOO_MANY_CALLS", f"{self._per_s:g} a second are answered to one member")
        self._left[who] = left - cost, now

    def spend(self, who: Hashable, cost: float, now: float) -> None:
        """Spend `cost`, known only now, also where less is left: the debt is waited for by the next one."""
        self._left[who] = self._now_left(who, now) - cost, now

    def wait(self, who: Hashable, now: float) -> float:
        """Seconds until `who` has something left; 0 where that is now."""
        return max(0.0, -self._now_left(who, now) / self._per_s)

    def _now_left(self, who: Hashable, now: float) -> float:
        left, then = self._left.get(who, (self._burst, now))
        return min(self._burst, left + max(0.0, now - then) * self._per_s)
