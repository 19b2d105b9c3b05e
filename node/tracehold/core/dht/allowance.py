"""Token buckets: how much each member may ask of this node."""

from collections.abc import Hashable

from tracehold.core.errors import Unavailable


class Allowance:
    """`per_s` each second, and up to `burst` at once, for each of those who ask.

    Costs memory for each who asked: for members, of which there are few.
    """

    def __init__(self, per_s: float, burst: float) -> None:
        self._per_s = per_s
        self._burst = burst
        self._left: dict[Hashable, tuple[float, float]] = {}

    def take(self, who: Hashable, cost: float, now: float) -> None:
        """Spend `cost` of what `who` has left at `now` (seconds of a clock that does not run backwards).

        Raises TOO_MANY_CALLS and spends nothing where that is less.
        """
        left, then = self._left.get(who, (self._burst, now))
        left = min(self._burst, left + max(0.0, now - then) * self._per_s)
        if cost > left:
            self._left[who] = left, now
            raise Unavailable("TOO_MANY_CALLS", f"{self._per_s:g} a second are answered to one member")
        self._left[who] = left - cost, now
