"""A throttle: so many bytes each second, over all who share it.

Whoever begins reserves what it may take, and pays what it took: so two that begin at once do not both take
the same second.
"""

from tracehold.journey.own_log import Now


class Throttle:
    """`per_s` bytes each second; 0 is no limit. Nobody waits here: `wait` says for how long."""

    def __init__(self, per_s: float, now: Now) -> None:
        self._per_s = per_s
        self._now = now
        self._free_at = now()

    def wait(self) -> float:
        """Seconds until somebody may begin again; 0 where that is now."""
        return max(0.0, self._free_at - self._now()) if self._per_s else 0.0

    def reserve(self, count: int) -> int:
        """Begin, with so many bytes at most; what is to be given to `pay` at the end."""
        self._spend(count)
        return count

    def pay(self, reserved: int, count: int) -> None:
        """It is done, and took so many bytes."""
        self._spend(count - reserved)

    def _spend(self, count: int) -> None:
        if self._per_s:
            self._free_at = max(self._free_at, self._now()) + count / self._per_s
