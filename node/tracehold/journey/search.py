"""One lookup on the ring, as a race.

A round of Kademlia that waits for the slowest of those asked is as slow as a dead peer. So here nobody is
waited for: who is silent for a short while stops counting, another is asked beside it, and its answer is
taken if it comes. (Jimenez et al. 2011 got sub-second lookups among millions of nodes that way.)
"""

import asyncio
from bisect import insort
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass

from tracehold.core.dht.keys import Key, distance
from tracehold.core.errors import Unavailable
from tracehold.core.ids import LogId
from tracehold.core.placement import dht_id
from tracehold.journey.own_log import Now
from tracehold.journey.states import Sleep


@dataclass(frozen=True, slots=True)
class Patience:
    """How a lookup runs. Times in seconds."""

    at_once: int = 4
    """Members that are asked at once and are not late; one more for each that is late."""
    soft_s: float = 0.15
    """After this a silent member is late, and others are asked beside it."""
    late_s: float = 0.5
    """For so long a late member that is nearer than what was found keeps the lookup from ending."""
    hard_s: float = 8.0
    """After this the lookup ends as it stands."""
    calls: int = 120
    """Calls of one lookup."""
    dead_too: bool = False
    """Whether members that do not answer count among the nearest: what they should have is not further away
    either.
    """


@dataclass(frozen=True, slots=True)
class Step:
    """A member that was asked: after how many seconds, and with what outcome (answered, failed, silent)."""

    log: LogId
    after_s: float
    outcome: str


Ask = Callable[[LogId], Awaitable[Sequence[LogId]]]
"""Asks one member, keeps what it says, and gives the members near the key that it named. Raises
`Unavailable`.
"""

Spawn = Callable[[Awaitable[Sequence[LogId]]], "asyncio.Task[Sequence[LogId]]"]
"""Starts a call that may outlive the lookup."""


class Search:
    """A lookup of the `wanted` members nearest to a key that answer. It runs once."""

    def __init__(
        self, key: Key, wanted: int, ask: Ask, spawn: Spawn, now: Now, sleep: Sleep, patience: Patience
    ) -> None:
        """`now` is a clock that does not jump, in seconds."""
        self._key = key
        self._wanted = wanted
        self._ask = ask
        self._spawn = spawn
        self._now = now
        self._sleep = sleep
        self._patience = patience
        self._order: list[tuple[int, LogId]] = []
        self._met: set[LogId] = set()
        self._running: dict[asyncio.Task[Sequence[LogId]], tuple[LogId, float]] = {}
        self._since: dict[LogId, float] = {}
        self._answered: set[LogId] = set()
        self._failed: set[LogId] = set()

    @property
    def answered(self) -> list[LogId]:
        """Up to `wanted` members that answered, the nearest first."""
        return [log for _, log in self._order if log in self._answered][: self._wanted]

    @property
    def steps(self) -> list[Step]:
        """Who was asked, in this order."""
        begun = min(self._since.values(), default=0.0)
        return [Step(log, since - begun, self._outcome(log)) for log, since in self._since.items()]

    def _outcome(self, log: LogId) -> str:
        if log in self._answered:
            return "answered"
        return "failed" if log in self._failed else "silent"

    @property
    def met(self) -> list[LogId]:
        """All that were named, answering or not, the nearest first."""
        return [log for _, log in self._order]

    async def run(self, start: Iterable[LogId], enough: Callable[[], bool] = lambda: False) -> bool:
        """Search from these members on, until all is answered or `enough` says so. False where that took too
        long.
        """
        self._meet(start)
        end = self._now() + self._patience.hard_s
        while not enough():
            now = self._now()
            self._ask_more(now)
            if self._settled(now):
                return True
            if now >= end:
                return False
            await self._wait(min(end, self._next_event(now)) - now)
        return True

    def _meet(self, logs: Iterable[LogId]) -> None:
        for log in logs:
            if log not in self._met:
                self._met.add(log)
                insort(self._order, (distance(dht_id(log), self._key), log))

    def _front(self, now: float) -> list[LogId]:
        """The nearest; where dead ones do not count, of those that answered, are in time, or were not
        asked.
        """
        if self._patience.dead_too:
            return self.met[: self._wanted]
        silent = self._failed | self._late(now)
        usable = (log for _, log in self._order if log not in silent)
        return [log for log, _ in zip(usable, range(self._wanted), strict=False)]

    def _late(self, now: float) -> set[LogId]:
        return {log for log, since in self._running.values() if now >= since + self._patience.soft_s}

    def _ask_more(self, now: float) -> None:
        late = len(self._late(now))
        active, at_once = len(self._running) - late, self._patience.at_once + late
        for log in self._front(now):
            if active >= at_once or len(self._since) >= self._patience.calls:
                return
            if log not in self._since:
                self._since[log] = now
                self._running[self._spawn(self._ask(log))] = log, now
                active += 1

    def _settled(self, now: float) -> bool:
        """Whether nothing is to be expected that would change the answer."""
        front, late = self._front(now), self._late(now)
        more = len(self._since) < self._patience.calls
        for log in front:
            if log not in self._since and more:
                return False
            if log in self._since and log not in self._answered | self._failed | late:
                return False
        reach = distance(dht_id(front[-1]), self._key) if len(front) == self._wanted else 1 << 160
        return not any(
            now < since + self._patience.late_s and distance(dht_id(log), self._key) <= reach
            for log, since in self._running.values()
        )

    def _next_event(self, now: float) -> float:
        """When one of those that run is late, or too late."""
        limits = (self._patience.soft_s, self._patience.late_s)
        times = [since + limit for _, since in self._running.values() for limit in limits]
        return min((time for time in times if time > now), default=now)

    async def _wait(self, seconds: float) -> None:
        """Until somebody answers or fails, or the time is over."""
        timer = asyncio.ensure_future(self._sleep(seconds))
        try:
            await asyncio.wait({timer, *self._running}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            timer.cancel()
        for task in [task for task in self._running if task.done()]:
            log, _ = self._running.pop(task)
            try:
                self._meet(task.result())
            except Unavailable:
                self._failed.add(log)
            else:
                self._answered.add(log)
