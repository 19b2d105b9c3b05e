"""Lookups in the directory: the members near a key, and the holders that announced themselves under it."""

import asyncio
from collections.abc import Awaitable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from tracehold.core.dht.keys import Key
from tracehold.core.dht.provider import Provider
from tracehold.core.errors import Rejected
from tracehold.core.ids import LogId
from tracehold.journey.dialogue import CALL_S, Dialogue
from tracehold.journey.directory import NEAR, Seat
from tracehold.journey.own_log import Now
from tracehold.journey.remembered import Remembered
from tracehold.journey.search import Ask, Patience, Search, Step
from tracehold.journey.states import Sleep

AGREEING = 3
"""Members that know a key and of which the later ones name nobody new, after which no more are asked. Each
should know all holders; those that were out of reach when one announced itself do not.
"""

AT_ONCE = 32
"""Lookups that run at once; others wait for their turn."""


@dataclass(frozen=True, slots=True)
class Nearest:
    """Members near a key that answered, and all that were named, the nearest first."""

    logs: Sequence[LogId]
    met: Sequence[LogId]


@dataclass(frozen=True, slots=True)
class Holders:
    """Who announced itself under a key, one record a holder. There may be more where the key was `full`, or
    the lookup is not `ended`: it took too long, or next to nobody answered.
    """

    providers: Sequence[Provider] = ()
    full: bool = False
    ended: bool = True


@dataclass(slots=True)
class _Heard:
    """What was said of a key so far."""

    providers: dict[LogId, Provider] = field(default_factory=dict)
    full: bool = False
    agreeing: int = 0

    def add(self, providers: Sequence[Provider], *, full: bool) -> None:
        before = len(self.providers)
        for each in providers:
            known = self.providers.get(each.holder)
            if known is None or each.issued_ms > known.issued_ms:
                self.providers[each.holder] = each
        self.full |= full
        if len(self.providers) > before:
            self.agreeing = 0
        self.agreeing += bool(providers)


class Lookups:
    """One per node. `close` it at the end."""

    def __init__(
        self, seat: Seat, dialogue: Dialogue, ticks: Now, sleep: Sleep, patience: Patience | None = None
    ) -> None:
        """`ticks` is a clock that does not jump, in seconds."""
        self._seat = seat
        self._dialogue = dialogue
        self._ticks = ticks
        self._sleep = sleep
        self._patience = patience or Patience()
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._calls: set[asyncio.Task[Sequence[LogId]]] = set()
        self._running: dict[Key, asyncio.Task[Holders]] = {}
        self._remembered: Remembered[Key, Holders] = Remembered()

    async def nearest(
        self, key: Key, count: int, seeds: Sequence[LogId] = (), *, patient: bool = False
    ) -> Nearest:
        """The members nearest to a key that answer, from the contacts and `seeds` on. Where it is `patient`,
        slow ones are waited for as long as a call may take.
        """
        patience = replace(self._patience, late_s=CALL_S) if patient else self._patience
        async with self._turns:
            search = self._search(key, count, lambda log: self._dialogue.find_node(log, key), patience)
            await search.run(self._start(key, seeds))
        return Nearest(search.answered, search.met)

    async def holders(self, key: Key) -> Holders:
        """Who holds records under a key, as far as members tell; remembered for a while. Who asks for the
        same key meanwhile waits for the same lookup. Raises STORE_BUSY.
        """
        known = self._remembered.get(key, self._ticks())
        if known is not None:
            return known
        task = self._running.get(key)
        if task is None:
            task = self._running[key] = asyncio.ensure_future(self._find(key))
            task.add_done_callback(lambda done: self._found(key, done))
        # Who waits may be cancelled; the lookup goes on for the others.
        return await asyncio.shield(task)

    async def route(self, key: Key) -> tuple[Sequence[Step], Nearest]:
        """Look the members near a key up, and say how that went: for those who look inside."""
        async with self._turns:
            search = self._search(key, NEAR, lambda log: self._dialogue.find_node(log, key), self._patience)
            await search.run(self._start(key))
        return search.steps, Nearest(search.answered, search.met)

    async def close(self) -> None:
        """End what still runs."""
        tasks = [*self._running.values(), *self._calls]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _find(self, key: Key) -> Holders:
        heard = _Heard()

        async def ask(log: LogId) -> Sequence[LogId]:
            providers, told = await self._dialogue.get_providers(log, key)
            heard.add([each for each in providers if self._holds(each, heard)], full=told.full)
            return told.near

        async with self._turns:
            begun = self._ticks()
            here = await self._seat.shelf.get(key, self._seat.now_ms)
            # Checked when they were put there; their holders may have left since, or have another key.
            heard.add([each for each in here.providers if self._holds(each, heard)], full=here.full)
            search = self._search(key, NEAR, ask, replace(self._patience, dead_too=True))
            ended = await search.run(self._start(key), lambda: heard.agreeing >= AGREEING)
        answers = max(heard.agreeing, len(search.answered))
        ended = ended and answers >= min(AGREEING, len(search.met))
        self._seat.counters.looked_up(self._ticks() - begun, ended=ended)
        found = Holders(list(heard.providers.values()), heard.full, ended)
        if ended:
            self._remembered.put(key, found, self._ticks(), empty=not found.providers)
        return found

    def _found(self, key: Key, task: "asyncio.Task[Holders]") -> None:
        self._running.pop(key, None)
        if not task.cancelled():
            task.exception()  # for those who wait, if there still are any

    def _holds(self, provider: Provider, heard: _Heard) -> bool:
        """Whether it is to be believed. A false one may be honest: its holder changed its key, or is not
        known here yet.
        """
        if heard.providers.get(provider.holder) == provider:
            return True
        try:
            self._seat.check(provider)
        except Rejected:
            return False
        return True

    def _start(self, key: Key, seeds: Iterable[LogId] = ()) -> list[LogId]:
        return [*self._seat.table.nearest(key, NEAR), *self._dialogue.known(list(seeds))]

    def _search(self, key: Key, wanted: int, ask: Ask, patience: Patience) -> Search:
        return Search(key, wanted, ask, self._spawn, self._ticks, self._sleep, patience)

    def _spawn(self, call: Awaitable[Sequence[LogId]]) -> "asyncio.Task[Sequence[LogId]]":
        task = asyncio.ensure_future(call)
        self._calls.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: "asyncio.Task[Sequence[LogId]]") -> None:
        self._calls.discard(task)
        if not task.cancelled():
            task.exception()  # its lookup may be over; then nobody else looks
