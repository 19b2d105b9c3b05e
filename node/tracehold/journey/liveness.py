"""Liveness: what this node thinks of the other members. It looks at each of them at an interval and takes
every answer for a sign of life, that it is busy too.

    up        silent for less than `suspect_s`
    suspect   silent for as long: its copies count, and catch-up asks others first
    lost      silent for `replace_s`: others take its places; never an accusation (protocol section 8)
    storm     over a third of the others did not answer their last look. Then it may as well be this node that
              is cut off, so nobody is replaced, until a whole round of looks went well.

Nothing is kept on disk: a start begins with everybody up. Time in which this process stood still, as on a
machine that slept, is no silence of others: it is not counted, and everybody is looked at again.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NoReturn, Protocol

from tracehold.core.errors import Unavailable
from tracehold.core.ids import LogId
from tracehold.core.spans import Spans
from tracehold.journey.follow import Bell
from tracehold.journey.health import Health, Limits
from tracehold.journey.neighbours import Neighbour
from tracehold.journey.own_log import Now
from tracehold.journey.ports import Peers
from tracehold.journey.states import Sleep, within

__all__ = ["Health", "Limits", "Listed", "Liveness"]

DEADLINE_S = 10.0
"""Seconds that a member gets to answer a look."""
STALL_S = 10.0
"""Seconds beyond the interval that this process may come late to its next look; if it is later, it stood
still.
"""


class Listed(Protocol):
    """The members, as `Neighbours` knows them."""

    @property
    def own(self) -> LogId:
        """This node's log."""
        ...

    def others(self) -> Sequence[Neighbour]:
        """Members that can be asked, but for this node."""
        ...


@dataclass(slots=True)
class _Seen:
    """A member: when it was heard last (before that: first listed), when its last look ended, what it said,
    and what the bell was rung for.
    """

    heard: float
    looked: float | None = None
    looking: bool = False
    answered: bool = True
    draining: bool = False
    kept: Mapping[LogId, Spans] = field(default_factory=dict)
    told: tuple[Health, bool, bool] = (Health.UP, True, False)


class Liveness:
    """One per node. One task runs `run`; everybody may ask."""

    def __init__(self, neighbours: Listed, peers: Peers, limits: Limits, *, sleep: Sleep, now: Now) -> None:
        """`now` is any clock in seconds that is never set back."""
        self._neighbours = neighbours
        self._peers = peers
        self.limits = limits
        self._sleep = sleep
        self._now = now
        self._seen: dict[int, _Seen] = {}
        self.bell = Bell()
        """Rung when the health of a member changed, when it fell silent or answers again, when it begins to
        leave, and when a storm began or ended.
        """
        self._began = self._tick = self._now()
        self._stormy: float | None = None
        self._many = self._calm = False

    # -- what is thought of a member

    def health(self, node: int) -> Health:
        """Of a member by its number. A node that cannot be asked was silent since the start."""
        silent = self.silent_s(node)
        if silent < self.limits.suspect_s:
            return Health.UP
        return Health.SUSPECT if silent < self.limits.replace_s else Health.LOST

    def silent_s(self, node: int) -> float:
        """Seconds since it was heard; since the start, or since it became a member, if it never was."""
        seen = self._seen.get(node)
        if seen is not None:
            return self._now() - seen.heard
        listed = any(each.number == node for each in self._neighbours.others())
        return 0.0 if listed else self._now() - self._began

    def answers(self, node: int) -> bool:
        """Whether it answered its last look, or somebody else since; True before the first."""
        seen = self._seen.get(node)
        return seen is None or seen.answered

    def draining(self, node: int) -> bool:
        """Whether it said that it leaves."""
        seen = self._seen.get(node)
        return seen is not None and seen.draining

    def kept(self, node: int) -> Mapping[LogId, Spans]:
        """What it keeps, as it said at its last answer to a look; nothing before."""
        seen = self._seen.get(node)
        return seen.kept if seen else {}

    # -- what is thought of the network

    @property
    def storm(self) -> bool:
        """Over a third of the others did not answer their last look; or did, and not all were looked at
        since.
        """
        if self._many_silent():
            return True
        return self._stormy is not None and not self._all_looked(self._stormy)

    @property
    def looked(self) -> bool:
        """Whether every member was looked at since the start. False where none is known."""
        return bool(self._neighbours.others()) and self._all_looked(float("-inf"))

    @property
    def calm(self) -> bool:
        """Whether places may be given to others: every member was looked at, and there is no storm."""
        return self.looked and not self.storm

    def _many_silent(self) -> bool:
        others = self._neighbours.others()
        return 3 * sum(not self.answers(each.number) for each in others) > len(others)

    def _all_looked(self, since: float) -> bool:
        looks = (self._seen.get(each.number) for each in self._neighbours.others())
        return all(seen is not None and seen.looked is not None and seen.looked > since for seen in looks)

    # -- looking

    def heard(self, node: int) -> None:
        """Somebody else had an answer of it."""
        if node in self._seen:
            self._answered(self._seen[node])
            self._tell(node)

    async def run(self) -> NoReturn:
        """Look at every member, one after the other, for ever. Ends by cancellation."""
        async with asyncio.TaskGroup() as tasks:
            while True:
                await self._round(tasks)

    async def look(self, node: int) -> None:
        """Look at one member now."""
        seen = self._seen.setdefault(node, _Seen(self._now()))
        if seen.looking:
            return
        seen.looking = True
        asking = asyncio.ensure_future(self._ask(node, seen))
        try:
            if not await within(asking, DEADLINE_S, self._sleep):
                seen.answered = False
        finally:
            asking.cancel()
            seen.looking = False
        seen.looked = self._now()
        self._tell(node)

    async def _round(self, tasks: asyncio.TaskGroup) -> None:
        """Each member once, spread over the interval: those behind this node in the order of logs first, so
        that nodes which start together do not all ask the same one.
        """
        own = self._neighbours.own
        others = sorted(self._neighbours.others(), key=lambda each: (each.log < own, each.log))
        self._forget({each.number for each in others})
        for each in others:
            tasks.create_task(self.look(each.number))
            await self._wait(self.limits.look_s / len(others))
        if not others:
            await self._wait(self.limits.look_s)
        self._weigh()

    async def _wait(self, seconds: float) -> None:
        await self._sleep(seconds)
        late, self._tick = self._now() - self._tick - seconds, self._now()
        if late > STALL_S:
            self._stood_still(late)

    def _stood_still(self, seconds: float) -> None:
        """So long nobody could be heard. Looks that were under way end for nothing."""
        now = self._tick
        self._began = min(self._began + seconds, now)
        self._seen = {
            node: replace(seen, heard=min(seen.heard + seconds, now), looked=None, looking=False)
            for node, seen in self._seen.items()
        }
        self._weigh()

    async def _ask(self, node: int, seen: _Seen) -> None:
        peer = await self._peers.node(node)
        if peer is None:
            seen.answered = False
            return
        try:
            said = await peer.hello()
        except Unavailable as error:
            # Being busy is an answer.
            seen.answered = False
            if error.code == "PEER_DOWN":
                return
        else:
            seen.kept, seen.draining = said.coverage, said.draining
        self._answered(seen)

    def _answered(self, seen: _Seen) -> None:
        seen.heard, seen.answered = self._now(), True

    def _forget(self, members: set[int]) -> None:
        """Keep nothing of those who are members no more; begin with those who are new."""
        self._seen = {node: seen for node, seen in self._seen.items() if node in members}
        for node in members - self._seen.keys():
            self._seen[node] = _Seen(self._now())

    def _tell(self, node: int) -> None:
        """Ring the bell where something changed."""
        seen = self._seen.get(node)
        if seen is None or seen.told == (thought := (self.health(node), seen.answered, seen.draining)):
            return
        seen.told = thought
        self._weigh()
        self.bell.ring()

    def _weigh(self) -> None:
        """Whether there is a storm, or was one until now; ring the bell at its end."""
        many = self._many_silent()
        if many or self._many:
            self._stormy = self._now()
        self._many = many
        if self._calm != self.calm:
            self._calm = self.calm
            self.bell.ring()
