"""Underway: what is fetched of the logs of others now, where couriers of their creators meet it.

A courier that asks for more than the copy has is told to wait while a pull of that log comes on; else it
ships. A question far beyond the copy's end rings the bell, so that the pull begins; until then the courier
ships. So one of the two always works, and where both do for a moment, entries are kept once: the copy ends
where it ends, and both go on from there.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tracehold.core.ids import LogId
from tracehold.core.limits import SEGMENT_ENTRIES
from tracehold.journey.follow import Bell
from tracehold.journey.own_log import Now

FAR_ENTRIES = 4_096
"""Entries that a copy must lack, and more, to be fetched from others while its creator ships it."""

STALL_S = 15.0
"""Seconds without progress after which a pull keeps no courier waiting."""

WISHED_S = 120.0
"""Seconds for which a courier's question counts."""


WISHES = 8
"""Segments of one log that count at once."""


@dataclass(frozen=True, slots=True)
class Wish:
    """A creator wants its log kept up to `size`, as its courier asked at `at`."""

    size: int
    at: float


class Underway:
    """One per node. `holding` is asked by couriers, the puller works."""

    def __init__(self, now: Now, far: int = FAR_ENTRIES, *, silent_s: float = 600.0) -> None:
        """`silent_s`: seconds after which a creator whose courier was not heard does not ship any more. `now`
        is any clock in seconds that is never set back.
        """
        self.far = far
        self._silent_s = silent_s
        self.bell = Bell()
        """Rung when a courier asked for what is far from here."""
        self._now = now
        self._moved: dict[LogId, tuple[int, float]] = {}
        self._wishes: dict[LogId, dict[int, Wish]] = {}
        self._shipped: dict[LogId, float] = {}

    def heard(self, log: LogId) -> None:
        """A courier of its creator is there."""
        self._shipped[log] = self._now()

    def asked(self, log: LogId, end: int, size: int) -> bool:
        """A courier asks for the log up to `size`, of which the copy here ends at `end`; whether it shall
        wait.
        """
        segment = (size - 1) // SEGMENT_ENTRIES
        if size - max(end, segment * SEGMENT_ENTRIES) > self.far:
            known = self._wishes.setdefault(log, {})
            if known.pop(segment, None) is None:
                self.bell.ring()
            known[segment] = Wish(size, self._now())
            if len(known) > WISHES:
                del known[next(iter(known))]
        at, moved = self._moved.get(log, (-1, 0.0))
        return at == segment and self._now() - moved < STALL_S

    def shipping(self) -> frozenset[LogId]:
        """The logs whose couriers were heard here lately."""
        old = self._now() - self._silent_s
        return frozenset(log for log, at in self._shipped.items() if at > old)

    def wishes(self) -> dict[LogId, dict[int, int]]:
        """By log and segment, up to which size couriers asked lately."""
        old = self._now() - WISHED_S
        found = {
            log: {segment: wish for segment, wish in each.items() if wish.at > old}
            for log, each in self._wishes.items()
        }
        self._wishes = {log: each for log, each in found.items() if each}
        return {log: {at: wish.size for at, wish in each.items()} for log, each in self._wishes.items()}

    @contextmanager
    def pull(self, log: LogId, segment: int) -> Iterator[None]:
        """While a segment of a log is fetched. Couriers wait from the first `moved` on."""
        self._moved[log] = segment, float("-inf")
        try:
            yield
        finally:
            del self._moved[log]

    def moved(self, log: LogId) -> None:
        """The pull of a log came on."""
        segment, _ = self._moved[log]
        self._moved[log] = segment, self._now()
