"""Calls to members, each within its time; what they tell of a member goes into the table of contacts."""

import asyncio
from collections.abc import Awaitable, Collection, Sequence
from typing import TypeVar

from tracehold.core.dht.keys import Key
from tracehold.core.dht.provider import Provider, parse_provider
from tracehold.core.errors import Rejected, Unavailable
from tracehold.core.ids import LogId
from tracehold.journey.counted import Counted
from tracehold.journey.directory import NEAR, Seat
from tracehold.journey.ports.directory import Talk, Told
from tracehold.journey.states import Sleep

CALL_S = 2.0
"""After this a question counts as not answered."""

ADD_S = 10.0
"""The same where signatures of a hundred records have to be checked."""

MAX_TOLD = 64
"""Provider records of one answer that are looked at."""

_Done = TypeVar("_Done")


class Dialogue:
    """One per node. Every method raises `Unavailable`: PEER_DOWN for whatever is wrong with the member."""

    def __init__(self, seat: Seat, talk: Talk, sleep: Sleep) -> None:
        self._seat = seat
        self._talk = talk
        self._sleep = sleep

    async def find_node(self, to: LogId, key: Key) -> Sequence[LogId]:
        """Members near a key that are known here too."""
        near = await self._call(to, self._talk.find_node(to, key), CALL_S)
        return self.known(near[:NEAR])

    async def get_providers(self, to: LogId, key: Key) -> tuple[list[Provider], Told]:
        """What a member keeps under a key, not verified; and its whole answer, the members in it known."""
        return await self._call(to, self._told(to, key), CALL_S)

    async def add_providers(self, to: LogId, records: Sequence[Provider]) -> Collection[int]:
        """Let a member keep these; the positions of those that it refuses."""
        raws = [each.raw for each in records]
        return await self._call(to, self._talk.add_providers(to, raws), ADD_S)

    def known(self, logs: Sequence[LogId]) -> Sequence[LogId]:
        """Those that are members and not this node: nobody can invent a nearer one."""
        register, own = self._seat.register, self._seat.own
        return [log for log in logs if log != own and register.node_key(log) is not None]

    async def _told(self, to: LogId, key: Key) -> tuple[list[Provider], Told]:
        """An answer that has not its form is as none."""
        told = await self._talk.get_providers(to, key)
        try:
            providers = [parse_provider(raw) for raw in told.records[:MAX_TOLD]]
        except Rejected:
            raise Unavailable("PEER_DOWN", "the member answers what cannot be read") from None
        if any(each.key != key for each in providers):
            raise Unavailable("PEER_DOWN", "the member answers another question")
        return providers, Told((), told.full, self.known(told.near[:NEAR]))

    async def _call(self, to: LogId, work: Awaitable[_Done], limit_s: float) -> _Done:
        try:
            answer = await self._within(limit_s, work)
        except Unavailable as error:
            if error.code == "PEER_DOWN":
                self._seat.counters.count(Counted.DEAD, self._seat.table.silent(to))
            raise
        self._seat.table.answered(to)
        return answer

    async def _within(self, limit_s: float, work: Awaitable[_Done]) -> _Done:
        task = asyncio.ensure_future(work)
        timer = asyncio.ensure_future(self._sleep(limit_s))
        try:
            await asyncio.wait({task, timer}, return_when=asyncio.FIRST_COMPLETED)
            if not task.done():
                raise Unavailable("PEER_DOWN", "the member does not answer in time")
            return task.result()
        finally:
            timer.cancel()
            task.cancel()
