"""Rests: what is put off of what this node shall fetch, for how long, and why.

A segment that nobody hands over holds up no other: it alone rests, and is tried again behind all that did not
fail. A whole log rests where what failed would fail for each of its segments.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from tracehold.core.errors import TraceholdError
from tracehold.core.ids import LogId
from tracehold.journey.duties import Duty
from tracehold.journey.follow import growing
from tracehold.journey.own_log import Now

_Place = tuple[LogId, int | None]
"""A segment of a log, or all of it."""


@dataclass(slots=True)
class _Rest:
    """Until when, why, and the waits that come."""

    until: float = float("-inf")
    error: TraceholdError | None = None
    waits: Iterator[float] = field(default_factory=growing)


class Rests:
    """One per node."""

    def __init__(self, now: Now) -> None:
        """`now` is any clock in seconds that is never set back."""
        self._now = now
        self._rests: dict[_Place, _Rest] = {}

    def keep(self, due: Sequence[Duty]) -> None:
        """Forget whatever is not due any more."""
        places = {place for duty in due for place in _places(duty)}
        self._rests = {place: rest for place, rest in self._rests.items() if place in places}

    def ordered(self, due: Sequence[Duty]) -> Sequence[Duty]:
        """Those that failed behind the others, the one first that waits longest."""
        return sorted(due, key=lambda duty: self._of(duty).until)

    def resting(self, duty: Duty) -> bool:
        """Whether it, or its whole log, is put off still."""
        now = self._now()
        return any(place in self._rests and self._rests[place].until > now for place in _places(duty))

    def put_off(
        self, duty: Duty, error: TraceholdError, wait_s: float | None, *, whole: bool, came_on: bool
    ) -> None:
        """It failed: try again after `wait_s`, or after a wait that grows until it comes on. `whole`: neither
        is another segment of its log tried before.
        """
        for place in _places(duty) if whole else _places(duty)[:1]:
            rest = self._rests.setdefault(place, _Rest())
            if came_on:
                rest.waits = growing()
            rest.until = self._now() + (next(rest.waits) if wait_s is None else wait_s)
            rest.error = error

    def over(self, duty: Duty) -> None:
        """It is done."""
        for place in _places(duty):
            self._rests.pop(place, None)

    def trouble(self) -> TraceholdError | None:
        """What holds up something that did not come on since, if anything is; what holds up a log first."""
        first = min(self._rests, key=lambda place: place[1] is not None, default=None)
        return self._rests[first].error if first else None

    def left_s(self) -> Sequence[float]:
        """Seconds for which what is put off rests."""
        return [rest.until - self._now() for rest in self._rests.values() if rest.until > self._now()]

    def _of(self, duty: Duty) -> _Rest:
        return self._rests.get(_places(duty)[0], _Rest())


def _places(duty: Duty) -> tuple[_Place, _Place]:
    return (duty.creator.log, duty.segment), (duty.creator.log, None)
